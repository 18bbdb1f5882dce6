// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of logging-svc.
package enum LoggingSchema {
    package static let name = "logging"

    /// The role that running daemons use: it owns nothing, so it can neither change nor delete what was logged.
    package static let appRole = "tutti_logging_app"

    /// What every session of a running daemon is told. Readers walk an index in the order of ids and stop where they have
    /// enough; a plan that gathers everything first and sorts it would be without bounds, however cheap it looks. The
    /// compiler is off, since what is switched off counts as so dear that it would be started for every page.
    package static let sessionSettings = [
        "enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off",
    ]

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = [m0001Logs, m0002SignedHeads]

    /// What the daemon does before it serves.
    package static let preparation = SchemaPreparation(schema: name, role: appRole, migrations: migrations)
}
