// SPDX-License-Identifier: Apache-2.0

import Postgres

/// How many tasks are in each stage, counted as they move.
let m0006Pipeline = Migration(
    number: 6, name: "pipeline",
    sql: #"""
        CREATE TABLE proj_pipeline (
            workspace_id text COLLATE "C" NOT NULL,
            intake bigint NOT NULL,
            queued bigint NOT NULL,
            running bigint NOT NULL,
            waiting_approval bigint NOT NULL,
            failed bigint NOT NULL,
            done bigint NOT NULL,
            CONSTRAINT proj_pipeline_pkey PRIMARY KEY (workspace_id),
            CONSTRAINT proj_pipeline_never_negative CHECK (
                least(intake, queued, running, waiting_approval, failed, done) >= 0)
        ) WITH (fillfactor = 20);
        INSERT INTO proj_pipeline (workspace_id, intake, queued, running, waiting_approval, failed, done)
            SELECT h.workspace_id, count(*) FILTER (WHERE t.status = 'scheduled'),
                count(*) FILTER (WHERE t.status = 'queued'), count(*) FILTER (WHERE t.status = 'running'),
                count(*) FILTER (WHERE t.status = 'waiting'), count(*) FILTER (WHERE t.status = 'failed'),
                count(*) FILTER (WHERE t.status IN ('completed', 'cancelled'))
            FROM evt_workspace_heads h LEFT JOIN proj_tasks t ON t.workspace_id = h.workspace_id
            GROUP BY h.workspace_id;

        -- The newest that are done; those in other stages are found by their status.
        CREATE INDEX proj_tasks_done ON proj_tasks (workspace_id, finished_at)
            WHERE status IN ('completed', 'cancelled');

        GRANT SELECT, INSERT, UPDATE ON proj_pipeline TO tutti_orchestrator_app;
        """#)
