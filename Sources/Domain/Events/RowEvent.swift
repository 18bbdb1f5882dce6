// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Everything that can happen to one kind of thing whose state is one row of a projection.
///
/// The kernel records such an event and changes the row by `applied`; a replay reads the event back and changes the
/// row by the same function. So a row always follows from the events.
package protocol RowEvent: Sendable, Equatable {
    associatedtype Row: Sendable, Equatable
    associatedtype Key: Hashable, Sendable

    /// Every name this version can read. Append-only: a name once written is never reused.
    static var names: [String] { get }

    /// The name on disk, such as `thread.created`.
    var name: String { get }

    /// What names a row.
    static func key(of row: Row) -> Key

    /// Which row an event on disk is about: its context or its body says so.
    static func key(in context: EventContext, _ body: EventBody) throws(EventDecodingError) -> Key

    /// The data as JSON. `row` is the row as this event leaves it.
    func body(of row: Row) -> [UInt8]

    /// Reads an event back from what is on disk.
    init(type: String, body: EventBody) throws(EventDecodingError)

    /// Where a row keeps the identifier of the event that last changed it, which is what happens to it next is because of;
    /// nil for a kind that keeps none.
    static var lastEvent: (any WritableKeyPath<Row, UUID?> & Sendable)? { get }

    /// The row as the event leaves it; nil when it cannot have happened to `row`. Nothing else may be asked: what is
    /// on disk has happened, whatever the rules say today.
    func applied(to row: Row?, key: Key, in context: EventContext) -> Row?
}

extension RowEvent {
    package static var lastEvent: (any WritableKeyPath<Row, UUID?> & Sendable)? { nil }

    /// As `applied`, for the event that is recorded as `id`.
    package func applied(to row: Row?, key: Key, in context: EventContext, as id: UUID) -> Row? {
        guard var changed = applied(to: row, key: key, in: context) else { return nil }
        if let place = Self.lastEvent { changed[keyPath: place] = id }
        return changed
    }
}
