// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// `repeated_requests`: what was answered to requests that carry a key, for a day.
package struct RenderRequestStore: Sendable {
    /// What is known of a key.
    package enum Claim: Sendable, Equatable {
        /// Nobody used it before; now it is the caller's.
        case new
        /// The same request was answered so.
        case answered(String)
        /// The same request is being carried out, or was cut off and nobody knows how it went.
        case begun
        /// Another request used it.
        case otherRequest
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Takes a key for a request whose body has that hash, unless it was used in the last day.
    package func claim(_ key: String, hash: [UInt8]) async throws -> Claim {
        let results = try await pool.pipeline([
            "DELETE FROM repeated_requests WHERE requested_at < now() - interval '1 day'",
            """
            INSERT INTO repeated_requests (idempotency_key, body_hash) VALUES (\(key), \(hash))
            ON CONFLICT ON CONSTRAINT repeated_requests_pkey DO NOTHING
            """,
            "SELECT body_hash, answer FROM repeated_requests WHERE idempotency_key = \(key)",
        ])
        if results[1].affected == 1 { return .new }
        guard let row = results[2].first else { return .begun }
        guard try row.value("body_hash", as: [UInt8].self) == hash else { return .otherRequest }
        return try row.value("answer", as: String?.self).map(Claim.answered) ?? .begun
    }

    /// Notes what a request was answered.
    package func answer(_ key: String, _ answer: String) async throws {
        _ = try await pool.query("UPDATE repeated_requests SET answer = \(answer) WHERE idempotency_key = \(key)")
    }

    /// Gives a key back whose request did nothing.
    package func release(_ key: String) async throws {
        _ = try await pool.query(
            "DELETE FROM repeated_requests WHERE idempotency_key = \(key) AND answer IS NULL")
    }
}
