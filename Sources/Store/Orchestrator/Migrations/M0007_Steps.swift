// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What is done within a run: steps and their tool calls.
let m0007Steps = Migration(
    number: 7, name: "steps",
    sql: #"""
        CREATE TABLE proj_steps (
            step_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            step_key text COLLATE "C" NOT NULL,
            step_number integer NOT NULL,
            name text NOT NULL,
            kind text COLLATE "C",
            status text COLLATE "C" NOT NULL,
            attempt integer NOT NULL,
            epoch integer NOT NULL,
            carried_from_step_id text COLLATE "C",
            input json,
            output json,
            error json,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT proj_steps_pkey PRIMARY KEY (workspace_id, step_id),
            CONSTRAINT proj_steps_one_per_key UNIQUE (workspace_id, run_id, step_key),
            CONSTRAINT proj_steps_one_per_number UNIQUE (workspace_id, run_id, step_number),
            CONSTRAINT proj_steps_status_known CHECK (status IN ('running', 'completed', 'failed')),
            CONSTRAINT proj_steps_finished_unless_running CHECK ((finished_at IS NULL) = (status = 'running')),
            CONSTRAINT proj_steps_output_when_completed CHECK (output IS NULL OR status = 'completed'),
            CONSTRAINT proj_steps_error_when_failed CHECK ((error IS NOT NULL) = (status = 'failed'))
        ) WITH (fillfactor = 80);

        CREATE TABLE proj_tool_calls (
            tool_call_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            step_id text COLLATE "C" NOT NULL,
            step_key text COLLATE "C" NOT NULL,
            call_key text COLLATE "C",
            tool text COLLATE "C" NOT NULL,
            status text COLLATE "C" NOT NULL,
            attempt integer NOT NULL,
            epoch integer NOT NULL,
            arguments json,
            result json,
            error json,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT proj_tool_calls_pkey PRIMARY KEY (workspace_id, tool_call_id),
            CONSTRAINT proj_tool_calls_status_known CHECK (status IN ('running', 'succeeded', 'failed')),
            CONSTRAINT proj_tool_calls_finished_unless_running CHECK ((finished_at IS NULL) = (status = 'running')),
            CONSTRAINT proj_tool_calls_result_when_succeeded CHECK (result IS NULL OR status = 'succeeded'),
            CONSTRAINT proj_tool_calls_error_when_failed CHECK ((error IS NOT NULL) = (status = 'failed'))
        ) WITH (fillfactor = 80);
        CREATE UNIQUE INDEX proj_tool_calls_one_per_key
            ON proj_tool_calls (workspace_id, step_id, call_key) WHERE call_key IS NOT NULL;
        CREATE INDEX proj_tool_calls_by_step ON proj_tool_calls (workspace_id, step_id, tool_call_id);
        CREATE INDEX proj_tool_calls_by_run ON proj_tool_calls (workspace_id, run_id, tool_call_id);
        CREATE INDEX proj_tool_calls_by_tool ON proj_tool_calls (workspace_id, tool, tool_call_id);
        -- Most succeed; to find those newest first, the primary key is enough.
        CREATE INDEX proj_tool_calls_by_status
            ON proj_tool_calls (workspace_id, status, tool_call_id) WHERE status <> 'succeeded';

        GRANT SELECT, INSERT, UPDATE ON proj_steps, proj_tool_calls TO tutti_orchestrator_app;
        """#)
