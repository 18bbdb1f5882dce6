// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
package import Postgres
import Store

/// Deletes notes of commands that no flush can still be retrying.
package struct DedupPruner: Sendable {
    /// A lost answer is asked for again within seconds.
    private static let retention: Duration = .seconds(3600)
    private static let batch = 10_000
    private static let period: Duration = .seconds(600)

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// One pass; due again after ten minutes.
    package func pass() async throws -> Duration? {
        let oldest = UUID.lowestTimeOrdered(at: .now() + (.zero - Self.retention))
        while try await pool.query(DedupStore.prune(before: oldest, limit: Self.batch)).affected == Self.batch {}
        return Self.period
    }
}
