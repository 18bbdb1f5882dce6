// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Requests to replay many runs, by their idempotency keys.
let m0022BulkReplays = Migration(
    number: 22, name: "bulk_replays",
    sql: #"""
        -- What a request has come to mean, written down before any of it is done: sent again, perhaps after a crash half way
        -- through, it is about the same runs, and each is replayed as the run that it was given then, if it is not there yet.
        -- Kept like the keys of tasks: a key means the same for ever.
        CREATE TABLE bulk_replays (
            workspace_id text COLLATE "C" NOT NULL,
            idempotency_key text COLLATE "C" NOT NULL,
            idempotency_hash bytea NOT NULL,
            run_ids text[] COLLATE "C" NOT NULL,
            new_run_ids text[] COLLATE "C" NOT NULL,
            -- Where looking for more goes on; NULL when these were all.
            next_task_id text COLLATE "C",
            created_by text COLLATE "C" NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT bulk_replays_pkey PRIMARY KEY (workspace_id, idempotency_key),
            CONSTRAINT bulk_replays_in_pairs CHECK (cardinality(run_ids) = cardinality(new_run_ids))
        );
        GRANT SELECT, INSERT ON bulk_replays TO tutti_orchestrator_app;
        """#)
