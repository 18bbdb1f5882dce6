// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
import Store

/// What people should know of, and how far each of them has read.
package struct NotificationOperations: Sendable {
    /// A part of an answer; `next` is the place to go on from, nil at the end.
    package struct Found: Sendable {
        package let notifications: [NotificationItem]
        package let next: Int64?
        package let state: ReadState
    }

    private let core: OperationsCore

    package init(core: OperationsCore) { self.core = core }

    /// News of these kinds (of all when none is named) before a position, newest first, with how far the caller has read:
    /// all as of one moment. What callers did themselves is no news to them. A page can be short, or empty, and still have a
    /// `next`: it looks at a bounded number of entries.
    package func list(
        _ kinds: [NotificationKind], in workspaceID: ID<Workspace>, before position: Int64?, limit: Int,
        by caller: Caller
    ) async throws -> Found {
        let reader = caller.principal
        let wanted = NotificationKind.allCases.filter { kinds.isEmpty || kinds.contains($0) }
        let (found, state) = try await core.pool.withConnection { connection in
            var batch = StatementBatch()
            batch.add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let list = batch.add(
                NotificationStore.list(
                    wanted, in: workspaceID, for: reader, before: position ?? .max, limit: limit + 1))
            let state = batch.add(NotificationStore.state(of: reader, in: workspaceID))
            batch.add("COMMIT")
            let results = try await batch.run(on: connection)
            return (try results(list), try results(state))
        }
        let page = found.notifications.page(limit)
        return Found(
            notifications: page.items, next: page.last?.recorded.position ?? found.end, state: state)
    }

    /// Says that everything up to a position has been read. A position behind the one that is known changes nothing
    /// unless `allowBack`, so that a window that was left open takes nothing back.
    package func read(
        upTo position: Int64, allowBack: Bool, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> ReadState {
        let reader = caller.principal
        let (last, state) = try await core.pool.withConnection { connection in
            var batch = StatementBatch()
            batch.add("BEGIN")
            batch.add(NotificationStore.move(reader, in: workspaceID, to: position, allowBack: allowBack))
            let last = batch.add(WorkspaceStore.position(of: workspaceID))
            let state = batch.add(NotificationStore.state(of: reader, in: workspaceID))
            batch.add("COMMIT")
            let results = try await batch.run(on: connection)
            return (try results(last), try results(state))
        }
        guard let last else { throw Problem.notFound("workspace", workspaceID.rawValue) }
        guard position <= last else {
            throw Problem.invalid("/position", "is behind the end of the log, which is \(last)")
        }
        return state
    }
}
