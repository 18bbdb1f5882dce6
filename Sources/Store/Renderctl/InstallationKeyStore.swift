// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// `installation_keys`: secrets that the installation makes for itself.
package enum InstallationKeyStore {
    /// The key of that name; `fresh` when there was none. Whoever asks at the same time gets the same.
    package static func key(
        _ name: String, fresh: Secret<[UInt8]>, on connection: PostgresConnection
    ) async throws -> Secret<[UInt8]> {
        let results = try await connection.pipeline([
            """
            INSERT INTO installation_keys (name, secret) VALUES (\(name), \(fresh.reveal()))
            ON CONFLICT ON CONSTRAINT installation_keys_pkey DO NOTHING
            """,
            "SELECT secret FROM installation_keys WHERE name = \(name)",
        ])
        guard let row = results[1].first else { return fresh }
        return Secret(try row.value("secret"))
    }
}
