// SPDX-License-Identifier: Apache-2.0

import Postgres

/// The projections of workspaces, tasks and runs, and the names that seed 000 gives them.
let m0002Tasks = Migration(
    number: 2, name: "tasks",
    sql: #"""
        CREATE TABLE proj_rooms (
            room_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            name text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT proj_rooms_pkey PRIMARY KEY (workspace_id, room_id)
        );

        CREATE TABLE proj_tasks (
            task_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            status text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            priority smallint NOT NULL,
            version bigint NOT NULL,
            attempts integer NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            correlation_id text COLLATE "C",
            trace_id text COLLATE "C" NOT NULL,
            idempotency_key text COLLATE "C",
            idempotency_hash bytea,
            timeout_seconds integer NOT NULL,
            max_attempts integer NOT NULL,
            retry_initial_seconds double precision NOT NULL,
            retry_max_seconds double precision NOT NULL,
            retry_factor double precision NOT NULL,
            input json NOT NULL,
            result json,
            error json,
            created_by text COLLATE "C" NOT NULL,
            run_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT proj_tasks_pkey PRIMARY KEY (workspace_id, task_id),
            CONSTRAINT proj_tasks_status_known CHECK (
                status IN ('queued', 'scheduled', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
            CONSTRAINT proj_tasks_finished_when_final CHECK (
                (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
            CONSTRAINT proj_tasks_result_when_completed CHECK ((result IS NOT NULL) = (status = 'completed')),
            CONSTRAINT proj_tasks_scheduled_for_a_time CHECK (status <> 'scheduled' OR run_at IS NOT NULL),
            CONSTRAINT proj_tasks_priority_in_range CHECK (priority BETWEEN 0 AND 9)
        ) WITH (fillfactor = 70);
        CREATE UNIQUE INDEX proj_tasks_one_per_idempotency_key
            ON proj_tasks (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
        -- Completed tasks are most of all: to find them newest first, the primary key is enough.
        CREATE INDEX proj_tasks_by_status ON proj_tasks (workspace_id, status, task_id) WHERE status <> 'completed';
        CREATE INDEX proj_tasks_by_agent ON proj_tasks (workspace_id, agent, task_id);
        CREATE INDEX proj_tasks_by_correlation
            ON proj_tasks (workspace_id, correlation_id, task_id) WHERE correlation_id IS NOT NULL;
        CREATE INDEX proj_tasks_by_trace ON proj_tasks (workspace_id, trace_id, task_id);

        CREATE TABLE proj_runs (
            run_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            run_number integer NOT NULL,
            status text COLLATE "C" NOT NULL,
            epoch integer NOT NULL,
            worker_session_id text COLLATE "C",
            error json,
            created_at timestamptz NOT NULL,
            started_at timestamptz,
            finished_at timestamptz,
            CONSTRAINT proj_runs_pkey PRIMARY KEY (workspace_id, run_id),
            CONSTRAINT proj_runs_one_per_number UNIQUE (workspace_id, task_id, run_number),
            CONSTRAINT proj_runs_status_known CHECK (
                status IN ('queued', 'scheduled', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
            CONSTRAINT proj_runs_finished_when_final CHECK (
                (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
        ) WITH (fillfactor = 70);

        CREATE TABLE proj_agents (
            agent text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            description text NOT NULL,
            endpoint text NOT NULL,
            input_schema json NOT NULL,
            concurrency integer NOT NULL,
            heartbeat_seconds integer,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT proj_agents_pkey PRIMARY KEY (workspace_id, agent),
            CONSTRAINT proj_agents_concurrency_positive CHECK (concurrency > 0)
        );

        CREATE VIEW tasks AS
            SELECT task_id AS id, workspace_id, room_id, status, agent, priority, version, input, result, error,
                correlation_id, trace_id, created_at, updated_at, finished_at
            FROM proj_tasks;
        CREATE VIEW task_events AS
            SELECT e.task_id, e.workspace_id, e.position, e.event_id, e.event_type, e.run_id, e.actor, e.trace_id,
                e.correlation_id, convert_from(coalesce(e.body, b.body), 'UTF8') AS data, e.occurred_at
            FROM evt_events e
            LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash
            WHERE e.task_id IS NOT NULL;

        GRANT SELECT, INSERT, UPDATE ON proj_rooms, proj_tasks, proj_runs, proj_agents TO tutti_orchestrator_app;
        GRANT SELECT ON tasks, task_events TO tutti_orchestrator_app;
        """#)
