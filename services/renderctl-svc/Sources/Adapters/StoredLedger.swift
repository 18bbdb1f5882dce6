// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderPlans
import Store

/// The ledger in the database.
struct StoredLedger: Ledger {
    let store: AppliedStore

    func applied(ownerID: String, blueprint: String) async throws -> AppliedState {
        var state = AppliedState()
        for row in try await store.applied(ownerID: ownerID, blueprint: blueprint) {
            guard let address = ResourceAddress(row.address) else { continue }
            state.resources[address] = AppliedState.Resource(id: row.resourceID, fields: row.fields)
        }
        return state
    }

    func record(
        ownerID: String, blueprint: String, resource: ResourceAddress, id: String, fields: [String: String?]
    ) async throws {
        try await store.record(
            ownerID: ownerID, blueprint: blueprint, address: resource.description, id: id, fields: fields)
    }

    func forget(ownerID: String, blueprint: String, resource: ResourceAddress) async throws {
        try await store.forget(ownerID: ownerID, blueprint: blueprint, address: resource.description)
    }
}

extension ResourceAddress {
    /// Reads `service/web-api`; nil for a kind that this version does not know.
    init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/"), let kind = ResourceKind(rawValue: String(text[..<slash])) else {
            return nil
        }
        self.init(kind, String(text[text.index(after: slash)...]))
    }
}
