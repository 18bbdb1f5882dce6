// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// `monitor_memory`: what the monitor remembers, by kind and key.
package struct MonitorMemoryStore: Sendable {
    /// One thing that is remembered.
    package struct Entry: Sendable, Equatable {
        package let key: String
        /// Rises by one with every change, from 1.
        package let revision: Int64
        package let body: JSONObject
        package let changedAt: Timestamp
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func entry(_ kind: String, key: String) async throws -> Entry? {
        try await find("kind = \(kind) AND key = \(key)", limit: 1).first
    }

    /// Entries of a kind, the newest first.
    package func entries(_ kind: String, limit: Int) async throws -> [Entry] {
        try await find("kind = \(kind)", limit: limit)
    }

    /// Remembers `body` in place of what was read with `revision`, 0 for nothing; false, and nothing is changed, when
    /// something else is there by now. The oldest entries of the kind beyond `most` are forgotten.
    package func save(
        _ kind: String, key: String, _ body: JSONObject, over revision: Int64, most: Int
    ) async throws -> Bool {
        let packed = JSONB(bytes: JSONValue.object(body).bytes)
        let write: SQL =
            revision == 0
            ? """
            INSERT INTO monitor_memory (kind, key, body) VALUES (\(kind), \(key), \(packed))
            ON CONFLICT ON CONSTRAINT monitor_memory_pkey DO NOTHING
            """
            : """
            UPDATE monitor_memory
            SET body = \(packed), revision = revision + 1, changed_at = clock_timestamp()
            WHERE kind = \(kind) AND key = \(key) AND revision = \(revision)
            """
        let results = try await pool.pipeline([
            write,
            """
            DELETE FROM monitor_memory WHERE kind = \(kind) AND number < (
                SELECT number FROM monitor_memory WHERE kind = \(kind)
                ORDER BY number DESC OFFSET \(max(0, most - 1)) LIMIT 1)
            """,
        ])
        return results[0].affected == 1
    }

    private func find(_ condition: SQL, limit: Int) async throws -> [Entry] {
        try await pool.query(
            """
            SELECT key, revision, body, changed_at FROM monitor_memory
            WHERE \(condition) ORDER BY number DESC LIMIT \(limit)
            """
        ).map { row in
            let body: JSONB = try row.value("body")
            return Entry(
                key: try row.value("key"), revision: try row.value("revision"),
                body: try JSONValue.parse(body.bytes).object ?? [:], changedAt: try row.value("changed_at"))
        }
    }
}
