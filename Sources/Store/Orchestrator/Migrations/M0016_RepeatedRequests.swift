// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What repeated requests of workers are found by.
let m0016RepeatedRequests = Migration(
    number: 16, name: "repeated_requests",
    sql: #"""
        ALTER TABLE proj_approvals ADD COLUMN idempotency_key text, ADD COLUMN request_key text;
        -- The key, with its requester and the run or room that it was used in.
        CREATE UNIQUE INDEX proj_approvals_one_per_request
            ON proj_approvals (workspace_id, request_key) WHERE request_key IS NOT NULL;
        ALTER TABLE proj_approvals ADD CONSTRAINT proj_approvals_request_of_a_key CHECK (
            (request_key IS NULL) = (idempotency_key IS NULL));

        CREATE UNIQUE INDEX proj_artifacts_one_per_name ON proj_artifacts (workspace_id, step_id, name);
        """#)
