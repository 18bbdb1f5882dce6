// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Incidents, and what the watchers look by.
let m0012Incidents = Migration(
    number: 12, name: "incidents",
    sql: #"""
        CREATE TABLE proj_incidents (
            incident_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C",
            kind text COLLATE "C" NOT NULL,
            severity text COLLATE "C" NOT NULL,
            title text NOT NULL,
            description text NOT NULL,
            status text COLLATE "C" NOT NULL,
            idempotency_key text COLLATE "C",
            -- What the same report is found by until the incident is closed.
            open_key text COLLATE "C",
            run_id text COLLATE "C",
            run_ids jsonb NOT NULL,
            event_ids jsonb NOT NULL,
            opened_by text COLLATE "C" NOT NULL,
            acknowledged_by text COLLATE "C",
            closed_by text COLLATE "C",
            note text,
            version bigint NOT NULL,
            opened_at timestamptz NOT NULL,
            acknowledged_at timestamptz,
            closed_at timestamptz,
            CONSTRAINT proj_incidents_pkey PRIMARY KEY (workspace_id, incident_id),
            CONSTRAINT proj_incidents_severity_known CHECK (severity IN ('low', 'medium', 'high', 'critical')),
            CONSTRAINT proj_incidents_status_known CHECK (status IN ('open', 'acknowledged', 'closed')),
            CONSTRAINT proj_incidents_note_when_closed CHECK (status <> 'closed' OR note IS NOT NULL)
        );
        CREATE UNIQUE INDEX proj_incidents_one_open_per_key
            ON proj_incidents (workspace_id, open_key) WHERE open_key IS NOT NULL;
        CREATE INDEX proj_incidents_by_status ON proj_incidents (workspace_id, status, incident_id);
        CREATE INDEX proj_incidents_by_kind ON proj_incidents (workspace_id, kind, incident_id);
        CREATE INDEX proj_incidents_by_room
            ON proj_incidents (workspace_id, room_id, incident_id) WHERE room_id IS NOT NULL;
        -- Identifiers of runs are unique by themselves.
        CREATE INDEX proj_incidents_of_runs ON proj_incidents USING gin (run_ids jsonb_path_ops);

        CREATE INDEX proj_tasks_failed ON proj_tasks (workspace_id, finished_at) WHERE status = 'failed';

        GRANT SELECT, INSERT, UPDATE ON proj_incidents TO tutti_orchestrator_app;
        """#)
