// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What is ready, what waits for its time, who holds what, and who is alive.
let m0003Queue = Migration(
    number: 3, name: "queue",
    sql: #"""
        -- Narrow, and deleted when claimed. Only claims delete; whatever became of the task meanwhile is seen then.
        CREATE TABLE run_queue (
            queue_id bigint GENERATED ALWAYS AS IDENTITY,
            workspace_id text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            priority smallint NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            CONSTRAINT run_queue_pkey PRIMARY KEY (workspace_id, agent, priority, queue_id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

        CREATE TABLE delayed (
            run_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            run_at timestamptz NOT NULL,
            CONSTRAINT delayed_pkey PRIMARY KEY (workspace_id, run_at, run_id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

        CREATE TABLE leases (
            run_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            epoch integer NOT NULL,
            worker_session_id text COLLATE "C" NOT NULL,
            claimed_at timestamptz NOT NULL,
            CONSTRAINT leases_pkey PRIMARY KEY (workspace_id, run_id)
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

        -- One row per worker process, beaten every few seconds. No index on the deadline: it would end HOT updates.
        CREATE TABLE worker_sessions (
            worker_session_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            worker text COLLATE "C" NOT NULL,
            started_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT worker_sessions_pkey PRIMARY KEY (workspace_id, worker_session_id)
        ) WITH (fillfactor = 30);

        CREATE TABLE agent_heartbeats (
            agent text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            beats bigint NOT NULL,
            last_seen_at timestamptz NOT NULL,
            CONSTRAINT agent_heartbeats_pkey PRIMARY KEY (workspace_id, agent)
        ) WITH (fillfactor = 30);

        -- Locking rows to skip those of another flush takes the right to update them.
        GRANT SELECT, INSERT, UPDATE, DELETE ON run_queue, delayed, leases TO tutti_orchestrator_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON worker_sessions, agent_heartbeats TO tutti_orchestrator_app;
        """#)
