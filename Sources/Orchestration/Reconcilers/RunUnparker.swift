// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// Brings runs that a limit held up back into their queues when a rate allows it, or when whoever should have done it
/// has died.
package final class RunUnparker: Sendable {
    /// Nothing is parked for longer than this without being looked at again.
    private static let period: Duration = .seconds(5)
    /// Between two passes, however fast a rate is.
    private static let shortest: Duration = .milliseconds(20)

    private let pool: PostgresPool
    private let onReady: @Sendable ([String], ID<Workspace>) -> Void
    private let due = DueWorkspaces(tolerance: .milliseconds(5))

    /// `onReady` is told the queues that runs came back to, each as often as runs did.
    package init(pool: PostgresPool, onReady: @escaping @Sendable ([String], ID<Workspace>) -> Void) {
        self.pool = pool
        self.onReady = onReady
    }

    /// Learns that runs of a workspace are parked, and perhaps how soon the first may come back; says whether a pass should
    /// be asked for.
    package func learn(_ workspaceID: ID<Workspace>, dueIn wait: Duration?) -> Bool {
        due.learn(workspaceID, dueIn: wait ?? Self.period)
    }

    /// Whether anything is known to be parked in a workspace.
    package func knowsParked(in workspaceID: ID<Workspace>) -> Bool { due.contains(workspaceID) }

    /// One pass; says how long to sleep while anything is known to be parked.
    package func pass() async throws -> Duration? {
        for workspaceID in due.take() { try await pass(over: workspaceID) }
        return due.wait
    }

    private func pass(over workspaceID: ID<Workspace>) async throws {
        var key = ""
        var wait: Duration?
        while true {
            let unparked = try await unpark(workspaceID, after: key)
            if !unparked.queues.isEmpty { onReady(unparked.queues, workspaceID) }
            if let next = unparked.nextDue { wait = min(wait ?? next, next) }
            guard let last = unparked.last else { break }
            if !unparked.hasMore { key = last }
        }
        if let wait { _ = learn(workspaceID, dueIn: max(wait, Self.shortest)) }
    }

    /// Under the lock on claims, so that no claim gets past entries that are about to appear before it.
    private func unpark(_ workspaceID: ID<Workspace>, after key: String) async throws -> ParkedRunStore.Unparked {
        var batch = StatementBatch()
        batch.add("BEGIN")
        batch.add(QueueStore.lockClaims(workspaceID))
        let unparked = batch.add(ParkedRunStore.unparkWhatMay(workspaceID, after: key))
        batch.add("COMMIT")
        let statements = batch
        return try await pool.withConnection { connection in try await statements.run(on: connection)(unparked) }
    }
}
