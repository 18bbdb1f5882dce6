// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Ways to find events: by id, by run, by correlation. Times need none, because positions are gapless and nearly in the
/// order of time, so a search that halves them finds a moment.
let m0013EventIndexes = Migration(
    number: 13, name: "event_indexes",
    sql: #"""
        -- Identifiers of events and runs are unique by themselves; a workspace in front would only make entries wider.
        CREATE INDEX evt_events_by_id ON evt_events (event_id);
        CREATE INDEX evt_events_of_run ON evt_events (run_id, position) WHERE run_id IS NOT NULL;
        CREATE INDEX evt_events_of_correlation
            ON evt_events (workspace_id, correlation_id, position) WHERE correlation_id IS NOT NULL;
        """#)
