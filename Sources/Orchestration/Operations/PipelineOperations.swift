// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
import Store

/// The pipeline as it stands.
package struct PipelineOperations: Sendable {
    /// One stage: how many tasks are in it, and the newest of them.
    package struct Stage: Sendable {
        package let stage: PipelineStage
        package let count: Int
        package let items: [RunOfTask]
    }

    let core: OperationsCore

    package init(core: OperationsCore) { self.core = core }

    /// A snapshot of all six stages as of one position of the log.
    package func snapshot(
        in workspaceID: ID<Workspace>, limit: Int
    ) async throws -> (position: Int64, stages: [Stage]) {
        // One transaction with one snapshot, so that figures and items belong together.
        let (found, items) = try await core.pool.withConnection { connection in
            var batch = StatementBatch()
            batch.add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let counts = batch.add(PipelineStore.counts(in: workspaceID))
            let tickets = PipelineStage.allCases.map { stage in
                batch.add(PipelineStore.items(of: stage, in: workspaceID, limit: limit))
            }
            batch.add("COMMIT")
            let results = try await batch.run(on: connection)
            return (try results(counts), try tickets.map { try results($0) })
        }
        guard let found else { throw Problem.notFound("workspace", workspaceID.rawValue) }
        let stages = zip(PipelineStage.allCases, items).map { stage, items in
            Stage(
                stage: stage, count: found.counts[stage] ?? 0,
                items: items.map { RunOfTask(run: $0.run, task: $0.task) })
        }
        return (found.position, stages)
    }
}
