// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The schema of orchestrator-svc.
package enum OrchestratorSchema {
    package static let name = "orchestrator"

    /// The role that running daemons use: it owns nothing, so revoked rights mean something.
    package static let appRole = "tutti_orchestrator_app"

    /// In order; a migration that has landed is never changed.
    package static let migrations: [Migration] = [m0001Events, m0002Tasks, m0003Queue]
}
