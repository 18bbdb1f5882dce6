// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What the orchestrator is still to be told, and what was answered to requests that may come again.
let m0003Outbox = Migration(
    number: 3, name: "outbox",
    sql: #"""
        -- Rows are deleted once the orchestrator has them.
        CREATE TABLE outbox (
            event_id uuid NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            event_type text COLLATE "C" NOT NULL,
            principal text NOT NULL,
            trace_id text COLLATE "C" NOT NULL,
            body jsonb NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            occurred_at timestamptz NOT NULL,
            next_try_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT outbox_pkey PRIMARY KEY (event_id),
            CONSTRAINT outbox_one_per_number UNIQUE (number),
            CONSTRAINT outbox_render_events CHECK (event_type LIKE 'render.%'),
            CONSTRAINT outbox_bounded CHECK (octet_length(body::text) <= 65536),
            CONSTRAINT outbox_attempts_count CHECK (attempts >= 0)
        );

        CREATE TABLE repeated_requests (
            idempotency_key text NOT NULL,
            body_hash bytea NOT NULL,
            answer text,
            requested_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT repeated_requests_pkey PRIMARY KEY (idempotency_key),
            CONSTRAINT repeated_requests_hash_size CHECK (octet_length(body_hash) = 32)
        );
        CREATE INDEX repeated_requests_by_age ON repeated_requests (requested_at);

        GRANT SELECT, INSERT, DELETE, UPDATE (attempts, next_try_at) ON outbox TO tutti_renderctl_app;
        GRANT SELECT, INSERT, DELETE, UPDATE (answer) ON repeated_requests TO tutti_renderctl_app;
        """#)
