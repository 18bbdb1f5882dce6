// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
import Store

/// How work went over a time.
package struct AnalyticsOperations: Sendable {
    package struct Report: Sendable {
        package let range: AnalyticsRange
        package let total: TaskFigures
        /// One for each part of the range.
        package let parts: [TaskFigures]
        /// Tasks created before this are not counted; nil when all are.
        package let countedFrom: Timestamp?
    }

    private let core: OperationsCore
    private let mostTasks: Int
    /// Figures are for people, and take longer than anything that a run waits for: they never take many connections.
    private let permits = Permits(2)

    /// - Parameter mostTasks: Tasks that are looked at, the newest of the range.
    package init(core: OperationsCore, mostTasks: Int = AnalyticsStore.mostTasks) {
        self.core = core
        self.mostTasks = mostTasks
    }

    /// What became of the tasks that were created within the range, as of one moment.
    package func report(
        _ range: AnalyticsRange, agent: String?, promised seconds: Double, in workspaceID: ID<Workspace>
    ) async throws -> Report {
        try await permits.withPermit {
            var question = AnalyticsStore.Question(workspaceID: workspaceID, range: range, agent: agent)
            return try await core.pool.transaction(options: "ISOLATION LEVEL REPEATABLE READ, READ ONLY") {
                connection in
                var batch = StatementBatch()
                batch.add(AnalyticsStore.settings)
                let found = batch.add(AnalyticsStore.edge(of: question, mostTasks: mostTasks))
                let edge = try await batch.run(on: connection)(found)
                question.oldest = edge?.taskID
                batch = StatementBatch()
                let counted = batch.add(AnalyticsStore.figures(of: question, promised: seconds))
                let waited = batch.add(AnalyticsStore.waits(of: question))
                let results = try await batch.run(on: connection)
                let (figures, waits) = (try results(counted), try results(waited))
                let all = (0...range.buckets).map { number in
                    var part = figures[number] ?? TaskFigures()
                    part.wait = waits[number]
                    return part
                }
                return Report(
                    range: range, total: all[0], parts: Array(all.dropFirst()), countedFrom: edge?.createdAt)
            }
        }
    }
}
