// SPDX-License-Identifier: Apache-2.0

/// What a blueprint can describe, in the order in which it is created.
package enum ResourceKind: String, Sendable, Hashable, CaseIterable, Comparable {
    case project
    case environment
    case postgres
    case keyValue = "key-value"
    case envGroup = "env-group"
    case service

    package static func < (left: ResourceKind, right: ResourceKind) -> Bool {
        left.order < right.order
    }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// The identity of a resource within a workspace of Render: its kind and name. Printed as `service/web-api`.
package struct ResourceAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let kind: ResourceKind
    /// Of an environment: `project/environment`, since two projects may each have a `production`.
    package let name: String

    package init(_ kind: ResourceKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    package var description: String { "\(kind.rawValue)/\(name)" }

    package static func < (left: ResourceAddress, right: ResourceAddress) -> Bool {
        (left.kind, left.name) < (right.kind, right.name)
    }
}

/// The type of a service, as Render's API names it.
package enum ServiceType: String, Sendable, Hashable, CaseIterable {
    case webService = "web_service"
    case staticSite = "static_site"
    case privateService = "private_service"
    case backgroundWorker = "background_worker"
    case cronJob = "cron_job"
    /// Cannot be created through the API: always an unsupported diagnostic beside it.
    case workflow
}
