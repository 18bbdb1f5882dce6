// SPDX-License-Identifier: Apache-2.0

import Postgres

/// The event that a row has last been changed by: what happens to it next names that one as its cause.
let m0025LastEvents = Migration(
    number: 25, name: "last_events",
    sql: #"""
        ALTER TABLE proj_tasks ADD COLUMN last_event_id uuid;
        UPDATE proj_tasks AS t SET last_event_id = e.event_id FROM (
            SELECT DISTINCT ON (workspace_id, task_id) workspace_id, task_id, event_id FROM evt_events
            WHERE event_type IN (
                'task.created', 'task.edited', 'run.queued', 'run.started', 'run.completed', 'run.failed',
                'run.lease_lost', 'task.cancelled', 'task.retried', 'task.completed', 'task.failed', 'task.unblocked',
                'run.claimed', 'run.released', 'task.replayed', 'run.waiting', 'run.resumed')
            ORDER BY workspace_id, task_id, position DESC
        ) AS e WHERE e.workspace_id = t.workspace_id AND e.task_id = t.task_id;

        ALTER TABLE proj_steps ADD COLUMN last_event_id uuid;
        ALTER TABLE proj_tool_calls ADD COLUMN last_event_id uuid;
        ALTER TABLE proj_approvals ADD COLUMN last_event_id uuid;
        -- Of each thing that is not a task, the last event; the body says first which one it is about. Not read as JSON,
        -- which PostgreSQL refuses as a whole where a payload has a NUL in it.
        CREATE TEMPORARY TABLE last_events ON COMMIT DROP AS
        SELECT DISTINCT ON (workspace_id, subject) workspace_id, subject, event_id FROM (
            SELECT e.workspace_id, e.position, e.event_id,
                substring(b.head FROM '^\{"(?:step|tool_call|approval)_id":"([A-Za-z0-9_]+)"') AS subject
            FROM evt_events AS e
            LEFT JOIN evt_blobs AS blob ON blob.workspace_id = e.workspace_id AND blob.blob_hash = e.blob_hash
            CROSS JOIN LATERAL (
                SELECT encode(substring(coalesce(e.body, blob.body) FROM 1 FOR 100), 'escape') AS head) AS b
            WHERE split_part(e.event_type, '.', 1) IN ('step', 'tool_call', 'approval')
        ) AS e WHERE subject IS NOT NULL ORDER BY workspace_id, subject, position DESC;
        UPDATE proj_steps AS s SET last_event_id = e.event_id FROM last_events AS e
        WHERE e.workspace_id = s.workspace_id AND e.subject = s.step_id;
        UPDATE proj_tool_calls AS c SET last_event_id = e.event_id FROM last_events AS e
        WHERE e.workspace_id = c.workspace_id AND e.subject = c.tool_call_id;
        UPDATE proj_approvals AS a SET last_event_id = e.event_id FROM last_events AS e
        WHERE e.workspace_id = a.workspace_id AND e.subject = a.approval_id;
        """#)
