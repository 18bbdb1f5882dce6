// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// Opens an incident when many tasks fail for good in a short time.
package actor DeadLetterWatcher {
    private static let period: Duration = .seconds(5)
    /// Runs that an incident links.
    private static let links = 20

    /// How many may fail within the window before it is one.
    private let limit: Int
    private let window: Duration
    private let pool: PostgresPool
    private let incidents: SystemIncidents
    private let failures: Failures

    /// Workspaces in which something has failed since the last pass; shared with whoever learns of it.
    package typealias Failures = Noted<ID<Workspace>>

    package init(
        limit: Int, window: Duration, pool: PostgresPool, incidents: SystemIncidents, failures: Failures
    ) {
        self.limit = limit
        self.window = window
        self.pool = pool
        self.incidents = incidents
        self.failures = failures
    }

    /// One pass over the workspaces in which something has failed; costs nothing while nothing does.
    package func pass() async throws -> Duration? {
        for workspaceID in failures.take().sorted() { try await check(workspaceID) }
        return Self.period
    }

    private func check(_ workspaceID: ID<Workspace>) async throws {
        let statement = TaskStore.failures(
            in: workspaceID, within: window, sinceLast: SystemIncident.deadLetterGrowth, limit: limit + 200)
        let failed = try statement.decode(try await pool.query(statement.sql))
        guard failed.count > limit else { return }
        var counts: [String: Int] = [:]
        for task in failed { counts["\(task.agent), \(task.code)", default: 0] += 1 }
        let list = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(20)
            .map { "- \($0.value) × \($0.key)" }.joined(separator: "\n")
        let number = failed.count == limit + 200 ? "At least \(failed.count)" : "\(failed.count)"
        try await incidents.open(
            IncidentReport(
                .deadLetterGrowth, title: "Many tasks fail for good",
                description: "\(number) tasks failed for good within \(Int(window.inSeconds)) seconds:\n\n\(list)",
                links: IncidentLinks(runIDs: failed.prefix(Self.links).map(\.runID))),
            key: "dead_letters", in: workspaceID, because: failed.first?.eventID)
    }
}
