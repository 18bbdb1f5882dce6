// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// The body of a POST or PATCH of a service, made of fields of the internal form.
///
/// The API has each setting in one of three places: at the top, under `serviceDetails`, and for what builds and starts a
/// server under `serviceDetails.envSpecificDetails`.
struct ServiceBody {
    private let type: ServiceType
    private let ownerID: String
    /// The ids of the workspace's registry credentials, by name.
    private let credentials: [String: String]
    private var top: JSONObject = [:]
    private var details: JSONObject = [:]
    private var runtimeDetails: JSONObject = [:]

    private init(_ type: ServiceType, ownerID: String, credentials: [String: String]) {
        self.type = type
        self.ownerID = ownerID
        self.credentials = credentials
    }

    /// What a PATCH can set; everything else of a service has an endpoint of its own, or is as it was created.
    static func isPatchable(_ field: Field, of type: ServiceType) -> Bool {
        switch field {
        case .repo, .branch, .rootDir, .autoDeployTrigger, .buildFilter, .buildCommand: true
        case .image, .runtime, .plan, .startCommand, .dockerCommand, .dockerContext, .dockerfilePath,
            .registryCredential:
            type != .staticSite
        case .preDeployCommand, .maxShutdownDelaySeconds: type != .staticSite && type != .cronJob
        case .previews: type != .cronJob
        case .publishPath: type == .staticSite
        case .schedule: type == .cronJob
        case .healthCheckPath, .maintenanceMode: type == .webService
        case .ipAllowList, .renderSubdomainPolicy: type == .webService || type == .staticSite
        default: false
        }
    }

    /// What `POST /services` takes beside that: set at once, so that the first deploy has it.
    static func isCreatable(_ field: Field, of type: ServiceType) -> Bool {
        switch field {
        case .region: type != .staticSite
        case .numInstances, .scaling, .disk: type != .staticSite && type != .cronJob
        case .headers, .routes: type == .staticSite
        default: isPatchable(field, of: type)
        }
    }

    /// The body that changes `fields`; nil for a value takes it away.
    static func update(
        _ type: ServiceType, fields: [Field: JSONValue], ownerID: String, credentials: [String: String]
    ) throws -> JSONObject {
        var body = ServiceBody(type, ownerID: ownerID, credentials: credentials)
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) { try body.put(field, value) }
        return body.assembled
    }

    /// The body that makes a service of that name.
    static func creation(
        of name: String, _ type: ServiceType, fields: [Field: JSONValue], variables: [VariableEntry],
        environmentID: String?, ownerID: String, credentials: [String: String]
    ) throws -> JSONObject {
        var body = ServiceBody(type, ownerID: ownerID, credentials: credentials)
        body.top["type"] = .string(type.rawValue)
        body.top["name"] = .string(name)
        body.top["ownerId"] = .string(ownerID)
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) { try body.put(field, value) }
        if let environmentID { body.top["environmentId"] = .string(environmentID) }
        if !variables.isEmpty { body.top["envVars"] = .array(variables.map(\.json)) }
        body.addWhatIsRequired(runtime: fields[.runtime]?.string)
        return body.assembled
    }

    private var assembled: JSONObject {
        var body = top
        var details = details
        if !runtimeDetails.isEmpty { details["envSpecificDetails"] = .object(runtimeDetails) }
        if !details.isEmpty { body["serviceDetails"] = .object(details) }
        return body
    }

    private mutating func addWhatIsRequired(runtime: String?) {
        guard type != .staticSite else {
            if details.isEmpty { details["buildCommand"] = "" }
            return
        }
        let isDocker = runtime == "docker" || runtime == "image"
        if !isDocker {
            for name in ["buildCommand", "startCommand"] where runtimeDetails[name] == nil { runtimeDetails[name] = "" }
        } else if type == .cronJob {
            // The API demands all three of a cron job and none of any other.
            let defaults = [("dockerCommand", ""), ("dockerContext", "."), ("dockerfilePath", "./Dockerfile")]
            for (name, value) in defaults where runtimeDetails[name] == nil { runtimeDetails[name] = .string(value) }
        }
    }

    private mutating func put(_ field: Field, _ value: JSONValue) throws {
        switch field {
        case .repo, .branch, .rootDir: top[field.rawValue] = Self.text(value)
        case .image: top["image"] = .object(try image(value))
        case .autoDeployTrigger:
            top["autoDeploy"] = value.string == "off" ? "no" : "yes"
            top["autoDeployTrigger"] = value.isNull ? "commit" : value
        case .buildFilter:
            top["buildFilter"] = [
                "paths": value["paths"] ?? [], "ignoredPaths": value["ignoredPaths"] ?? [],
            ]
        case .plan, .runtime, .preDeployCommand, .healthCheckPath, .schedule, .region, .publishPath,
            .renderSubdomainPolicy:
            details[field.rawValue] = Self.text(value)
        case .maxShutdownDelaySeconds: details[field.rawValue] = value.isNull ? 30 : value
        case .numInstances: details[field.rawValue] = value.isNull ? 1 : value
        case .ipAllowList: details[field.rawValue] = value.isNull ? Self.everybody : value
        case .maintenanceMode:
            details[field.rawValue] = ["enabled": value["enabled"] ?? false, "uri": value["uri"] ?? ""]
        case .previews: details[field.rawValue] = ["generation": value["generation"] ?? "off"]
        case .headers, .routes: details[field.rawValue] = value.isNull ? [] : value
        case .disk: details[field.rawValue] = value
        case .scaling:
            if let autoscaling = Autoscaling(field: value) { details["autoscaling"] = autoscaling.json }
        case .buildCommand where type == .staticSite: details[field.rawValue] = Self.text(value)
        case .buildCommand, .startCommand, .dockerCommand, .dockerContext, .dockerfilePath:
            runtimeDetails[field.rawValue] = Self.text(value)
        case .registryCredential:
            runtimeDetails["registryCredentialId"] = value.isNull ? "" : .string(try credential(value.string ?? ""))
        default: throw StepFailure("no call of Render's API sets \(field.rawValue) of a service")
        }
    }

    private func image(_ value: JSONValue) throws -> JSONObject {
        var image: JSONObject = ["ownerId": .string(ownerID), "imagePath": value["url"] ?? ""]
        if let name = value["registryCredential"]?.string, !name.isEmpty {
            image["registryCredentialId"] = .string(try credential(name))
        }
        return image
    }

    private func credential(_ name: String) throws -> String {
        if name.isEmpty { return "" }
        guard let id = credentials[name] else {
            throw StepFailure("the workspace has no registry credential \(name); add it in Render's dashboard")
        }
        return id
    }

    /// What a service has that restricts nobody.
    private static let everybody: JSONValue = [["cidrBlock": "0.0.0.0/0", "description": "everywhere"]]

    private static func text(_ value: JSONValue) -> JSONValue { value.isNull ? "" : value }
}

/// A variable in the body of a creation.
struct VariableEntry: Sendable {
    let key: String
    /// Nil lets Render make one.
    let value: Secret<String>?

    var json: JSONValue {
        guard let value else { return ["key": .string(key), "generateValue": true] }
        return ["key": .string(key), "value": .string(value.reveal())]
    }
}

extension Autoscaling {
    /// Of the internal form's `scaling`; nil for none.
    init?(field value: JSONValue) {
        guard value.object != nil else { return nil }
        let minimum = value["min"]?.int ?? 1
        self.init(
            isEnabled: true, min: minimum, max: value["max"]?.int ?? minimum, cpu: value["cpu"]?.int,
            memory: value["memory"]?.int)
    }

    var json: JSONValue {
        func criterion(_ percentage: Int?) -> JSONValue {
            ["enabled": .bool(percentage != nil), "percentage": JSONValue(percentage ?? 0)]
        }
        return [
            "enabled": .bool(isEnabled), "min": JSONValue(min), "max": JSONValue(max),
            "criteria": ["cpu": criterion(cpu), "memory": criterion(memory)],
        ]
    }
}
