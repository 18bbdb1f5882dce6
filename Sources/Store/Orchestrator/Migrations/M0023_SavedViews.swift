// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Views that people have named.
let m0023SavedViews = Migration(
    number: 23, name: "saved_views",
    sql: #"""
        -- Private to the one who named it, like the place up to which somebody has read, and no event either: it changes
        -- nothing that anybody else sees.
        CREATE TABLE saved_views (
            workspace_id text COLLATE "C" NOT NULL,
            principal text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            place text COLLATE "C" NOT NULL,
            query text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT saved_views_pkey PRIMARY KEY (workspace_id, principal, name),
            CONSTRAINT saved_views_bounded CHECK (
                char_length(name) BETWEEN 1 AND 80 AND char_length(place) BETWEEN 1 AND 40 AND char_length(query) <= 2000)
        );
        GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO tutti_orchestrator_app;
        """#)
