// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Which events people should know of, and how far each has read.
let m0021Notifications = Migration(
    number: 21, name: "notifications",
    sql: #"""
        -- Only where the events are: what they say is read from them. A table and no partial index on evt_events, because
        -- whether a failure is for good is in the body, and every event, of which one in hundreds is news, would be held
        -- against a list of types: with such an index, inserting 100,000 events of which none is in it took 1.04 times as
        -- long (middle of three pairs of runs, 1.01 to 1.08). A flush without news writes nothing here; one with news has one
        -- statement more, a row of some sixty bytes for each and one index entry, by which any kind is read in the order of
        -- the log.
        CREATE TABLE proj_notifications (
            workspace_id text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            actor text COLLATE "C" NOT NULL,
            CONSTRAINT proj_notifications_pkey PRIMARY KEY (workspace_id, kind, position),
            CONSTRAINT proj_notifications_kind_known CHECK (
                kind IN ('task_failed', 'approval_requested', 'approval_expired', 'incident_opened', 'run_lost',
                    'message_posted', 'schedule_missed', 'queue_paused'))
        );
        INSERT INTO proj_notifications (workspace_id, kind, position, actor)
        SELECT e.workspace_id,
            CASE e.event_type
                WHEN 'run.failed' THEN 'task_failed' WHEN 'task.failed' THEN 'task_failed'
                WHEN 'approval.requested' THEN 'approval_requested' WHEN 'approval.expired' THEN 'approval_expired'
                WHEN 'incident.opened' THEN 'incident_opened' WHEN 'run.lease_lost' THEN 'run_lost'
                WHEN 'message.posted' THEN 'message_posted' WHEN 'schedule.missed' THEN 'schedule_missed'
                WHEN 'queue.paused' THEN 'queue_paused' END,
            e.position, e.actor
        FROM evt_events e
        LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash
        WHERE e.event_type IN ('run.failed', 'task.failed', 'approval.requested', 'approval.expired', 'incident.opened',
                'run.lease_lost', 'message.posted', 'schedule.missed', 'queue.paused')
            AND (e.event_type <> 'run.failed'
                OR convert_from(coalesce(e.body, b.body), 'UTF8')::json->>'next_run_id' IS NULL);

        -- A place in the log for each reader, so that nothing is kept for each thing read. No projection, and moving it no
        -- event: who has looked at what is nobody else's business, it changes nothing that others see, and every look would
        -- put another event, and another position, at the end of the log that is being read.
        CREATE TABLE read_cursors (
            workspace_id text COLLATE "C" NOT NULL,
            principal text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT read_cursors_pkey PRIMARY KEY (workspace_id, principal),
            CONSTRAINT read_cursors_never_negative CHECK (position >= 0)
        ) WITH (fillfactor = 70);

        GRANT SELECT, INSERT ON proj_notifications TO tutti_orchestrator_app;
        GRANT SELECT, INSERT, UPDATE ON read_cursors TO tutti_orchestrator_app;
        """#)
