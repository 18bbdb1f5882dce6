// SPDX-License-Identifier: Apache-2.0

package import Blueprints

/// What a plan was compiled from, kept to tell later what has moved and to write down what was applied.
package struct PlanBasis: Sendable {
    /// What was live then.
    package let live: Snapshot?
    /// What of it the plan looked at, in order.
    package let watched: [WatchedValue]
    /// By resource, what the ledger is to remember beside what it knows once the resource is as planned: fingerprints by
    /// path, nil for a path to forget. Where a value becomes known only during the apply, the path is missing: the apply
    /// adds it.
    package let records: [ResourceAddress: [String: String?]]
    /// What the ledger has and neither the file nor Render: to be forgotten by the apply.
    package let forgotten: [ResourceAddress]

    package init(
        live: Snapshot? = nil, watched: [WatchedValue] = [], records: [ResourceAddress: [String: String?]] = [:],
        forgotten: [ResourceAddress] = []
    ) {
        self.live = live
        self.watched = watched
        self.records = records
        self.forgotten = forgotten
    }
}

/// One thing that a plan looked at: where it is, and how it is found in a snapshot.
package struct WatchedValue: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// The resource's id; none while it is not there.
        case identity
        case serviceType
        /// Whether Render's own Blueprint syncs it.
        case nativeBlueprint
        case target(ChangeTarget)
        /// What a reference to the resource stands for.
        case reference(EnvironmentReference)
    }

    package let resource: ResourceAddress
    package let source: Source

    package init(_ resource: ResourceAddress, _ source: Source) {
        self.resource = resource
        self.source = source
    }

    /// `id`, `plan`, `env.KEY`, `connectionString`.
    package var path: String {
        switch source {
        case .identity: "id"
        case .serviceType: "type"
        case .nativeBlueprint: "native_blueprint"
        case .target(let target): target.description
        case .reference(let reference):
            switch reference {
            case .database(_, let property): property.rawValue
            case .keyValue(_, let property), .service(_, _, let property): property.rawValue
            case .serviceVariable(_, _, let key), .keyValueVariable(_, let key): "value.\(key)"
            }
        }
    }
}
