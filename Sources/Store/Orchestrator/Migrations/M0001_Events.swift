// SPDX-License-Identifier: Apache-2.0

import Postgres

/// The event log: heads, events, blocks, and the guard that makes it append-only.
let m0001Events = Migration(
    number: 1, name: "events",
    sql: #"""
        -- Updated once per flush; the free space keeps every update on its page (HOT).
        CREATE TABLE evt_workspace_heads (
            workspace_id text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            block bigint NOT NULL,
            chain bytea NOT NULL,
            CONSTRAINT evt_workspace_heads_pkey PRIMARY KEY (workspace_id),
            CONSTRAINT evt_workspace_heads_never_negative CHECK (position >= 0 AND block >= 0)
        ) WITH (fillfactor = 20);

        CREATE TABLE evt_stream_heads (
            workspace_id text COLLATE "C" NOT NULL,
            stream_type text COLLATE "C" NOT NULL,
            stream_id text COLLATE "C" NOT NULL,
            stream_seq bigint NOT NULL,
            CONSTRAINT evt_stream_heads_pkey PRIMARY KEY (workspace_id, stream_type, stream_id),
            CONSTRAINT evt_stream_heads_never_negative CHECK (stream_seq >= 0)
        ) WITH (fillfactor = 50);

        CREATE TABLE evt_events (
            workspace_id text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            stream_type text COLLATE "C" NOT NULL,
            stream_id text COLLATE "C" NOT NULL,
            stream_seq bigint NOT NULL,
            event_id uuid NOT NULL,
            event_type text COLLATE "C" NOT NULL,
            schema_version smallint NOT NULL,
            actor text COLLATE "C" NOT NULL,
            zone text COLLATE "C" NOT NULL,
            task_id text COLLATE "C",
            run_id text COLLATE "C",
            correlation_id text COLLATE "C",
            causation_id uuid,
            trace_id text COLLATE "C" NOT NULL,
            idempotency_key text COLLATE "C",
            leaf bytea NOT NULL,
            body_hash bytea NOT NULL,
            salt bytea NOT NULL,
            -- The bytes that were hashed; NULL when they are in evt_blobs.
            body bytea,
            blob_hash bytea,
            occurred_at timestamptz NOT NULL,
            CONSTRAINT evt_events_pkey PRIMARY KEY (workspace_id, position),
            CONSTRAINT evt_events_one_per_stream_place UNIQUE (workspace_id, stream_type, stream_id, stream_seq),
            CONSTRAINT evt_events_body_or_blob CHECK ((body IS NULL) <> (blob_hash IS NULL))
        );
        CREATE INDEX evt_events_of_task ON evt_events (workspace_id, task_id, position) WHERE task_id IS NOT NULL;

        CREATE TABLE evt_blobs (
            workspace_id text COLLATE "C" NOT NULL,
            blob_hash bytea NOT NULL,
            body bytea NOT NULL,
            CONSTRAINT evt_blobs_pkey PRIMARY KEY (workspace_id, blob_hash)
        );

        CREATE TABLE evt_blocks (
            workspace_id text COLLATE "C" NOT NULL,
            block bigint NOT NULL,
            first_position bigint NOT NULL,
            last_position bigint NOT NULL,
            root bytea NOT NULL,
            chain bytea NOT NULL,
            CONSTRAINT evt_blocks_pkey PRIMARY KEY (workspace_id, block),
            CONSTRAINT evt_blocks_not_empty CHECK (first_position <= last_position)
        );

        -- Which commands have been committed, so that a flush whose answer was lost is not done twice.
        -- The ids are time-ordered, so old rows are pruned by id.
        CREATE TABLE command_dedup (
            command_id uuid NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            outcome bytea,
            CONSTRAINT command_dedup_pkey PRIMARY KEY (command_id)
        );

        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER evt_events_append_only BEFORE UPDATE OR DELETE ON evt_events
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER evt_events_no_truncate BEFORE TRUNCATE ON evt_events
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER evt_blocks_append_only BEFORE UPDATE OR DELETE ON evt_blocks
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER evt_blocks_no_truncate BEFORE TRUNCATE ON evt_blocks
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER evt_blobs_append_only BEFORE UPDATE OR DELETE ON evt_blobs
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER evt_blobs_no_truncate BEFORE TRUNCATE ON evt_blobs
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

        GRANT SELECT, INSERT ON evt_events, evt_blocks, evt_blobs TO tutti_orchestrator_app;
        GRANT SELECT, INSERT, UPDATE ON evt_workspace_heads, evt_stream_heads TO tutti_orchestrator_app;
        GRANT SELECT, INSERT, DELETE ON command_dedup TO tutti_orchestrator_app;
        """#)
