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

    private let workspaceID: ID<Workspace>
    private let pool: PostgresPool
    private let onReady: @Sendable ([String]) -> Void
    private let due = Mutex<ContinuousClock.Instant?>(nil)

    /// `onReady` is told the queues that runs came back to.
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

    /// One pass; says how long to sleep while anything is known to be parked.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        guard let next = due.withLock({ $0 }) else { return nil }
        if next > now { return next - now }
        due.withLock { $0 = nil }
        let statement = ParkedRunStore.unparkWhatMay(workspaceID)
        let queues = try statement.decode(try await pool.query(statement.sql))
        if !queues.isEmpty { onReady(queues) }
        return due.withLock { $0 }.map { max(.zero, $0 - ContinuousClock().now) }
    }
}
