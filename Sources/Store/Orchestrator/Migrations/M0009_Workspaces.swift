// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Workspaces as rows, those that are there already included.
let m0009Workspaces = Migration(
    number: 9, name: "workspaces",
    sql: #"""
        CREATE TABLE proj_workspaces (
            workspace_id text COLLATE "C" NOT NULL,
            name text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT proj_workspaces_pkey PRIMARY KEY (workspace_id)
        );
        INSERT INTO proj_workspaces (workspace_id, name, created_at)
        SELECT e.workspace_id, convert_from(coalesce(e.body, b.body), 'UTF8')::json ->> 'name', e.occurred_at
        FROM evt_workspace_heads h
        JOIN evt_events e ON e.workspace_id = h.workspace_id AND e.stream_type = 'workspace'
            AND e.stream_id = h.workspace_id AND e.stream_seq = 1 AND e.event_type = 'workspace.created'
        LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash;

        GRANT SELECT, INSERT, UPDATE ON proj_workspaces TO tutti_orchestrator_app;
        """#)
