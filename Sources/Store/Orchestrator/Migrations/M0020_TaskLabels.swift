// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Tasks by label, in the order of lists: finding them among all tasks slowed down with every task that had another one.
let m0020TaskLabels = Migration(
    number: 20, name: "task_labels",
    sql: #"""
        CREATE TABLE proj_task_labels (
            workspace_id text COLLATE "C" NOT NULL,
            label text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            CONSTRAINT proj_task_labels_pkey PRIMARY KEY (workspace_id, label, task_id)
        );
        INSERT INTO proj_task_labels (workspace_id, label, task_id)
        SELECT DISTINCT t.workspace_id, l.label, t.task_id
        FROM proj_tasks t CROSS JOIN LATERAL unnest(t.labels) AS l (label);
        GRANT SELECT, INSERT ON proj_task_labels TO tutti_orchestrator_app;
        """#)
