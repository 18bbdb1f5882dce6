// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// Values of fields in the one form in which they are compared: what means the same on Render is the same here.
///
/// Absent, null, empty, the default and an object that is switched off are all `null`, so that Render's habit of filling in
/// what was never written makes no change.
enum CanonicalField {
    static func value(_ field: Field, _ value: JSONValue?, of kind: ResourceKind) -> JSONValue {
        guard let value, !value.isNull else { return .null }
        switch field {
        case .plan, .previewPlan, .maxmemoryPolicy: return identifier(value)
        case .region, .runtime, .persistenceMode: return lowercased(value)
        case .repo: return .string(repository(value.string ?? ""))
        case .branch, .version, .databaseName, .databaseUser, .registryCredential, .initialDeployHook, .buildSource,
            .healthCheckPath:
            return text(value)
        case .image: return image(value)
        case .rootDir, .dockerContext: return folder(value, default: "")
        case .dockerfilePath: return folder(value, default: "Dockerfile")
        case .publishPath: return publishPath(value)
        case .buildCommand, .startCommand, .preDeployCommand, .dockerCommand: return text(value)
        case .numInstances: return unless(value, is: 1)
        case .maxShutdownDelaySeconds: return unless(value, is: 30)
        case .schedule: return .string(words(value.string ?? ""))
        case .autoDeployTrigger: return unless(value, is: "commit")
        case .renderSubdomainPolicy: return unless(value, is: "enabled")
        case .networkIsolation: return unless(value, is: "disabled")
        case .protection: return unless(value, is: "unprotected")
        case .storageAutoscaling, .highAvailability: return unless(value, is: false)
        case .scaling, .disk: return object(value)
        case .headers: return headers(value)
        case .routes: return list(value)
        case .domains: return names(value, lowercased: true)
        case .readReplicas: return names(value, lowercased: false)
        case .buildFilter: return buildFilter(value)
        case .previews: return unless(value["generation"] ?? .null, is: "off")
        case .maintenanceMode: return maintenance(value)
        case .ipAllowList: return addresses(value, of: kind)
        case .diskSizeGB, .connectionPool, .previewDiskSizeGB: return value
        }
    }

    private static func unless(_ value: JSONValue, is standard: JSONValue) -> JSONValue {
        value == standard ? .null : value
    }

    private static func text(_ value: JSONValue) -> JSONValue {
        guard let text = value.string else { return value }
        // A block scalar ends in a line break that Render does not keep.
        let trimmed = trimmed(text)
        return trimmed.isEmpty ? .null : .string(trimmed)
    }

    private static func lowercased(_ value: JSONValue) -> JSONValue {
        guard let text = value.string, !text.isEmpty else { return .null }
        return .string(text.lowercased())
    }

    /// `Pro Plus`, `pro-plus` and `pro_plus` are one plan, `allkeys-lru` and `allkeys_lru` one policy.
    private static func identifier(_ value: JSONValue) -> JSONValue {
        guard let text = value.string, !text.isEmpty else { return .null }
        return .string(String(text.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 }))
    }

    private static func words(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func trimmed(_ text: String) -> String {
        var rest = Substring(text)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        return String(rest)
    }

    private static func repository(_ text: String) -> String {
        var rest = Substring(text)
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasSuffix(".git") { rest.removeLast(4) }
        return rest.lowercased()
    }

    /// `./web/dist/`, `web/dist` and so on; what stands for the folder itself is as good as the default.
    private static func folder(_ value: JSONValue, default standard: String) -> JSONValue {
        guard let text = value.string else { return value }
        var rest = Substring(text)
        while rest.hasPrefix("./") { rest.removeFirst(2) }
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest == "." { rest = "" }
        return rest.isEmpty || rest == standard ? .null : .string(String(rest))
    }

    /// The folder itself may be published, which is not what happens when nothing is said.
    private static func publishPath(_ value: JSONValue) -> JSONValue {
        let folder = folder(value, default: "public")
        guard folder.isNull, let text = value.string, !text.isEmpty, !text.contains("public") else { return folder }
        return "."
    }

    private static func object(_ value: JSONValue) -> JSONValue {
        guard let object = value.object else { return value }
        let filled = JSONObject(object.members.filter { !$0.value.isNull }.map { ($0.name, $0.value) })
        return filled.isEmpty ? .null : .object(filled)
    }

    private static func list(_ value: JSONValue) -> JSONValue {
        value.array?.isEmpty == true ? .null : value
    }

    private static func names(_ value: JSONValue, lowercased: Bool) -> JSONValue {
        let names = Set((value.array ?? []).compactMap(\.string).map { lowercased ? $0.lowercased() : $0 })
        return names.isEmpty ? .null : .array(names.sorted().map { .string($0) })
    }

    private static func headers(_ value: JSONValue) -> JSONValue {
        let headers = (value.array ?? []).map { header in
            [
                header["path"]?.string ?? "/*", (header["name"]?.string ?? "").lowercased(),
                header["value"]?.string ?? "",
            ]
        }
        let sorted = headers.sorted { $0.lexicographicallyPrecedes($1) }
        return sorted.isEmpty
            ? .null : .array(sorted.map { ["path": .string($0[0]), "name": .string($0[1]), "value": .string($0[2])] })
    }

    private static func buildFilter(_ value: JSONValue) -> JSONValue {
        let paths = value["paths"]?.array ?? []
        let ignored = value["ignoredPaths"]?.array ?? []
        return paths.isEmpty && ignored.isEmpty ? .null : ["paths": .array(paths), "ignoredPaths": .array(ignored)]
    }

    private static func maintenance(_ value: JSONValue) -> JSONValue {
        guard value["enabled"]?.bool == true else { return .null }
        return ["enabled": true, "uri": value["uri"] ?? ""]
    }

    /// Who reaches it when nothing is said: nobody from outside a key value, everybody all else.
    private static func addresses(_ value: JSONValue, of kind: ResourceKind) -> JSONValue {
        let entries = (value.array ?? []).map { entry in
            (entry["cidrBlock"]?.string ?? "", entry["description"]?.string ?? "")
        }
        let isEverybody = entries.count == 1 && entries[0].0 == "0.0.0.0/0"
        if kind == .keyValue ? entries.isEmpty : isEverybody { return .null }
        return .array(
            entries.sorted { $0 < $1 }.map { ["cidrBlock": .string($0.0), "description": .string($0.1)] })
    }
}
