// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_pipeline`: how many tasks are in each stage. The figures move with the tasks, in the same transaction, so that
/// nobody ever has to count a million rows.
package enum PipelineStore {
    package static let table = "proj_pipeline"

    /// Makes the figures of a workspace, where missing.
    package static func open(_ workspaceID: ID<Workspace>) -> SQL {
        """
        INSERT INTO proj_pipeline (workspace_id, intake, queued, running, waiting_approval, failed, done)
        VALUES (\(workspaceID), 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING
        """
    }

    /// Moves tasks between stages. The workspace's head must be locked by the same transaction.
    package static func move(_ workspaceID: ID<Workspace>, _ moves: [PipelineStage: Int]) -> SQL {
        func by(_ stage: PipelineStage) -> Int64 { Int64(moves[stage, default: 0]) }
        return """
            UPDATE proj_pipeline SET intake = intake + \(by(.intake)), queued = queued + \(by(.queued)),
                running = running + \(by(.running)), waiting_approval = waiting_approval + \(by(.waitingApproval)),
                failed = failed + \(by(.failed)), done = done + \(by(.done))
            WHERE workspace_id = \(workspaceID)
            """
    }

    /// The figures as the tasks say, for a rebuild.
    package static func recount(_ workspaceID: ID<Workspace>) -> SQL {
        """
        INSERT INTO proj_pipeline (workspace_id, intake, queued, running, waiting_approval, failed, done)
        SELECT \(workspaceID), count(*) FILTER (WHERE status = 'scheduled'), count(*) FILTER (WHERE status = 'queued'),
            count(*) FILTER (WHERE status = 'running'), count(*) FILTER (WHERE status = 'waiting'),
            count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status IN ('completed', 'cancelled'))
        FROM proj_tasks WHERE workspace_id = \(workspaceID)
        """
    }

    /// The figures, with how far the log goes; nil for a workspace that there is not.
    package static func counts(
        in workspaceID: ID<Workspace>
    ) -> Statement<(position: Int64, counts: [PipelineStage: Int])?> {
        Statement(
            """
            SELECT h.position, p.intake, p.queued, p.running, p.waiting_approval, p.failed, p.done
            FROM evt_workspace_heads h JOIN proj_pipeline p ON p.workspace_id = h.workspace_id
            WHERE h.workspace_id = \(workspaceID)
            """
        ) { rows in
            try rows.first.map { row in
                var counts: [PipelineStage: Int] = [:]
                for stage in PipelineStage.allCases { counts[stage] = try row.value(stage.rawValue) }
                return (position: try row.value("position"), counts: counts)
            }
        }
    }

    /// The newest tasks of a stage with their latest runs: those done by when they ended, the others by when they were made.
    package static func items(
        of stage: PipelineStage, in workspaceID: ID<Workspace>, limit: Int
    ) -> Statement<[(run: Run, task: WorkTask)]> {
        let order: SQL = stage == .done ? "t.finished_at DESC" : "t.task_id DESC"
        let condition: SQL =
            switch stage {
            case .done: "t.status IN ('completed', 'cancelled')"
            // Spelt out so that the partial index is seen to fit.
            default: "t.status = \(stage.statuses[0]) AND t.status <> 'completed'"
            }
        return Statement(
            """
            SELECT \(TaskStore.taskColumns), \(TaskStore.runColumns), NULL::json AS input, NULL::json AS result
            FROM (
                SELECT * FROM proj_tasks t WHERE t.workspace_id = \(workspaceID) AND \(condition)
                ORDER BY \(order) LIMIT \(limit)
            ) AS t
            JOIN proj_runs r ON r.workspace_id = t.workspace_id AND r.run_id = t.run_id
            ORDER BY \(order)
            """
        ) { rows in
            try rows.map { row in
                (run: try TaskStore.readRun(row, prefix: "run_"), task: try TaskStore.readTask(row))
            }
        }
    }
}
