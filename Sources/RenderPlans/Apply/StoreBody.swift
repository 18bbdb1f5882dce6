// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// The bodies of POSTs and PATCHes of databases, key values, groups, projects and their environments.
enum StoreBody {
    /// What the API calls a field of a database or key-value instance; nil where no call sets it.
    private static func name(_ field: Field, of kind: ResourceKind) -> String? {
        switch (kind, field) {
        case (.postgres, .plan), (.keyValue, .plan): "plan"
        case (.postgres, .region), (.keyValue, .region): "region"
        case (.postgres, .ipAllowList), (.keyValue, .ipAllowList): "ipAllowList"
        case (.postgres, .version): "version"
        case (.postgres, .databaseName): "databaseName"
        case (.postgres, .databaseUser): "databaseUser"
        case (.postgres, .diskSizeGB): "diskSizeGB"
        case (.postgres, .storageAutoscaling): "enableDiskAutoscaling"
        case (.postgres, .highAvailability): "enableHighAvailability"
        case (.postgres, .readReplicas): "readReplicas"
        case (.keyValue, .maxmemoryPolicy): "maxmemoryPolicy"
        case (.environment, .networkIsolation): "networkIsolationEnabled"
        case (.environment, .protection): "protectedStatus"
        default: nil
        }
    }

    private static func value(_ field: Field, _ value: JSONValue) -> JSONValue {
        switch field {
        case .storageAutoscaling, .highAvailability: return value.isNull ? false : value
        case .networkIsolation: return .bool(value.string == "enabled")
        case .protection: return value.isNull ? "unprotected" : value
        case .ipAllowList: return value.isNull ? [] : value
        case .readReplicas: return .array((value.array ?? []).map { ["name": $0] })
        case .version:
            // A number in the file's JSON dialect is text to the API.
            if case .number(let number) = value { return .string(number.text) }
            return value
        default: return value
        }
    }

    /// The body that changes `fields`.
    static func update(_ kind: ResourceKind, fields: [Field: JSONValue]) throws -> JSONObject {
        var body: JSONObject = [:]
        for (field, wanted) in fields.sorted(by: { $0.key < $1.key }) {
            guard let name = name(field, of: kind) else {
                throw StepFailure("no call of Render's API sets \(field.rawValue) of a \(kind.rawValue)")
            }
            body[name] = value(field, wanted)
        }
        return body
    }

    /// The body that makes a database or key-value instance of that name. What the API demands beside the name is in every
    /// plan.
    static func creation(
        of name: String, _ kind: ResourceKind, fields: [Field: JSONValue], environmentID: String?, ownerID: String
    ) throws -> JSONObject {
        var body: JSONObject = ["name": .string(name), "ownerId": .string(ownerID)]
        for member in try update(kind, fields: fields).members { body[member.name] = member.value }
        if let environmentID { body["environmentId"] = .string(environmentID) }
        return body
    }

    /// The body that makes a group of that name.
    static func group(
        _ name: String, variables: [VariableEntry], environmentID: String?, ownerID: String
    ) -> JSONObject {
        var body: JSONObject = [
            "name": .string(name), "ownerId": .string(ownerID), "envVars": .array(variables.map(\.json)),
        ]
        if let environmentID { body["environmentId"] = .string(environmentID) }
        return body
    }

    /// The body that makes a project with its environments, of which the API wants at least one.
    static func project(
        _ name: String, environments: [(name: String, fields: [Field: JSONValue])], ownerID: String
    ) throws -> JSONObject {
        var entries: [JSONValue] = []
        for environment in environments {
            var entry: JSONObject = ["name": .string(environment.name)]
            for member in try update(.environment, fields: environment.fields).members {
                entry[member.name] = member.value
            }
            entries.append(.object(entry))
        }
        if entries.isEmpty { entries = [["name": "Production"]] }
        return ["name": .string(name), "ownerId": .string(ownerID), "environments": .array(entries)]
    }
}

extension ResourceAddress {
    /// Of an environment: its project's name and its own.
    var environmentParts: (project: String, name: String) {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : name)
    }
}
