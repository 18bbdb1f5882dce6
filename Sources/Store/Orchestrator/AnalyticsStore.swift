// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// Figures of the tasks created within a time, counted where they are.
///
/// Identifiers begin with the millisecond of creation, so one range of an index has them all, for proj_runs as for proj_tasks:
/// a task's first run is created with it. That spares a join, which would take longer than all the rest; only with an agent,
/// whom runs do not name, it is there.
package enum AnalyticsStore {
    /// Tasks that are looked at, the newest of them.
    package static let mostTasks = 200_000

    /// What is counted.
    package struct Question: Sendable {
        package let workspaceID: ID<Workspace>
        package let range: AnalyticsRange
        package let agent: String?
        /// Where looking ends, when there are more tasks than are looked at.
        package var oldest: ID<WorkTask>?

        package init(workspaceID: ID<Workspace>, range: AnalyticsRange, agent: String?) {
            self.workspaceID = workspaceID
            self.range = range
            self.agent = agent
        }

        /// What an index answers. Wider than the time by a minute on both sides, as clocks differ; the column decides.
        fileprivate func scope(_ alias: SQL) -> SQL {
            let first = ID<WorkTask>.lowest(at: range.since + .seconds(-60))
            return """
                \(alias).workspace_id = \(workspaceID) AND \(alias).task_id >= \(max(first, oldest ?? first))
                    AND \(alias).task_id < \(ID<WorkTask>.lowest(at: range.until + .seconds(60)))
                """
        }

        fileprivate func time(_ alias: SQL) -> SQL {
            "\(alias).created_at >= \(range.since) AND \(alias).created_at < \(range.until)"
        }

        fileprivate var byAgent: SQL { agent.map { " AND t.agent = \($0)" } ?? "" }
    }

    /// Sorting so many durations in memory takes half the time that it takes on disk.
    package static let settings: SQL = "SET LOCAL work_mem = '32MB'"

    /// The oldest task that is looked at; nil when all of the time are.
    package static func edge(
        of question: Question, mostTasks: Int = mostTasks
    ) -> Statement<(taskID: ID<WorkTask>, createdAt: Timestamp)?> {
        Statement(
            """
            SELECT t.task_id, t.created_at FROM (
                SELECT t.task_id FROM proj_tasks t WHERE \(question.scope("t"))\(question.byAgent)
                ORDER BY t.task_id DESC OFFSET \(mostTasks - 1) LIMIT 2
            ) AS edge
            JOIN proj_tasks t ON t.workspace_id = \(question.workspaceID) AND t.task_id = edge.task_id
            ORDER BY t.task_id DESC
            """
        ) { rows in
            // The second is the first that is left out; before the time there is nothing to be missed.
            guard rows.count == 2, let row = rows.first,
                try rows[1].value("created_at", as: Timestamp.self) >= question.range.since
            else { return nil }
            return (taskID: try row.value("task_id"), createdAt: try row.value("created_at"))
        }
    }

    /// Figures by the number of the part, from 1 on, where there are tasks; 0 is the whole. Without waits.
    package static func figures(
        of question: Question, promised seconds: Double
    ) -> Statement<[Int: TaskFigures]> {
        Statement(
            """
            SELECT f.bucket, f.created, f.completed, f.failed, f.cancelled, f.in_time, \(percentiles)
            FROM (
                SELECT coalesce(t.bucket, 0) AS bucket, count(*) AS created,
                    count(*) FILTER (WHERE t.status = 'completed') AS completed,
                    count(*) FILTER (WHERE t.status = 'failed') AS failed,
                    count(*) FILTER (WHERE t.status = 'cancelled') AS cancelled,
                    count(*) FILTER (WHERE t.status = 'completed' AND t.seconds <= \(seconds)) AS in_time,
                    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY t.seconds)
                        FILTER (WHERE t.status IN ('completed', 'failed')) AS seconds
                FROM (
                    SELECT t.status, width_bucket(t.created_at, \(question.range.bounds)) AS bucket,
                        extract(epoch FROM t.finished_at - t.created_at)::double precision AS seconds
                    FROM proj_tasks t
                    WHERE \(question.scope("t"))\(question.byAgent) AND \(question.time("t"))
                ) AS t
                GROUP BY GROUPING SETS ((t.bucket), ())
            ) AS f
            """
        ) { rows in
            var figures: [Int: TaskFigures] = [:]
            for row in rows {
                var part = TaskFigures()
                part.created = try row.value("created")
                part.completed = try row.value("completed")
                part.failed = try row.value("failed")
                part.cancelled = try row.value("cancelled")
                part.inTime = try row.value("in_time")
                part.duration = try readPercentiles(row)
                figures[try row.value("bucket")] = part
            }
            return figures
        }
    }

    /// Waits by the number of the part, as `figures`.
    package static func waits(of question: Question) -> Statement<[Int: Percentiles]> {
        let source: SQL =
            question.agent == nil
            ? "proj_runs r WHERE \(question.scope("r")) AND r.run_number = 1 AND \(question.time("r"))"
            : """
            proj_tasks t CROSS JOIN LATERAL (
                SELECT started_at, created_at FROM proj_runs
                WHERE workspace_id = t.workspace_id AND task_id = t.task_id AND run_number = 1 OFFSET 0) AS r
            WHERE \(question.scope("t"))\(question.byAgent) AND \(question.time("t"))
            """
        return Statement(
            """
            SELECT f.bucket, \(percentiles)
            FROM (
                SELECT coalesce(r.bucket, 0) AS bucket,
                    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY r.seconds) AS seconds
                FROM (
                    SELECT width_bucket(r.created_at, \(question.range.bounds)) AS bucket,
                        extract(epoch FROM r.started_at - r.created_at)::double precision AS seconds
                    FROM \(source) AND r.started_at IS NOT NULL
                ) AS r
                GROUP BY GROUPING SETS ((r.bucket), ())
            ) AS f
            """
        ) { rows in
            var waits: [Int: Percentiles] = [:]
            for row in rows { waits[try row.value("bucket")] = try readPercentiles(row) }
            return waits
        }
    }

    private static let percentiles: SQL = "f.seconds[1] AS p50, f.seconds[2] AS p95, f.seconds[3] AS p99"

    private static func readPercentiles(_ row: PostgresRow) throws -> Percentiles? {
        guard let p50 = try row.value("p50", as: Double?.self) else { return nil }
        return Percentiles(p50: p50, p95: try row.value("p95"), p99: try row.value("p99"))
    }
}
