// SPDX-License-Identifier: Apache-2.0

package import Common

/// One entry of a service's or group's environment.
package struct EnvironmentVariable: Sendable, Equatable {
    package let key: String
    package let source: EnvironmentSource
    /// Whether the file gives a value for previews; the API cannot set it.
    package let hasPreviewValue: Bool
    package let position: SourcePosition

    package init(key: String, source: EnvironmentSource, hasPreviewValue: Bool = false, at position: SourcePosition) {
        self.key = key
        self.source = source
        self.hasPreviewValue = hasPreviewValue
        self.position = position
    }
}

/// Where the value of a variable comes from.
package enum EnvironmentSource: Sendable, Equatable {
    /// Written in the file, as its source text.
    case literal(Secret<String>)
    /// Made once by Render, and kept when there is one already.
    case generated
    /// Entered by a person (`sync: false` or `__REPLACE__`): never written from the file, reported where it is missing.
    case entered
    case reference(EnvironmentReference)
}

/// A value that another resource has. Render's API knows no references: they become the value they stand for.
package enum EnvironmentReference: Sendable, Hashable, CustomStringConvertible {
    case database(name: String, property: DatabaseProperty)
    case keyValue(name: String, property: ServiceProperty)
    case service(name: String, type: ServiceType?, property: ServiceProperty)
    case serviceVariable(name: String, type: ServiceType?, key: String)
    case keyValueVariable(name: String, key: String)

    package enum DatabaseProperty: String, Sendable, Hashable, CaseIterable {
        case connectionString, connectionPoolString, host, port, user, password, database
    }

    package enum ServiceProperty: String, Sendable, Hashable, CaseIterable {
        case host, port, hostport, connectionString, slug
    }

    /// The resource that has the value.
    package var target: ResourceAddress {
        switch self {
        case .database(let name, _): ResourceAddress(.postgres, name)
        case .keyValue(let name, _), .keyValueVariable(let name, _): ResourceAddress(.keyValue, name)
        case .service(let name, _, _), .serviceVariable(let name, _, _): ResourceAddress(.service, name)
        }
    }

    /// `postgres/db.connectionString` or `service/api.env.KEY`.
    package var description: String {
        switch self {
        case .database(_, let property): "\(target).\(property.rawValue)"
        case .keyValue(_, let property), .service(_, _, let property): "\(target).\(property.rawValue)"
        case .serviceVariable(_, _, let key), .keyValueVariable(_, let key): "\(target).env.\(key)"
        }
    }
}
