// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
package import Store

/// The rows of one kind that a flush is about: which are wanted, how they were found, and as they are by now.
package struct Ledger<Store: LedgerStore>: Sendable {
    package typealias Key = Store.Event.Key
    package typealias Row = Store.Event.Row

    private(set) var wanted: Set<Key> = []
    private(set) var wantedIdempotencyKeys: Set<String> = []
    private var found: [Key: Row] = [:]
    private var rows: [Key: Row] = [:]
    /// Keys of rows that were recorded on, in the order in which that first happened.
    private var touched: [Key] = []
    private var keyed: [String: Key] = [:]

    package init() {}

    /// Asks for a row to be locked and loaded. A key that names nothing is no error; the row is then nil.
    package mutating func want(_ key: Key) { wanted.insert(key) }

    /// Asks for the row that was made with an idempotency key, if there is one. The command must need the workspace's
    /// stream as well, because that is what keys are locked by.
    package mutating func want(idempotencyKey: String) { wantedIdempotencyKeys.insert(idempotencyKey) }

    /// The row that was made with an idempotency key, earlier or in this flush.
    package func row(withIdempotencyKey key: String) -> Row? {
        guard let row = keyed[key].flatMap({ rows[$0] }), Store.idempotencyKey(of: row) == key else { return nil }
        return row
    }

    /// The row as it is now, if it was wanted or has been made meanwhile.
    package subscript(key: Key) -> Row? { rows[key] }

    /// All rows that are known here, in no order.
    package var known: some Collection<Row> { rows.values }

    /// Takes back that a row is asked for.
    mutating func forgo(_ key: Key) { wanted.remove(key) }

    /// Whether nothing is asked for.
    var wantsNothing: Bool { wanted.isEmpty && wantedIdempotencyKeys.isEmpty }

    mutating func merge(_ other: borrowing Ledger) {
        if !other.wanted.isEmpty { wanted.formUnion(other.wanted) }
        if !other.wantedIdempotencyKeys.isEmpty { wantedIdempotencyKeys.formUnion(other.wantedIdempotencyKeys) }
    }

    mutating func fill(_ loaded: [Row]) {
        for row in loaded {
            let key = Store.Event.key(of: row)
            found[key] = row
            rows[key] = row
            index(row, at: key)
        }
    }

    mutating func put(_ row: Row, at key: Key) {
        if rows[key] == nil || rows[key] == found[key] { touched.append(key) }
        rows[key] = row
        index(row, at: key)
    }

    private mutating func index(_ row: Row, at key: Key) {
        if let word = Store.idempotencyKey(of: row) { keyed[word] = key }
    }

    /// Rows that differ from what was loaded, each once.
    var changed: [Row] {
        guard !touched.isEmpty else { return [] }
        var seen: Set<Key> = []
        return touched.compactMap { key in
            guard seen.insert(key).inserted, let row = rows[key], row != found[key] else { return nil }
            return row
        }
    }
}
