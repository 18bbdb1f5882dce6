// SPDX-License-Identifier: Apache-2.0

import Postgres

/// The index of a key is the one that rows are found by, from the first row on: see `docs/adr/0023-plans-of-a-flush.md`.
let m0026KeysFirst = Migration(
    number: 26, name: "keys_first",
    sql: #"""
        -- While next to nothing is in a table, all its indexes that begin with the workspace cost the same to the
        -- planner, which then takes the newest. By any but the key's, each row is looked for among all of the workspace.
        -- Made anew with the same columns, the key's is the newest.
        ALTER TABLE proj_tasks DROP CONSTRAINT proj_tasks_pkey,
            ADD CONSTRAINT proj_tasks_pkey PRIMARY KEY (workspace_id, task_id);
        ALTER TABLE proj_runs DROP CONSTRAINT proj_runs_pkey,
            ADD CONSTRAINT proj_runs_pkey PRIMARY KEY (workspace_id, run_id);
        ALTER TABLE leases DROP CONSTRAINT leases_pkey,
            ADD CONSTRAINT leases_pkey PRIMARY KEY (workspace_id, run_id);
        """#)
