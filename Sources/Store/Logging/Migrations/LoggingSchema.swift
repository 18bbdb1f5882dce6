// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of logging-svc.
package enum LoggingSchema {
    package static let name = "logging"

    /// The role that running daemons use: it owns nothing, so it can neither change nor delete what was logged.
    package static let appRole = "tutti_logging_app"

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = [m0001Logs, m0002SignedHeads]

    /// What the daemon does before it serves.
    package static let preparation = SchemaPreparation(schema: name, role: appRole, migrations: migrations)
}
