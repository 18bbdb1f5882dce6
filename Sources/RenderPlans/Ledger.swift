// SPDX-License-Identifier: Apache-2.0

package import Blueprints
import Common

/// What was applied last, by whom and what for: the third side of the comparison, and the proof of what is ours.
package protocol Ledger: Sendable {
    /// Everything that is remembered of one blueprint in one workspace of Render.
    func applied(ownerID: String, blueprint: String) async throws -> AppliedState
    /// Remembers `fields` of `resource`, beside what is known of it: nil forgets a path. Repeating it changes nothing.
    func record(
        ownerID: String, blueprint: String, resource: ResourceAddress, id: String, fields: [String: String?]
    ) async throws
    func forget(ownerID: String, blueprint: String, resource: ResourceAddress) async throws
}

/// What a ledger knows of one blueprint.
package struct AppliedState: Sendable, Equatable {
    package struct Resource: Sendable, Equatable {
        package var id: String
        /// A salted fingerprint of each value that was applied, by the path of its target (`plan`, `env.KEY`).
        package var fields: [String: String]

        package init(id: String, fields: [String: String]) {
            self.id = id
            self.fields = fields
        }
    }

    package var resources: [ResourceAddress: Resource]

    package init(resources: [ResourceAddress: Resource] = [:]) { self.resources = resources }
}

extension AppliedState {
    /// The path under which a ledger holds the deploy (`DeployNeed`) that a service still needs for what was changed.
    package static let pendingDeploy = "deploy.pending"

    /// What the paths begin with under which a ledger holds the variables that a new service was lent for its first deploy
    /// and has not given back.
    package static let loan = "lent."
    /// The same for the groups whose variables it was lent, all of them.
    package static let lender = "lender."

    /// The fields that note the loan with which a step `create` was begun, or end it.
    static func loan(in detail: JSONObject, isOpen: Bool) -> [String: String?] {
        let paths =
            (detail["lent"]?.array ?? []).compactMap(\.string).map { loan + $0 }
            + (detail["lenders"]?.array ?? []).compactMap(\.string).map { lender + $0 }
        return Dictionary(paths.map { ($0, isOpen ? LedgerMark.lent : nil) }) { _, last in last }
    }
}
