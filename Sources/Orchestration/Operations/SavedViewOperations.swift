// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
import Store

/// The views that callers have named; each sees their own only.
package struct SavedViewOperations: Sendable {
    private let core: OperationsCore

    package init(core: OperationsCore) { self.core = core }

    /// The caller's views by name, or those of one place.
    package func list(
        place: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [SavedView] {
        try await core.read(SavedViewStore.list(of: caller.principal, place: place, in: workspaceID))
    }

    /// Saves a view, in place of one of the same name.
    package func save(
        _ name: String, place: String, query: String, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> SavedView {
        let saved = try await core.pool.withConnection { connection in
            var batch = StatementBatch()
            batch.add("BEGIN")
            batch.add(SavedViewStore.lock(caller.principal, in: workspaceID))
            let saved = batch.add(
                SavedViewStore.put(name, place: place, query: query, of: caller.principal, in: workspaceID))
            batch.add("COMMIT")
            return try await batch.run(on: connection)(saved)
        }
        guard let saved else {
            throw Problem(
                .conflict, "There are \(SavedView.mostPerReader) saved views already; delete one first.",
                code: "too_many_saved_views", details: ["limit": JSONValue(SavedView.mostPerReader)])
        }
        return saved
    }

    /// Deletes a view; throws `notFound` when the caller has none of this name.
    package func delete(_ name: String, in workspaceID: ID<Workspace>, by caller: Caller) async throws {
        guard try await core.read(SavedViewStore.delete(name, of: caller.principal, in: workspaceID)) else {
            throw Problem.notFound("saved view", name)
        }
    }
}
