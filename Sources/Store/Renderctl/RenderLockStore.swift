// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// `locks`: leases with fences that only grow. The database decides who holds one and until when.
package struct RenderLockStore: Sendable {
    private let pool: PostgresPool
    private let life: Duration

    /// - Parameter life: How long a lock is held without being renewed.
    package init(pool: PostgresPool, life: Duration = .seconds(30)) {
        self.pool = pool
        self.life = life
    }

    package enum Outcome: Sendable, Equatable {
        case held(fence: Int64)
        case taken(by: String, until: Timestamp)
    }

    /// Takes the lock when nobody has it, or its holder has let it expire; a holder that asks again waits for that, too,
    /// since its earlier life may still be writing.
    package func acquire(_ name: String, holder: String) async throws -> Outcome {
        let life = Int(life / .milliseconds(1))
        while true {
            let taken = try await pool.query(
                """
                INSERT INTO locks (name, holder, fence, expires_at)
                VALUES (\(name), \(holder), nextval('lock_fences'),
                    clock_timestamp() + \(life) * interval '1 millisecond')
                ON CONFLICT ON CONSTRAINT locks_pkey DO UPDATE
                    SET holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at
                    WHERE locks.expires_at <= clock_timestamp()
                RETURNING fence
                """)
            if let row = taken.first { return .held(fence: try row.value("fence")) }
            let rows = try await pool.query("SELECT holder, expires_at FROM locks WHERE name = \(name)")
            // Given back between the two: try again.
            guard let row = rows.first else { continue }
            return .taken(by: try row.value("holder"), until: try row.value("expires_at"))
        }
    }

    /// Extends the lease, also one that has expired and that nobody has taken; false when somebody has.
    package func renew(_ name: String, fence: Int64) async throws -> Bool {
        let life = Int(life / .milliseconds(1))
        return try await pool.query(
            """
            UPDATE locks SET expires_at = clock_timestamp() + \(life) * interval '1 millisecond'
            WHERE name = \(name) AND fence = \(fence)
            """
        ).affected == 1
    }

    /// Gives it back; nothing happens when it is somebody else's by now.
    package func release(_ name: String, fence: Int64) async throws {
        _ = try await pool.query("DELETE FROM locks WHERE name = \(name) AND fence = \(fence)")
    }

    /// Deletes locks that were never given back, a while after they expired.
    package func prune() async throws {
        _ = try await pool.query("DELETE FROM locks WHERE expires_at < clock_timestamp() - interval '1 day'")
    }
}
