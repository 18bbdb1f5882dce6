// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
package import Store

/// What workers do with the artifacts of their steps, and what anybody may read of them.
package struct ArtifactOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// What a worker leaves behind.
    package struct NewArtifact: Sendable {
        package let name: String
        package let mediaType: String?
        package let material: CreateArtifact.Material

        package init(name: String, mediaType: String?, material: CreateArtifact.Material) {
            self.name = name
            self.mediaType = mediaType
            self.material = material
        }
    }

    /// Adds an artifact to a step that is under way.
    package func create(
        _ new: NewArtifact, within stepID: ID<Step>, in workspaceID: ID<Workspace>, by caller: Caller,
        _ prove: LeaseProver
    ) async throws -> Artifact {
        guard let place = try await pool.read(StepStore.place(of: stepID, in: workspaceID)) else {
            throw Problem.notFound("step", stepID.rawValue)
        }
        let id = try await commit.submit(
            CreateArtifact(
                call: WorkerCall(
                    workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID,
                    proof: prove(place.step.runID), actor: caller.principal),
                step: place.step, stepID: stepID, name: new.name, mediaType: new.mediaType, material: new.material))
        return try await artifact(id, in: workspaceID)
    }

    // MARK: Reading

    package func artifact(_ id: ID<Artifact>, in workspaceID: ID<Workspace>) async throws -> Artifact {
        guard let artifact = try await pool.read(ArtifactStore.artifact(id, in: workspaceID)) else {
            throw Problem.notFound("artifact", id.rawValue)
        }
        return artifact
    }

    /// The bytes of an artifact that is no address.
    package func content(of artifact: Artifact) async throws -> [UInt8] {
        if let content = artifact.content { return content }
        guard let hash = artifact.hash,
            let content = try await pool.read(ArtifactStore.content(hash, in: artifact.workspaceID))
        else { throw Problem.notFound("content of artifact", artifact.id.rawValue) }
        return content
    }

    /// Artifacts newest first, without their bytes; `next` is where to go on.
    package func list(
        _ filter: ArtifactFilter, in workspaceID: ID<Workspace>, before cursor: ID<Artifact>?, limit: Int
    ) async throws -> (artifacts: [Artifact], next: ID<Artifact>?) {
        let artifacts = try await pool.read(
            ArtifactStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1))
        guard artifacts.count > limit else { return (artifacts, nil) }
        return (Array(artifacts.prefix(limit)), artifacts[limit - 1].id)
    }
}
