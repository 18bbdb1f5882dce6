// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// What is remembered of one resource that was applied.
package struct AppliedRow: Sendable, Equatable {
    /// `service/web-api`.
    package let address: String
    package var resourceID: String
    /// Fingerprints by path.
    package var fields: [String: String]

    package init(address: String, resourceID: String, fields: [String: String]) {
        self.address = address
        self.resourceID = resourceID
        self.fields = fields
    }
}

/// `applied_resources` with `applied_fields`: what is ours, and as what it was applied last.
package struct AppliedStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Everything of one blueprint of one owner, by address.
    package func applied(ownerID: String, blueprint: String) async throws -> [AppliedRow] {
        let rows = try await pool.query(
            """
            SELECT r.address, r.resource_id, f.path, f.fingerprint
            FROM applied_resources r LEFT JOIN applied_fields f USING (owner_id, blueprint, address)
            WHERE r.owner_id = \(ownerID) AND r.blueprint = \(blueprint)
            ORDER BY r.address, f.path
            """)
        var found: [AppliedRow] = []
        for row in rows {
            let address: String = try row.value("address")
            if found.last?.address != address {
                found.append(AppliedRow(address: address, resourceID: try row.value("resource_id"), fields: [:]))
            }
            guard let path: String = try row.value("path", as: String?.self) else { continue }
            found[found.count - 1].fields[path] = try row.value("fingerprint")
        }
        return found
    }

    /// Remembers a resource and `fields` beside what is known of it; nil forgets a path. Another id than before is another
    /// resource of the same name: what was known is forgotten.
    package func record(
        ownerID: String, blueprint: String, address: String, id: String, fields: [String: String?]
    ) async throws {
        let kept = fields.compactMap { path, value in value.map { (path: path, value: $0) } }
        let gone = fields.filter { $0.value == nil }.map(\.key)
        try await pool.transaction { connection in
            var batch = StatementBatch()
            batch.add(
                """
                DELETE FROM applied_resources
                WHERE owner_id = \(ownerID) AND blueprint = \(blueprint) AND address = \(address)
                    AND resource_id <> \(id)
                """)
            batch.add(
                """
                INSERT INTO applied_resources (owner_id, blueprint, address, resource_id)
                VALUES (\(ownerID), \(blueprint), \(address), \(id))
                ON CONFLICT ON CONSTRAINT applied_resources_pkey DO UPDATE SET recorded_at = now()
                """)
            batch.add(
                """
                DELETE FROM applied_fields
                WHERE owner_id = \(ownerID) AND blueprint = \(blueprint) AND address = \(address)
                    AND path = ANY(\(gone))
                """)
            batch.add(
                """
                INSERT INTO applied_fields (owner_id, blueprint, address, path, fingerprint)
                SELECT \(ownerID), \(blueprint), \(address), path, fingerprint
                FROM unnest(\(kept.map(\.path)), \(kept.map(\.value))) AS f (path, fingerprint)
                ON CONFLICT ON CONSTRAINT applied_fields_pkey
                    DO UPDATE SET fingerprint = excluded.fingerprint, recorded_at = now()
                """)
            _ = try await batch.run(on: connection)
        }
    }

    package func forget(ownerID: String, blueprint: String, address: String) async throws {
        _ = try await pool.query(
            """
            DELETE FROM applied_resources
            WHERE owner_id = \(ownerID) AND blueprint = \(blueprint) AND address = \(address)
            """)
    }

    /// Whose a live resource is, and as what; nil when none of ours. Of several, the one that applied it last.
    package func blueprint(
        ofResource id: String
    ) async throws -> (ownerID: String, name: String, address: String)? {
        try await pool.query(
            """
            SELECT owner_id, blueprint, address FROM applied_resources WHERE resource_id = \(id)
            ORDER BY recorded_at DESC LIMIT 1
            """
        ).first.map { row in
            (ownerID: try row.value("owner_id"), name: try row.value("blueprint"), address: try row.value("address"))
        }
    }

    /// The blueprints of which something is remembered, with how many resources, by owner and name; at most `limit`.
    package func blueprints(limit: Int) async throws -> [(ownerID: String, name: String, resources: Int)] {
        try await pool.query(
            """
            SELECT owner_id, blueprint, count(*) AS resources FROM applied_resources
            GROUP BY owner_id, blueprint ORDER BY owner_id, blueprint LIMIT \(limit)
            """
        ).map { row in
            (
                ownerID: try row.value("owner_id"), name: try row.value("blueprint"),
                resources: Int(try row.value("resources", as: Int64.self))
            )
        }
    }
}
