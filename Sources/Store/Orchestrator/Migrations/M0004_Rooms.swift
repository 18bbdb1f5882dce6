// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Rooms can be renamed and archived.
let m0004Rooms = Migration(
    number: 4, name: "rooms",
    sql: #"""
        ALTER TABLE proj_rooms
            ADD COLUMN archived_at timestamptz,
            ADD COLUMN version bigint NOT NULL DEFAULT 1,
            ADD COLUMN updated_at timestamptz;
        UPDATE proj_rooms SET updated_at = created_at;
        ALTER TABLE proj_rooms ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN version DROP DEFAULT;
        """#)
