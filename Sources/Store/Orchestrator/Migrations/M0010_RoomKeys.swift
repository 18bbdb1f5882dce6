// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Rooms can be made with an idempotency key, and are listed by whether they are archived.
let m0010RoomKeys = Migration(
    number: 10, name: "room_keys",
    sql: #"""
        ALTER TABLE proj_rooms
            ADD COLUMN idempotency_key text COLLATE "C",
            ADD COLUMN idempotency_hash bytea;
        CREATE UNIQUE INDEX proj_rooms_one_per_idempotency_key
            ON proj_rooms (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX proj_rooms_open ON proj_rooms (workspace_id, room_id) WHERE archived_at IS NULL;
        CREATE INDEX proj_rooms_archived ON proj_rooms (workspace_id, room_id) WHERE archived_at IS NOT NULL;
        """#)
