// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
package import Store

/// The rows of one kind that a flush is about: which are wanted, how they were found, and as they are by now.
package struct Ledger<Store: LedgerStore>: Sendable {
    package typealias Key = Store.Event.Key
    package typealias Row = Store.Event.Row

    private(set) var wanted: Set<Key> = []
    private var found: [Key: Row] = [:]
    private var rows: [Key: Row] = [:]
    /// Keys of rows that were recorded on, in the order in which that first happened.
    private var touched: [Key] = []

    package init() {}

    /// Asks for a row to be locked and loaded. A key that names nothing is no error; the row is then nil.
    package mutating func want(_ key: Key) { wanted.insert(key) }

    /// The row as it is now, if it was wanted or has been made meanwhile.
    package subscript(key: Key) -> Row? { rows[key] }

    /// All rows that are known here, in no order.
    package var known: some Collection<Row> { rows.values }

    mutating func merge(_ other: Ledger) { wanted.formUnion(other.wanted) }

    mutating func fill(_ loaded: [Row]) {
        for row in loaded {
            let key = Store.Event.key(of: row)
            found[key] = row
            rows[key] = row
        }
    }

    mutating func put(_ row: Row, at key: Key) {
        if rows[key] == nil || rows[key] == found[key] { touched.append(key) }
        rows[key] = row
    }

    /// Rows that differ from what was loaded, each once.
    var changed: [Row] {
        var seen: Set<Key> = []
        return touched.compactMap { key in
            guard seen.insert(key).inserted, let row = rows[key], row != found[key] else { return nil }
            return row
        }
    }
}
