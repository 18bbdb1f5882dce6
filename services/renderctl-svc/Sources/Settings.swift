// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import RenderMonitor
import Store

/// The configuration of renderctl-svc beside what every daemon has.
struct Settings: Sendable {
    let databaseURL: Secret<String>
    let ownerURL: Secret<String>
    let poolSize: Int
    /// Nil: the daemon starts, and what needs Render says what to set.
    let token: Secret<String>?
    let apiURL: BaseURL
    /// The one workspace on Render that is worked on; the only one of the token when nil.
    let ownerID: String?
    let fingerprintKey: Secret<String>?
    let allowedAddresses: AllowedAddresses
    let monitor: MonitorSettings
    let orchestratorURL: BaseURL?
    let internalKey: Secret<String>

    /// Throws what no schema can say: an address that is none, a service that is named twice.
    init(_ configuration: Configuration) throws {
        databaseURL = configuration.secret("DATABASE_URL")
        ownerURL = configuration.optionalSecret("DATABASE_OWNER_URL") ?? databaseURL
        poolSize = configuration.int("DATABASE_POOL_SIZE")
        token = configuration.optionalSecret("RENDER_API_TOKEN")
        apiURL = try BaseURL(configuration.string("RENDER_API_BASE_URL"))
        ownerID = configuration.optionalString("RENDER_OWNER_ID")
        fingerprintKey = configuration.optionalSecret("RENDER_FINGERPRINT_KEY")
        allowedAddresses = try AllowedAddresses(configuration.strings("RENDERCTL_ALLOWED_ADDRESSES"))
        var monitor = try MonitorSettings(entries: configuration.strings("RENDER_MONITOR_SERVICES"))
        monitor.period = configuration.seconds("RENDER_MONITOR_PERIOD_SECONDS")
        self.monitor = monitor
        orchestratorURL = try configuration.optionalString("ORCHESTRATOR_SVC_URL").map { try BaseURL($0) }
        internalKey = configuration.secret("INTERNAL_KEY")
    }

    func database(_ name: String) -> PostgresConfiguration {
        var database = PostgresConfiguration(url: databaseURL.reveal())
        database.role = RenderctlSchema.appRole
        database.searchPath = RenderctlSchema.name
        database.applicationName = name
        database.poolSize = poolSize
        database.statementTimeout = .seconds(20)
        database.idleInTransactionTimeout = .seconds(10)
        return database
    }
}
