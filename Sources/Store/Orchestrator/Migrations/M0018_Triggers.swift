// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What makes tasks by itself: schedules and hooks.
let m0018Triggers = Migration(
    number: 18, name: "triggers",
    sql: #"""
        CREATE TABLE proj_schedules (
            schedule_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            definition json NOT NULL,
            last_task_id text COLLATE "C",
            live_task_ids json NOT NULL,
            fire_count bigint NOT NULL,
            next_fire_at timestamptz,
            last_fire_at timestamptz,
            paused_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            deleted_at timestamptz,
            CONSTRAINT proj_schedules_pkey PRIMARY KEY (workspace_id, schedule_id),
            CONSTRAINT proj_schedules_deleted_do_not_fire CHECK (deleted_at IS NULL OR next_fire_at IS NULL)
        ) WITH (fillfactor = 70);
        CREATE INDEX proj_schedules_listed ON proj_schedules (workspace_id, schedule_id) WHERE deleted_at IS NULL;
        CREATE INDEX proj_schedules_due
            ON proj_schedules (workspace_id, next_fire_at) WHERE next_fire_at IS NOT NULL AND paused_at IS NULL;

        CREATE TABLE proj_hooks (
            hook_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            generation integer NOT NULL,
            definition json NOT NULL,
            delivery_count bigint NOT NULL,
            last_delivery_at timestamptz,
            minute_started_at timestamptz,
            minute_count integer NOT NULL,
            rotated_at timestamptz,
            grace_until timestamptz,
            paused_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            deleted_at timestamptz,
            CONSTRAINT proj_hooks_pkey PRIMARY KEY (workspace_id, hook_id),
            -- A delivery names its hook and nothing else.
            CONSTRAINT proj_hooks_one_per_id UNIQUE (hook_id)
        ) WITH (fillfactor = 70);
        CREATE INDEX proj_hooks_listed ON proj_hooks (workspace_id, hook_id) WHERE deleted_at IS NULL;

        GRANT SELECT, INSERT, UPDATE ON proj_schedules, proj_hooks TO tutti_orchestrator_app;
        """#)
