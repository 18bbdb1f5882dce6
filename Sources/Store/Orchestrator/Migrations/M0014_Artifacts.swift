// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What steps leave behind.
let m0014Artifacts = Migration(
    number: 14, name: "artifacts",
    sql: #"""
        CREATE TABLE proj_artifacts (
            artifact_id text COLLATE "C" NOT NULL,
            workspace_id text COLLATE "C" NOT NULL,
            room_id text COLLATE "C" NOT NULL,
            task_id text COLLATE "C" NOT NULL,
            run_id text COLLATE "C" NOT NULL,
            step_id text COLLATE "C" NOT NULL,
            name text NOT NULL,
            kind text COLLATE "C" NOT NULL,
            media_type text COLLATE "C",
            size bigint,
            sha256 bytea,
            uri text,
            -- The bytes, unless they are in artifact_blobs or elsewhere altogether.
            content bytea,
            epoch integer NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT proj_artifacts_pkey PRIMARY KEY (workspace_id, artifact_id),
            CONSTRAINT proj_artifacts_kind_known CHECK (kind IN ('text', 'json', 'uri', 'binary')),
            CONSTRAINT proj_artifacts_bytes_or_address CHECK (
                (uri IS NOT NULL) = (kind = 'uri') AND (sha256 IS NULL) = (kind = 'uri')
                AND (size IS NULL) = (kind = 'uri'))
        );
        CREATE INDEX proj_artifacts_by_run ON proj_artifacts (workspace_id, run_id, artifact_id);
        CREATE INDEX proj_artifacts_by_step ON proj_artifacts (workspace_id, step_id, artifact_id);

        -- Large bytes, each once per workspace. No projection: events and rows name them by their hash.
        CREATE TABLE artifact_blobs (
            workspace_id text COLLATE "C" NOT NULL,
            blob_hash bytea NOT NULL,
            body bytea NOT NULL,
            CONSTRAINT artifact_blobs_pkey PRIMARY KEY (workspace_id, blob_hash)
        );

        GRANT SELECT, INSERT, UPDATE ON proj_artifacts TO tutti_orchestrator_app;
        GRANT SELECT, INSERT ON artifact_blobs TO tutti_orchestrator_app;
        """#)
