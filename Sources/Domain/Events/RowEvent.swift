// SPDX-License-Identifier: Apache-2.0

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

    /// The row as the event leaves it; nil when it cannot have happened to `row`. Nothing else may be asked: what is
    /// on disk has happened, whatever the rules say today.
    func applied(to row: Row?, key: Key, in context: EventContext) -> Row?
}
