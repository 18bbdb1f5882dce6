// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import ServiceKit
import Store

@main
struct Main {
    static func main() async {
        await Daemon.run(
            "renderctl-svc", summary: "Operates the suite's services on Render.", catalogue: []
        ) { daemon in
            let url = daemon.configuration.secret("DATABASE_URL")
            let owner = daemon.configuration.optionalSecret("DATABASE_OWNER_URL") ?? url
            try await RenderctlSchema.preparation.runWhenReachable(
                owner: owner.reveal(), app: url.reveal(), logger: daemon.logger)
            var configuration = PostgresConfiguration(url: url.reveal())
            configuration.role = RenderctlSchema.appRole
            configuration.searchPath = RenderctlSchema.name
            configuration.applicationName = daemon.name
            configuration.poolSize = daemon.configuration.int("DATABASE_POOL_SIZE")
            let pool = PostgresPool(configuration, logger: daemon.logger)
            daemon.add(pool)
            daemon.require("postgres") { try await pool.ping() }
        }
    }
}
