// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store
import Synchronization

/// Brings runs that a limit held up back into their queues when a rate allows it, or when whoever should have done it
/// has died.
package final class RunUnparker: Sendable {
    /// Nothing is parked for longer than this without being looked at again.
    private static let period: Duration = .seconds(5)
    /// Between two passes, however fast a rate is.
    private static let shortest: Duration = .milliseconds(20)

    private let workspaceID: ID<Workspace>
    private let pool: PostgresPool
    private let onReady: @Sendable ([String]) -> Void
    private let due = Mutex<ContinuousClock.Instant?>(nil)

    /// `onReady` is told the queues that runs came back to, each as often as runs did.
    package init(workspaceID: ID<Workspace>, pool: PostgresPool, onReady: @escaping @Sendable ([String]) -> Void) {
        self.workspaceID = workspaceID
        self.pool = pool
        self.onReady = onReady
    }

    /// Learns that runs are parked, and perhaps how soon the first may come back; says whether a pass should be asked for.
    package func learn(dueIn wait: Duration?) -> Bool {
        let next = ContinuousClock().now + (wait ?? Self.period)
        return due.withLock { due in
            if let known = due, known <= next + .milliseconds(5) { return false }
            due = next
            return true
        }
    }

    /// Whether anything is known to be parked.
    package var knowsParked: Bool { due.withLock { $0 != nil } }

    /// One pass; says how long to sleep while anything is known to be parked.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        guard let next = due.withLock({ $0 }) else { return nil }
        if next > now { return next - now }
        due.withLock { $0 = nil }
        var key = ""
        var wait: Duration?
        while true {
            let unparked = try await unpark(after: key)
            if !unparked.queues.isEmpty { onReady(unparked.queues) }
            if let next = unparked.nextDue { wait = min(wait ?? next, next) }
            guard let last = unparked.last else { break }
            if !unparked.hasMore { key = last }
        }
        if let wait { _ = learn(dueIn: max(wait, Self.shortest)) }
        return due.withLock { $0 }.map { max(.zero, $0 - ContinuousClock().now) }
    }

    /// Under the lock on claims, so that no claim gets past entries that are about to appear before it.
    private func unpark(after key: String) async throws -> ParkedRunStore.Unparked {
        var batch = StatementBatch()
        batch.add("BEGIN")
        batch.add(QueueStore.lockClaims(workspaceID))
        let unparked = batch.add(ParkedRunStore.unparkWhatMay(workspaceID, after: key))
        batch.add("COMMIT")
        let statements = batch
        return try await pool.withConnection { connection in try await statements.run(on: connection)(unparked) }
    }
}
