// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
package import Store

/// What may be done to worker sessions.
package struct WorkerOperations: Sendable {
    /// How long a session lives without a beat. A lost worker's runs start again about this much later.
    package static let lifetime: Duration = .seconds(15)
    /// How often a worker is to beat.
    package static let beat: Duration = .seconds(3)

    static let sessionExpired = Problem(
        .conflict, "The worker session has expired, and its runs went to others; open a new one.",
        code: "session_expired")

    let core: OperationsCore
    let rescue: @Sendable (ID<Workspace>) -> Void

    /// `rescue` asks for the runs of a workspace's ended sessions to be released.
    package init(core: OperationsCore, rescue: @escaping @Sendable (ID<Workspace>) -> Void) {
        self.core = core
        self.rescue = rescue
    }

    /// Opens a session for a process that will claim runs.
    package func open(_ worker: NewWorker, in workspaceID: ID<Workspace>, by caller: Caller) async throws -> Worker {
        let id = ID<WorkerSession>.make()
        guard
            let opened = try await core.read(
                LeaseStore.openSession(
                    id, in: workspaceID, worker, principal: caller.principal, lifetime: Self.lifetime))
        else { throw Problem.notFound("workspace", workspaceID.rawValue) }
        return opened
    }

    /// Keeps a session alive; answers until when, and what it still holds.
    package func beat(
        _ id: ID<WorkerSession>, in workspaceID: ID<Workspace>
    ) async throws -> (expiresAt: Timestamp, held: [HeldLease]) {
        guard let expiresAt = try await core.read(LeaseStore.beatOne(id, in: workspaceID, lifetime: Self.lifetime))
        else { throw Self.sessionExpired }
        return (expiresAt, try await core.read(LeaseStore.held(by: id, in: workspaceID)))
    }

    /// Ends a session; whatever it holds goes to others at once.
    package func end(_ id: ID<WorkerSession>, in workspaceID: ID<Workspace>) async throws {
        let ended = try await core.pool.query(LeaseStore.endSessions([id], in: workspaceID)).affected
        guard ended > 0 else { throw Problem.notFound("worker session", id.rawValue) }
        rescue(workspaceID)
    }

    /// Sessions that are alive, by id.
    package func list(
        in workspaceID: ID<Workspace>, after cursor: ID<WorkerSession>?, limit: Int
    ) async throws -> (workers: [Worker], next: ID<WorkerSession>?) {
        let page = try await core.read(LeaseStore.workers(in: workspaceID, after: cursor, limit: limit + 1))
            .page(limit)
        return (page.items, page.last?.id)
    }

    /// Whom a session belongs to; nil when it is gone.
    package func owner(of id: ID<WorkerSession>, in workspaceID: ID<Workspace>) async throws -> Principal? {
        try await core.read(LeaseStore.owner(of: id, in: workspaceID))
    }
}
