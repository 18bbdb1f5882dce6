// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What the monitor remembers from one look to the next, and over restarts.
let m0002Monitor = Migration(
    number: 2, name: "monitor",
    sql: #"""
        CREATE TABLE monitor_memory (
            kind text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            revision bigint NOT NULL DEFAULT 1,
            body jsonb NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT monitor_memory_pkey PRIMARY KEY (kind, key),
            CONSTRAINT monitor_memory_bounded CHECK (octet_length(body::text) <= 262144)
        );
        CREATE INDEX monitor_memory_by_kind ON monitor_memory (kind, number);

        GRANT SELECT, INSERT, DELETE, UPDATE (revision, body, changed_at) ON monitor_memory TO tutti_renderctl_app;
        """#)
