// SPDX-License-Identifier: Apache-2.0

import Postgres

/// The event that a task has last been changed by: what happens to it next names that one as its cause.
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
        """#)
