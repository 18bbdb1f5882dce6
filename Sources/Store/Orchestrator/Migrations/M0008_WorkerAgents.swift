// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Agents whose runs are claimed by programs outside have no endpoint.
let m0008WorkerAgents = Migration(
    number: 8, name: "worker_agents",
    sql: #"""
        ALTER TABLE proj_agents
            ALTER COLUMN endpoint DROP NOT NULL,
            ADD CONSTRAINT proj_agents_endpoint_for_http CHECK ((kind = 'http') = (endpoint IS NOT NULL));
        """#)
