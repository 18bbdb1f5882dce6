// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Events of a run are found among those of its task: every event costs one index entry less.
let m0019EventsOfRuns = Migration(number: 19, name: "events_of_runs", sql: "DROP INDEX evt_events_of_run;")
