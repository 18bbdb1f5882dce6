// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of renderctl-svc. Its tables come with the routes that use them; the daemon already owns the schema.
package enum RenderctlSchema {
    package static let name = "renderctl"

    /// The role that running daemons use: it owns nothing.
    package static let appRole = "tutti_renderctl_app"

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = []

    /// What the daemon does before it serves.
    package static let preparation = SchemaPreparation(schema: name, role: appRole, migrations: migrations)
}
