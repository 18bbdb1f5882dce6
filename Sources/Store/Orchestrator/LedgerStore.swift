// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// The projection of one kind of row that follows from one kind of event.
package protocol LedgerStore: SendableMetatype {
    associatedtype Event: RowEvent

    /// The table, without its schema.
    static var table: String { get }

    /// The rows with these keys. The heads of their streams must be locked by the same transaction: that lock is what
    /// keeps these rows from changing.
    static func load(_ keys: [Event.Key], in workspaceID: ID<Workspace>) -> Statement<[Event.Row]>

    /// Writes rows that are new or have changed.
    static func upsert(_ rows: [Event.Row]) -> SQL

    /// What makes asking for this row twice harmless; unique in the workspace among the rows that have one.
    static func idempotencyKey(of row: Event.Row) -> String?

    /// The rows that have these idempotency keys; nil for a kind of row that has none. The head of the workspace's
    /// stream must be locked by the same transaction: that lock is what keeps a key from being used twice.
    static func load(idempotencyKeys: [String], in workspaceID: ID<Workspace>) -> Statement<[Event.Row]>?
}

extension LedgerStore {
    package static func idempotencyKey(of row: Event.Row) -> String? { nil }

    package static func load(
        idempotencyKeys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Event.Row]>? { nil }
}
