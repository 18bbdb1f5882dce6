// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// Which artifacts a list shows; nil members do not restrict.
package struct ArtifactFilter: Sendable, Equatable {
    package var runID: ID<Run>?
    package var stepID: ID<Step>?

    package init(runID: ID<Run>? = nil, stepID: ID<Step>? = nil) {
        self.runID = runID
        self.stepID = stepID
    }
}

/// `proj_artifacts` and `artifact_blobs`.
package enum ArtifactStore: LedgerStore {
    package typealias Event = ArtifactEvent

    package static let table = "proj_artifacts"

    private static let names: SQL = """
        artifact_id, workspace_id, room_id, task_id, run_id, step_id, name, kind, media_type, size, sha256, uri,
        content, epoch, created_at
        """

    package static func load(_ keys: [ID<Artifact>], in workspaceID: ID<Workspace>) -> Statement<[Artifact]> {
        Statement(
            """
            SELECT \(names) FROM proj_artifacts WHERE workspace_id = \(workspaceID) AND artifact_id = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    package static func idempotencyKey(of artifact: Artifact) -> String? { artifact.place }

    /// The keys are places: a step's identifier, a colon, and the artifact's name.
    package static func load(
        idempotencyKeys places: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Artifact]>? {
        let parts = places.map { $0.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) }
        return Statement(
            """
            SELECT a.* FROM unnest(\(parts.map { String($0[0]) }), \(parts.map { String($0.last ?? "") }))
                AS wanted (step_id, name)
            CROSS JOIN LATERAL (
                SELECT \(names) FROM proj_artifacts
                WHERE workspace_id = \(workspaceID) AND step_id = wanted.step_id AND name = wanted.name OFFSET 0
            ) AS a
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ artifacts: [Artifact]) -> SQL {
        """
        INSERT INTO proj_artifacts (\(names))
        SELECT \(names) FROM unnest(
            \(artifacts.map(\.id)), \(artifacts.map(\.workspaceID)), \(artifacts.map(\.roomID)),
            \(artifacts.map(\.taskID)), \(artifacts.map(\.runID)), \(artifacts.map(\.stepID)),
            \(artifacts.map(\.name)), \(artifacts.map(\.kind)), \(artifacts.map(\.mediaType)),
            \(artifacts.map(\.size)), \(artifacts.map(\.hash)), \(artifacts.map(\.uri)),
            \(artifacts.map(\.content)), \(artifacts.map { Int32($0.epoch) }), \(artifacts.map(\.createdAt)))
            AS a (\(names))
        """
    }

    /// Keeps large bytes, unless equal ones are there. One at a time, since a message to the server has its limits.
    package static func keep(_ content: ArtifactContent, in workspaceID: ID<Workspace>) -> SQL {
        """
        INSERT INTO artifact_blobs (workspace_id, blob_hash, body)
        VALUES (\(workspaceID), \(content.hash), \(content.bytes)) ON CONFLICT DO NOTHING
        """
    }

    // MARK: Reading

    /// One artifact; nil when there is none.
    package static func artifact(_ id: ID<Artifact>, in workspaceID: ID<Workspace>) -> Statement<Artifact?> {
        Statement("SELECT \(names) FROM proj_artifacts WHERE workspace_id = \(workspaceID) AND artifact_id = \(id)") {
            rows in try rows.first.map(read)
        }
    }

    /// Large bytes by their hash; nil when there are none.
    package static func content(_ hash: [UInt8], in workspaceID: ID<Workspace>) -> Statement<[UInt8]?> {
        Statement("SELECT body FROM artifact_blobs WHERE workspace_id = \(workspaceID) AND blob_hash = \(hash)") {
            rows in try rows.first?.value("body")
        }
    }

    /// Artifacts newest first, without their bytes, older than the one a page ended with.
    package static func list(
        _ filter: ArtifactFilter, in workspaceID: ID<Workspace>, before last: ID<Artifact>?, limit: Int
    ) -> Statement<[Artifact]> {
        var sql: SQL = """
            SELECT artifact_id, workspace_id, room_id, task_id, run_id, step_id, name, kind, media_type, size, sha256,
                uri, NULL::bytea AS content, epoch, created_at
            FROM proj_artifacts WHERE workspace_id = \(workspaceID)
            """
        if let last { sql += " AND artifact_id < \(last)" }
        if let run = filter.runID { sql += " AND run_id = \(run)" }
        if let step = filter.stepID { sql += " AND step_id = \(step)" }
        sql += " ORDER BY artifact_id DESC LIMIT \(limit)"
        return Statement(sql) { rows in try rows.map(read) }
    }

    private static func read(_ row: PostgresRow) throws -> Artifact {
        Artifact(
            id: try row.value("artifact_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), taskID: try row.value("task_id"), runID: try row.value("run_id"),
            stepID: try row.value("step_id"), name: try row.value("name"), kind: try row.value("kind"),
            mediaType: try row.value("media_type"), size: try row.value("size"), hash: try row.value("sha256"),
            uri: try row.value("uri"), content: try row.value("content"), epoch: try row.value("epoch"),
            createdAt: try row.value("created_at"))
    }
}
