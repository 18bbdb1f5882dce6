// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Questions to people, and leases that stand still meanwhile.
let m0015Approvals = Migration(
    number: 15, name: "approvals",
    sql: #"""
        CREATE TABLE proj_approvals (
            approval_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C",
            run_id text COLLATE "C",
            step_id text COLLATE "C",
            status text COLLATE "C" NOT NULL,
            epoch integer,
            version bigint NOT NULL,
            action_kind text COLLATE "C" NOT NULL,
            action_target text,
            arguments json NOT NULL,
            arguments_hash bytea NOT NULL,
            summary text,
            requested_by text COLLATE "C" NOT NULL,
            decided_by text COLLATE "C",
            note text,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            decided_at timestamptz,
            CONSTRAINT proj_approvals_pkey PRIMARY KEY (workspace_id, approval_id),
            CONSTRAINT proj_approvals_status_known CHECK (
                status IN ('pending', 'approved', 'denied', 'held', 'expired', 'cancelled')),
            CONSTRAINT proj_approvals_decided_unless_pending CHECK ((decided_at IS NULL) = (status = 'pending')),
            CONSTRAINT proj_approvals_run_of_a_task CHECK ((run_id IS NULL) = (task_id IS NULL))
        ) WITH (fillfactor = 80);
        CREATE INDEX proj_approvals_by_status ON proj_approvals (workspace_id, status, approval_id);
        CREATE INDEX proj_approvals_by_room ON proj_approvals (workspace_id, room_id, approval_id);
        CREATE INDEX proj_approvals_by_run
            ON proj_approvals (workspace_id, run_id, approval_id) WHERE run_id IS NOT NULL;
        -- Few are open at a time: these two are looked at by every flush about a task, and once a second.
        CREATE INDEX proj_approvals_open_of_task
            ON proj_approvals (workspace_id, task_id) WHERE status IN ('pending', 'held') AND task_id IS NOT NULL;
        CREATE INDEX proj_approvals_open_by_expiry
            ON proj_approvals (workspace_id, expires_at, approval_id) WHERE status IN ('pending', 'held');

        -- Since when the run waits for a person; its own time limit stands still meanwhile.
        ALTER TABLE leases ADD COLUMN waiting_since timestamptz;

        GRANT SELECT, INSERT, UPDATE ON proj_approvals TO tutti_orchestrator_app;
        """#)
