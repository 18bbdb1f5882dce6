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

    private let pool: PostgresPool
    private let onReady: @Sendable ([String], ID<Workspace>) -> Void
    private let due = Mutex<[ID<Workspace>: ContinuousClock.Instant]>([:])

    /// `onReady` is told the queues that runs came back to.
    package init(pool: PostgresPool, onReady: @escaping @Sendable ([String], ID<Workspace>) -> Void) {
        self.pool = pool
        self.onReady = onReady
    }

    /// Learns that runs of a workspace are parked, and perhaps how soon the first may come back; says whether a pass should
    /// be asked for.
    package func learn(dueIn wait: Duration?, in workspaceID: ID<Workspace>) -> Bool {
        let next = ContinuousClock().now + (wait ?? Self.period)
        return due.withLock { due in
            if let known = due[workspaceID], known <= next + .milliseconds(5) { return false }
            due[workspaceID] = next
            return true
        }
    }

    /// One pass; says how long to sleep while anything is known to be parked.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        let workspaces = due.withLock { due in
            let over = due.filter { $0.value <= now }.keys.sorted()
            for workspaceID in over { due[workspaceID] = nil }
            return over
        }
        for workspaceID in workspaces {
            let statement = ParkedRunStore.unparkWhatMay(workspaceID)
            let queues = try statement.decode(try await pool.query(statement.sql))
            if !queues.isEmpty { onReady(queues, workspaceID) }
        }
        return due.withLock { $0.values.min() }.map { max(.zero, $0 - ContinuousClock().now) }
    }
}
