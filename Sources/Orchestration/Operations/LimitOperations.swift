// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// What may be done to limits.
package struct LimitOperations: Sendable {
    let core: OperationsCore

    package init(core: OperationsCore) { self.core = core }

    /// Sets a limit; runs that are held go on whatever it says.
    package func set(
        _ name: String, maxConcurrent: Int?, rate: Limit.Rate?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Limit {
        try await core.commit.submit(
            ChangeLimit(
                workspaceID: workspaceID, name: name, event: .set(maxConcurrent: maxConcurrent, rate: rate),
                actor: caller.principal, traceID: caller.traceID))
    }

    /// Lifts a limit; runs that it holds up start.
    package func remove(_ name: String, in workspaceID: ID<Workspace>, by caller: Caller) async throws {
        _ = try await core.commit.submit(
            ChangeLimit(
                workspaceID: workspaceID, name: name, event: .removed, actor: caller.principal,
                traceID: caller.traceID))
    }

    /// Limits in force, by name.
    package func list(
        in workspaceID: ID<Workspace>, after name: String, limit: Int
    ) async throws -> (limits: [Limit], next: String?) {
        let page = try await core.read(LimitStore.list(in: workspaceID, after: name, limit: limit + 1)).page(limit)
        return (page.items, page.last?.name)
    }
}
