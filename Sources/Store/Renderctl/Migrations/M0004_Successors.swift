// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Which apply carries out what was left of one that was interrupted.
let m0004Successors = Migration(
    number: 4, name: "successors",
    sql: #"""
        ALTER TABLE applies
            ADD COLUMN succeeded_by text COLLATE "C",
            ADD CONSTRAINT applies_succeeded_by_another
                FOREIGN KEY (succeeded_by) REFERENCES applies (apply_id) ON DELETE SET NULL,
            ADD CONSTRAINT applies_succeeded_when_abandoned CHECK (succeeded_by IS NULL OR status = 'abandoned'),
            ADD CONSTRAINT applies_not_their_own_successors CHECK (succeeded_by <> apply_id);
        -- Old applies are deleted; those that they succeeded are looked for then.
        CREATE INDEX applies_by_successor ON applies (succeeded_by) WHERE succeeded_by IS NOT NULL;

        GRANT UPDATE (succeeded_by) ON applies TO tutti_renderctl_app;
        """#)
