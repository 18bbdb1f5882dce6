// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What whoever asks for a plan decides beside the file.
package struct PlanOptions: Sendable {
    /// Takes away variables, headers, routes, domains and links to groups that were applied by us and are not in the file
    /// any more.
    package var prunesEnvironment: Bool
    /// Deletes services and groups that are ours and not in the file any more; never what holds data.
    package var prunesResources: Bool
    /// How many resources are expected to be deleted. Needed beyond one, or a fifth of what is ours when that is more.
    package var pruneCount: Int?
    /// Values for variables that a person enters (`sync: false`, `__REPLACE__`); they are written as if the file had them.
    package var entered: [ResourceAddress: [String: Secret<String>]]
    /// The repository and branch that the file is in: what a new service is built from when the file names none.
    package var repository: String?
    package var branch: String?

    package init(
        prunesEnvironment: Bool = false, prunesResources: Bool = false, pruneCount: Int? = nil,
        entered: [ResourceAddress: [String: Secret<String>]] = [:], repository: String? = nil, branch: String? = nil
    ) {
        self.prunesEnvironment = prunesEnvironment
        self.prunesResources = prunesResources
        self.pruneCount = pruneCount
        self.entered = entered
        self.repository = repository
        self.branch = branch
    }

    /// What they are, for a fingerprint: never written out.
    var canonical: JSONValue {
        let values = entered.sorted { $0.key < $1.key }.map { address, values in
            JSONValue.array([
                .string(address.description),
                .object(JSONObject(values.map { ($0.key, .string($0.value.reveal())) })),
            ])
        }
        return [
            "prunes_environment": .bool(prunesEnvironment), "prunes_resources": .bool(prunesResources),
            "prune_count": pruneCount.map { JSONValue($0) } ?? .null, "entered": .array(values),
            "repository": repository.map { .string($0) } ?? .null, "branch": branch.map { .string($0) } ?? .null,
        ]
    }
}
