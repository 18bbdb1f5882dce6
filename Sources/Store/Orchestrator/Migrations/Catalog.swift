// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of orchestrator-svc.
package enum OrchestratorSchema {
    package static let name = "orchestrator"

    /// The role that running daemons use: it owns nothing, so revoked rights mean something.
    package static let appRole = "tutti_orchestrator_app"

    /// Settings for the connections of the running daemon. A prepared statement is planned once, perhaps when the table is
    /// empty or its statistics say so, and a plan that reads it whole then stays while it grows: a flush took ten
    /// milliseconds instead of two. Every query here has an index, and every list one in its order, so the plans that avoid
    /// one, or gather all that fits and sort it, are switched off. So is the compiler: what is switched off counts as so dear
    /// that a small claim was compiled anew each time it ran, for five milliseconds and more.
    package static let sessionSettings = [
        "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off",
        "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off",
    ]

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = [
        m0001Events, m0002Tasks, m0003Queue, m0004Rooms, m0005Runs, m0006Pipeline, m0007Steps,
        m0008WorkerAgents, m0009Workspaces, m0010RoomKeys, m0011Messages, m0012Incidents,
        m0013EventIndexes, m0014Artifacts, m0015Approvals, m0016RepeatedRequests,
        m0017Parking, m0018Triggers, m0019EventsOfRuns, m0020TaskLabels, m0021Notifications,
        m0022BulkReplays, m0023SavedViews, m0024WebSessions, m0025LastEvents,
        m0026KeysFirst,
    ]
}

extension StatementBatch {
    /// Begins the transaction of a flush. Its statements leave the planner no choice (see
    /// `docs/adr/0014-plans-without-statistics.md`), but arrays of a few elements look cheaper than the ten that a lasting
    /// plan reckons with, so PostgreSQL would plan six of them anew each time: half a millisecond of every small flush.
    package mutating func beginFlush() {
        add("BEGIN")
        add("SET LOCAL plan_cache_mode = force_generic_plan")
    }
}
