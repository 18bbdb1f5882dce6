// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Threads and their messages.
let m0011Messages = Migration(
    number: 11, name: "messages",
    sql: #"""
        CREATE TABLE proj_threads (
            thread_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            title text NOT NULL,
            archived_at timestamptz,
            version bigint NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT proj_threads_pkey PRIMARY KEY (workspace_id, thread_id)
        );
        CREATE INDEX proj_threads_open
            ON proj_threads (workspace_id, room_id, thread_id) WHERE archived_at IS NULL;
        CREATE INDEX proj_threads_archived
            ON proj_threads (workspace_id, room_id, thread_id) WHERE archived_at IS NOT NULL;

        CREATE TABLE proj_messages (
            message_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            thread_id text COLLATE "C" NOT NULL,
            -- Gapless in the thread, so the last one says how many there are.
            message_number bigint NOT NULL,
            sender text COLLATE "C" NOT NULL,
            content_md text NOT NULL,
            in_reply_to text COLLATE "C",
            run_id text COLLATE "C",
            correlation_id text COLLATE "C",
            idempotency_key text COLLATE "C",
            idempotency_hash bytea,
            created_at timestamptz NOT NULL,
            CONSTRAINT proj_messages_pkey PRIMARY KEY (workspace_id, message_id),
            CONSTRAINT proj_messages_one_per_number UNIQUE (workspace_id, thread_id, message_number),
            CONSTRAINT proj_messages_not_empty CHECK (content_md <> '')
        );
        CREATE UNIQUE INDEX proj_messages_one_per_idempotency_key
            ON proj_messages (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

        GRANT SELECT, INSERT, UPDATE ON proj_threads, proj_messages TO tutti_orchestrator_app;
        """#)
