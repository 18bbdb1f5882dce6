// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store
import Synchronization

/// What may be done to workspaces, and whether there is one of an id.
package final class WorkspaceOperations: Sendable {
    private let pool: PostgresPool
    private let commit: GroupCommit
    private let hub: EventHub
    /// Workspaces never go away, so what is known stays true.
    private let known = Mutex<Set<ID<Workspace>>>([])

    package init(pool: PostgresPool, commit: GroupCommit, hub: EventHub) {
        self.pool = pool
        self.commit = commit
        self.hub = hub
    }

    /// Throws `notFound` for a workspace that there is not. Asks the database once for each that there is, and sees to it
    /// that it is followed from then on, even if it was made elsewhere a moment ago.
    package func require(_ id: ID<Workspace>) async throws {
        if known.withLock({ $0.contains(id) }) { return }
        guard let position = try await read(WorkspaceStore.position(of: id)) else {
            guard id != Workspace.defaultID else {
                throw Problem(.unavailable, "The workspace is not open yet.", retryAfter: .seconds(1))
            }
            throw Problem(
                .notFound, "There is no workspace \(id). Make it with POST /v1/workspaces, or name another one.",
                code: "workspace_not_found", fields: [.init("x-workspace-id", "names no workspace")])
        }
        hub.open(id, at: position)
        known.withLock { _ = $0.insert(id) }
    }

    /// Makes a workspace with its default room. Throws a conflict when there is one of that id.
    package func create(_ id: ID<Workspace>?, name: String, by caller: Caller) async throws -> Workspace {
        try await commit.submit(
            CreateWorkspace(
                workspaceID: id ?? .make(), name: name, actor: caller.principal, traceID: caller.traceID))
    }

    /// Workspaces by id; `next` is where to go on.
    package func list(
        after cursor: ID<Workspace>?, limit: Int
    ) async throws -> (workspaces: [Workspace], next: ID<Workspace>?) {
        let (workspaces, last) = try await read(WorkspaceStore.list(after: cursor, limit: limit + 1)).page(limit)
        return (workspaces, last?.id)
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}
