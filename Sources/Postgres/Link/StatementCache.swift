// SPDX-License-Identifier: Apache-2.0

/// A statement prepared on one connection.
final class PreparedStatement {
    let key: StatementCache.Key
    /// Never used twice on a connection, so a name can only ever mean this statement.
    let name: String
    /// Known after the first result; a prepared statement's columns cannot change.
    var columns: PostgresColumns?
    var lastUse = 0
    /// How often it was asked for, its predecessors included.
    var uses: Int
    /// The last use before it is prepared anew.
    let lastPlannedUse: Int

    /// `uses` is how often its predecessors were asked for.
    init(key: StatementCache.Key, name: String, uses: Int, lastPlannedUse: Int) {
        self.key = key
        self.name = name
        self.uses = uses
        self.lastPlannedUse = lastPlannedUse
    }
}

/// Which statements a connection has prepared, the least recently used given up when there are too many.
///
/// The server keeps a plan until somebody analyses a table of it, and a plan that was made for a small table may be a bad one
/// for what it has become. So a statement is prepared anew when it has been used some dozen times, and then each time it has
/// been used four times as often: rarely enough to cost nothing, early enough that no plan gets old on a growing table.
struct StatementCache {
    /// After how many uses a statement is prepared for the second time.
    static let firstTrial = 8
    private static let growth = 2

    struct Key: Hashable {
        let text: String
        let types: [UInt32]

        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    private let limit: Int
    private var statements: [Key: PreparedStatement] = [:]
    /// Prepared on the server, but of no use any more.
    private var doomed: [String] = []
    private var useCount = 0
    private var nameCount = 0

    init(limit: Int) { self.limit = max(limit, 8) }

    var count: Int { statements.count }

    /// The statement for `sql`, and whether it must be prepared first.
    mutating func statement(for sql: SQL) -> (PreparedStatement, isNew: Bool) {
        useCount += 1
        let key = Key(text: sql.text, types: sql.types)
        let known = statements[key]
        if let known {
            known.uses += 1
            known.lastUse = useCount
            guard known.uses > known.lastPlannedUse else { return (known, false) }
            discard(known)
        }
        nameCount += 1
        let statement = PreparedStatement(
            key: key, name: "t\(nameCount)", uses: known?.uses ?? 1,
            lastPlannedUse: known.map { $0.lastPlannedUse * Self.growth } ?? Self.firstTrial)
        statement.lastUse = useCount
        statements[key] = statement
        return (statement, true)
    }

    /// Drops a statement that was not prepared after all.
    mutating func forget(_ statement: PreparedStatement) {
        if statements[statement.key] === statement { statements[statement.key] = nil }
    }

    /// Drops a statement that the server still holds.
    mutating func discard(_ statement: PreparedStatement) {
        forget(statement)
        doomed.append(statement.name)
    }

    mutating func forgetAll() {
        statements.removeAll(keepingCapacity: true)
        doomed.removeAll()
    }

    /// Names to deallocate now: a quarter of the cache at once, so that it is not one at every use.
    mutating func evict() -> [String] {
        if statements.count > limit {
            let oldest = statements.values.sorted { $0.lastUse < $1.lastUse }.prefix(statements.count - limit * 3 / 4)
            for statement in oldest { discard(statement) }
        } else if doomed.count < 8 {
            return []
        }
        defer { doomed.removeAll() }
        return doomed
    }
}
