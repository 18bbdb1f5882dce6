// SPDX-License-Identifier: Apache-2.0

import Postgres

/// A parked run stands in its line once, and the line is read in its order. What a session holds is found without looking
/// at what others hold, and what of an agent waits is counted without looking at the rest.
let m0017Parking = Migration(
    number: 17, name: "parking",
    sql: #"""
        DELETE FROM parked_runs AS p USING parked_runs AS first
        WHERE p.workspace_id = first.workspace_id AND p.run_id = first.run_id AND p.parked_id > first.parked_id;
        ALTER TABLE parked_runs
            DROP CONSTRAINT parked_runs_pkey,
            DROP COLUMN parked_id,
            ADD CONSTRAINT parked_runs_pkey PRIMARY KEY (workspace_id, run_id);
        CREATE UNIQUE INDEX parked_runs_in_order ON parked_runs (workspace_id, limit_use, priority DESC, run_id);
        CREATE INDEX parked_runs_of_agent ON parked_runs (workspace_id, agent);
        CREATE INDEX proj_tasks_scheduled ON proj_tasks (workspace_id, agent) WHERE status = 'scheduled';

        CREATE INDEX leases_of_session ON leases (workspace_id, worker_session_id);
        """#)
