// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
import Postgres

/// A task that failed for good, as far as a watcher cares.
package struct FailedTask: Sendable, Equatable {
    package let runID: ID<Run>
    package let agent: String
    /// The failure's word, such as `timeout`.
    package let code: String
    /// How it failed.
    package let eventID: UUID?
}

/// What the watchers ask for.
extension TaskStore {
    /// Some of the newest tasks, and as many behind `place`, each once.
    package static func sample(
        of workspaceID: ID<Workspace>, behind place: ID<WorkTask>, each count: Int
    ) -> Statement<[ID<WorkTask>]> {
        Statement(
            """
            (SELECT task_id FROM proj_tasks WHERE workspace_id = \(workspaceID) ORDER BY task_id DESC LIMIT \(count))
            UNION
            (SELECT task_id FROM proj_tasks WHERE workspace_id = \(workspaceID) AND task_id > \(place)
                ORDER BY task_id LIMIT \(count))
            """
        ) { rows in try rows.map { try $0.value("task_id") } }
    }

    /// The oldest task; nil when there is none.
    package static func oldest(in workspaceID: ID<Workspace>) -> Statement<ID<WorkTask>?> {
        Statement("SELECT task_id FROM proj_tasks WHERE workspace_id = \(workspaceID) ORDER BY task_id LIMIT 1") {
            rows in try rows.first?.value("task_id")
        }
    }

    /// Tasks that failed for good within the window by the database's clock, newest first; those from before the last
    /// incident of that kind was closed have been told of.
    package static func failures(
        in workspaceID: ID<Workspace>, within window: Duration, sinceLast kind: SystemIncident, limit: Int
    ) -> Statement<[FailedTask]> {
        Statement(
            """
            SELECT run_id, agent, error ->> 'code' AS code, last_event_id FROM proj_tasks
            WHERE workspace_id = \(workspaceID) AND status = 'failed' AND finished_at > greatest(
                clock_timestamp() - make_interval(secs => \(window.inSeconds)),
                (SELECT closed_at FROM proj_incidents WHERE workspace_id = \(workspaceID) AND kind = \(kind.rawValue)
                    ORDER BY incident_id DESC LIMIT 1))
            ORDER BY finished_at DESC LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                FailedTask(
                    runID: try row.value("run_id"), agent: try row.value("agent"),
                    code: try row.value("code", as: String?.self) ?? "unknown",
                    eventID: try row.value("last_event_id"))
            }
        }
    }
}
