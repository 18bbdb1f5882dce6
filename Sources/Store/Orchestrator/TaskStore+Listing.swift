// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

/// Which tasks a list shows; nil and empty members do not restrict.
package struct TaskFilter: Sendable, Equatable {
    package var statuses: [TaskStatus] = []
    package var agent: String?
    package var roomID: ID<Room>?
    /// That carries this label.
    package var label: String?
    package var correlationID: String?
    package var traceID: String?
    /// Asked for by this run.
    package var parentRunID: ID<Run>?
    /// That failed with this code.
    package var errorCode: String?
    /// Created at or after.
    package var since: Timestamp?
    /// Created before.
    package var until: Timestamp?

    package init() {}
}

/// What one look at the tasks found.
package struct TaskScan<Row: Sendable>: Sendable {
    package let rows: [Row]
    /// The oldest task that was looked at, where looking ended before all were; nil when there is nothing older.
    package let end: ID<WorkTask>?
}

extension TaskStore {
    /// Tasks that one page looks at, where no index finds just those that fit.
    package static let window = 5000

    /// Tasks newest first, without input and result, older than the one a page ended with.
    ///
    /// One member of the filter chooses the index that is read in its order; the others decide about what is found there,
    /// in no more than `window` tasks. Identifiers begin with the millisecond of creation, so times become bounds of the
    /// index, wide enough for clocks that differ; the column decides.
    package static func list(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, limit: Int
    ) -> Statement<TaskScan<WorkTask>> {
        Statement(
            """
            SELECT edge.task_id AS scan_end, \(taskColumns), NULL::json AS input, NULL::json AS result
            \(source(filter, in: workspaceID, before: last, limit: limit)) ORDER BY t.task_id DESC
            """
        ) { rows in try scan(rows, readTask) }
    }

    /// As `list`, with the latest run of each task.
    package static func listRuns(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, limit: Int
    ) -> Statement<TaskScan<(run: Run, task: WorkTask)>> {
        Statement(
            """
            SELECT edge.task_id AS scan_end, \(taskColumns), \(runColumns), NULL::json AS input, NULL::json AS result
            \(source(filter, in: workspaceID, before: last, limit: limit))
            LEFT JOIN proj_runs r ON r.workspace_id = t.workspace_id AND r.run_id = t.run_id
            ORDER BY t.task_id DESC
            """
        ) { rows in
            try scan(rows) { row in (run: try readRun(row, prefix: "run_"), task: try readTask(row)) }
        }
    }

    /// A row without a task only says where looking ended.
    private static func scan<Row>(
        _ rows: PostgresRows, _ read: (PostgresRow) throws -> Row
    ) throws -> TaskScan<Row> {
        TaskScan(
            rows: try rows.filter { try $0.value("task_id", as: String?.self) != nil }.map(read),
            end: try rows.first?.value("scan_end"))
    }

    private static func source(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, limit: Int
    ) -> SQL {
        let (place, first, rest) = Self.conditions(filter)
        let range = Self.range(filter, in: workspaceID, before: last, at: place)
        var others = rest
        if let since = filter.since { others.append("t.created_at >= \(since)") }
        if let until = filter.until { others.append("t.created_at < \(until)") }
        let read: SQL = first.map { "\(range) AND \($0)" } ?? range
        let edge: SQL =
            others.isEmpty
            ? "SELECT NULL::text AS task_id"
            : """
            SELECT (SELECT \(place.alias).task_id FROM \(place.table) WHERE \(read)
                ORDER BY \(place.alias).task_id DESC OFFSET \(window - 1) LIMIT 1) AS task_id
            """
        var condition = read
        for other in others { condition += " AND \(other)" }
        if !others.isEmpty { condition += " AND \(place.alias).task_id >= coalesce(edge.task_id, '')" }
        return """
            FROM (\(edge)) AS edge LEFT JOIN LATERAL (
                SELECT t.* FROM \(place.table)\(place.tasks) WHERE \(condition)
                ORDER BY \(place.alias).task_id DESC LIMIT \(limit)
            ) AS t ON true
            """
    }

    /// The table whose order is followed.
    private enum Place {
        case tasks, labels

        var table: SQL { self == .tasks ? "proj_tasks t" : "proj_task_labels l" }
        var alias: SQL { self == .tasks ? "t" : "l" }

        /// How each task is found from there, by its key.
        var tasks: SQL {
            self == .tasks
                ? ""
                : """
                 CROSS JOIN LATERAL (
                    SELECT * FROM proj_tasks WHERE workspace_id = l.workspace_id AND task_id = l.task_id OFFSET 0) AS t
                """
        }
    }

    private static func range(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, at place: Place
    ) -> SQL {
        let id: SQL = "\(place.alias).task_id"
        var sql: SQL = "\(place.alias).workspace_id = \(workspaceID)"
        if let last { sql += " AND \(id) < \(last)" }
        if let since = filter.since { sql += " AND \(id) >= \(ID<WorkTask>.lowest(at: since + .seconds(-60)))" }
        if let until = filter.until { sql += " AND \(id) < \(ID<WorkTask>.lowest(at: until + .seconds(60)))" }
        return sql
    }

    /// The condition that an index answers, the one that likely finds least, with the place of that index; and the rest.
    private static func conditions(_ filter: TaskFilter) -> (place: Place, first: SQL?, others: [SQL]) {
        var conditions: [SQL] = []
        if let parent = filter.parentRunID { conditions.append("t.parent_run_id = \(parent)") }
        if let correlation = filter.correlationID { conditions.append("t.correlation_id = \(correlation)") }
        if let trace = filter.traceID { conditions.append("t.trace_id = \(trace)") }
        var rest: [SQL] = []
        if filter.statuses.count == 1, filter.statuses[0] != .completed {
            // Spelt out so that the partial index is seen to fit.
            conditions.append("t.status = \(filter.statuses[0]) AND t.status <> 'completed'")
        } else if !filter.statuses.isEmpty {
            rest.append("t.status = ANY(\(filter.statuses))")
        }
        if let agent = filter.agent { conditions.append("t.agent = \(agent)") }
        if let room = filter.roomID { conditions.append("t.room_id = \(room)") }
        if let code = filter.errorCode { rest.append("t.error->>'code' = \(code)") }
        if let label = filter.label {
            let isRarer = filter.parentRunID != nil || filter.correlationID != nil || filter.traceID != nil
            guard isRarer else { return (.labels, "l.label = \(label)", conditions + rest) }
            rest.append("\(label) = ANY(t.labels)")
        }
        return (.tasks, conditions.first, conditions.dropFirst() + rest)
    }
}

extension ID {
    /// Below every identifier made at or after the millisecond of `time`, and above the earlier ones.
    package static func lowest(at time: Timestamp) -> ID {
        let high = UInt64(max(0, time.microseconds / 1000)) << 16
        return ID(trusted: Subject.idPrefix + "_" + ULID(high: high, low: 0).text)
    }
}
