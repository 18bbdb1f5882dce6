// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Who is signed in to the dashboard.
let m0024WebSessions = Migration(
    number: 24, name: "web_sessions",
    sql: #"""
        CREATE TABLE web_sessions (
            -- SHA-256 of the token: who reads the table cannot sign in with it.
            digest bytea PRIMARY KEY,
            person text COLLATE "C" NOT NULL,
            seal bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX web_sessions_of_person ON web_sessions (person DESC, created_at DESC);
        CREATE INDEX web_sessions_ended ON web_sessions (expires_at);

        GRANT SELECT, INSERT, DELETE ON web_sessions TO tutti_orchestrator_app;
        """#)
