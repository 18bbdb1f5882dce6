// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of renderctl-svc: what was applied, plans and applies, locks, what the monitor remembers, and the events
/// that the orchestrator has not taken yet.
package enum RenderctlSchema {
    package static let name = "renderctl"

    /// The role that running daemons use: it owns nothing.
    package static let appRole = "tutti_renderctl_app"

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = [m0001Blueprints, m0002Monitor, m0003Outbox, m0004Successors]

    /// What the daemon does before it serves.
    package static let preparation = SchemaPreparation(schema: name, role: appRole, migrations: migrations)
}
