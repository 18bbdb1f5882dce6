// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Runs for engines outside: labels, limits, dependencies, children, replays, and leases that are claimed before they
/// are started.
let m0005Runs = Migration(
    number: 5, name: "runs",
    sql: #"""
        ALTER TABLE proj_tasks
            ADD COLUMN labels text[] COLLATE "C",
            -- `name:key` of every limit that its runs count against.
            ADD COLUMN limits text[] COLLATE "C",
            ADD COLUMN parent_run_id text COLLATE "C",
            -- The tasks that have to be done before.
            ADD COLUMN after_tasks text[] COLLATE "C",
            ADD COLUMN on_dependency_failure text COLLATE "C" NOT NULL DEFAULT 'fail',
            ADD COLUMN is_blocked boolean NOT NULL DEFAULT false,
            DROP CONSTRAINT proj_tasks_scheduled_for_a_time,
            ADD CONSTRAINT proj_tasks_scheduled_for_a_reason CHECK (
                status <> 'scheduled' OR run_at IS NOT NULL OR is_blocked),
            ADD CONSTRAINT proj_tasks_dependency_policy_known CHECK (
                on_dependency_failure IN ('fail', 'cancel', 'run'));
        ALTER TABLE proj_tasks ALTER COLUMN on_dependency_failure DROP DEFAULT, ALTER COLUMN is_blocked DROP DEFAULT;
        CREATE INDEX proj_tasks_by_parent
            ON proj_tasks (workspace_id, parent_run_id, task_id) WHERE parent_run_id IS NOT NULL;
        CREATE INDEX proj_tasks_by_room ON proj_tasks (workspace_id, room_id, task_id);

        ALTER TABLE proj_runs
            ADD COLUMN claimed_at timestamptz,
            ADD COLUMN replay_of_run_id text COLLATE "C";
        UPDATE proj_runs SET claimed_at = started_at;

        -- `queue` is an agent's name, or `#label`; a run with labels has an entry in each of its queues, and whoever
        -- claims it through one removes the others.
        ALTER TABLE run_queue RENAME COLUMN agent TO queue;
        ALTER TABLE run_queue
            -- NULL where it is the queue's own name.
            ADD COLUMN agent text COLLATE "C",
            ADD COLUMN labels text[] COLLATE "C",
            ADD COLUMN limits text[] COLLATE "C";
        CREATE INDEX run_queue_labelled ON run_queue (workspace_id, run_id) WHERE labels IS NOT NULL;

        -- Ready runs that a limit holds up, so that claims need not step over them again and again.
        CREATE TABLE parked_runs (
            parked_id bigint GENERATED ALWAYS AS IDENTITY,
            workspace_id text COLLATE "C" NOT NULL,
            limit_use text COLLATE "C" NOT NULL,
            priority smallint NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            labels text[] COLLATE "C",
            limits text[] COLLATE "C",
            CONSTRAINT parked_runs_pkey PRIMARY KEY (workspace_id, limit_use, priority, parked_id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

        CREATE TABLE proj_limits (
            limit_name text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            max_concurrent integer,
            rate_count integer,
            rate_seconds double precision,
            removed_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT proj_limits_pkey PRIMARY KEY (workspace_id, limit_name),
            CONSTRAINT proj_limits_limit_something CHECK (max_concurrent IS NOT NULL OR rate_count IS NOT NULL),
            CONSTRAINT proj_limits_whole_rate CHECK ((rate_count IS NULL) = (rate_seconds IS NULL))
        );
        -- Which held runs count against which limit.
        CREATE TABLE lease_limits (
            run_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            limit_use text COLLATE "C" NOT NULL,
            CONSTRAINT lease_limits_pkey PRIMARY KEY (workspace_id, limit_use, run_id)
        );
        CREATE INDEX lease_limits_of_run ON lease_limits (workspace_id, run_id);
        CREATE TABLE limit_buckets (
            workspace_id text COLLATE "C" NOT NULL,
            limit_use text COLLATE "C" NOT NULL,
            tokens double precision NOT NULL,
            refilled_at timestamptz NOT NULL,
            CONSTRAINT limit_buckets_pkey PRIMARY KEY (workspace_id, limit_use)
        ) WITH (fillfactor = 50);

        CREATE TABLE proj_queues (
            agent text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            paused_at timestamptz,
            paused_by text COLLATE "C",
            reason text,
            version bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT proj_queues_pkey PRIMARY KEY (workspace_id, agent)
        );

        -- What holds a task up: the tasks before it, and, once its parent has ended, the parent.
        CREATE TABLE run_dependencies (
            workspace_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            on_task_id text COLLATE "C" NOT NULL,
            -- NULL while it is open; then `completed`, `failed`, `cancelled`, or `parent_ended`.
            settled_as text COLLATE "C",
            CONSTRAINT run_dependencies_pkey PRIMARY KEY (workspace_id, on_task_id, task_id)
        );
        CREATE INDEX run_dependencies_of_task ON run_dependencies (workspace_id, task_id);
        CREATE INDEX run_dependencies_settled ON run_dependencies (workspace_id, task_id) WHERE settled_as IS NOT NULL;

        ALTER TABLE leases
            -- When the run's own time is over; NULL where the engine sees to that.
            ADD COLUMN timeout_at timestamptz,
            -- When the worker has to have reported progress; NULL unless it promised to.
            ADD COLUMN progress_at timestamptz;

        ALTER TABLE worker_sessions
            ADD COLUMN agents text[] COLLATE "C" NOT NULL DEFAULT '{}',
            ADD COLUMN labels text[] COLLATE "C" NOT NULL DEFAULT '{}',
            ADD COLUMN capacity integer,
            ADD COLUMN principal text COLLATE "C",
            ADD COLUMN last_beat_at timestamptz;

        GRANT SELECT, INSERT, UPDATE ON proj_limits, proj_queues TO tutti_orchestrator_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON parked_runs, lease_limits, limit_buckets, run_dependencies
            TO tutti_orchestrator_app;
        """#)
