// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Which payloads a list of what happened within runs carries.
package enum ListedPayloads: Sendable {
    case all
    /// As many rows as carry `PayloadBound.bytes` together, but one at least.
    case bounded
    /// None: each is read by itself.
    case none
}

/// Rows of a page; `isCut` when some were left off because of what they carry.
package struct BoundedRows<Row: Sendable>: Sendable {
    package let rows: [Row]
    package let isCut: Bool
}

/// Keeps lists small whose rows carry payloads of any size.
package enum PayloadBound {
    /// What the payloads of one page take together.
    package static let bytes = 4 << 20

    /// Wraps a query of a page, ordered by `order`, whose rows carry `payloads`.
    static func list<Row>(
        _ query: SQL, carrying payloads: [SQL], by order: SQL, _ listed: ListedPayloads,
        _ read: @escaping @Sendable (PostgresRow) throws -> Row
    ) -> Statement<BoundedRows<Row>> {
        guard listed == .bounded else {
            return Statement(query) { rows in BoundedRows(rows: try rows.map(read), isCut: false) }
        }
        var size: SQL = "0"
        for payload in payloads { size += " + coalesce(octet_length(\(payload)::text), 0)" }
        return Statement(
            """
            SELECT p.* FROM (
                SELECT p.*, count(*) OVER () AS found,
                    coalesce(sum(p.size) OVER (ORDER BY \(order)) - p.size, 0) AS before
                FROM (SELECT p.*, \(size) AS size FROM (\(query)) p) p
            ) p WHERE p.before < \(Int64(bytes)) ORDER BY \(order)
            """
        ) { rows in
            let found: Int64 = try rows.first?.value("found") ?? 0
            return BoundedRows(rows: try rows.map(read), isCut: Int64(rows.count) < found)
        }
    }
}
