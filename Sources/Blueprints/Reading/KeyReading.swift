// SPDX-License-Identifier: Apache-2.0

import Common

/// Keys against the catalogue.
extension BlueprintReader {
    /// The entries of an object; says so when it is none. Nothing written is an object without entries.
    mutating func objectEntries(_ node: YAMLNode, _ path: DocumentPath) -> [YAMLEntry]? {
        if let entries = node.entries { return entries }
        if node.isNull { return [] }
        report.note(
            .error, .wrongType, path, "An object belongs here, with a key and a value in each line.", at: node.position)
        return nil
    }

    /// What the catalogue says of a key, after saying what there is to say of it.
    mutating func known(_ entry: YAMLEntry, at place: Place, _ path: DocumentPath) -> Entry? {
        guard let known = Catalogue.entry(entry.key, at: place) else {
            unknown(entry, at: place, path)
            return nil
        }
        if dialect == .render, known.dialect == .api {
            let own = Catalogue.entries(at: place).first { other in
                other.dialect != .api && (known.field == nil ? other.name == known.name : other.field == known.field)
            }
            report.note(
                .warning, .otherDialect, path,
                "\(Words.name(known.key)) is how Render's API calls it"
                    + (own.map { "; a render.yaml has `\($0.key)`." } ?? "; a render.yaml has no such key."),
                at: entry.position)
        }
        switch known.standing {
        case .current: break
        case .older(let newer):
            if dialect == .render || known.key != "autoDeploy" {
                report.note(
                    .warning, .olderSpelling, path, "`\(known.key)` is an older form of `\(newer)`.", at: entry.position
                )
            }
        case .beyond(let reason):
            report.note(
                .unsupported, .outOfReach, path, "`\(known.key)` is left as it is: \(reason).", at: entry.position)
        }
        return known
    }

    private mutating func unknown(_ entry: YAMLEntry, at place: Place, _ path: DocumentPath) {
        report.note(
            .error, .unknownField, path,
            "\(Words.name(entry.key)) is no key of \(place.words)."
                + Words.suggestion(for: entry.key, among: Catalogue.entries(at: place).map(\.key)),
            at: entry.position)
    }

    /// An object of the API's shape within itself, or within one that goes into it.
    mutating func nestedWrongly(_ entry: YAMLEntry, _ path: DocumentPath) {
        report.note(
            .error, .unknownField, path, "\(Words.name(entry.key)) has no place within this object.", at: entry.position
        )
    }

    /// Everything beneath a key that the internal form has no place for: checked, and not kept.
    mutating func check(_ node: YAMLNode, _ entry: Entry, _ path: DocumentPath) {
        switch entry.shape {
        case .structure(let place): checkObject(node, at: place, path)
        case .structures(let place): each(node, path) { $0.checkObject($1, at: place, $2) }
        default: _ = value(node, entry.shape, path)
        }
    }

    mutating func checkObject(_ node: YAMLNode, at place: Place, _ path: DocumentPath) {
        guard let entries = objectEntries(node, path) else { return }
        for entry in entries {
            let path = path.key(entry.key)
            guard let known = known(entry, at: place, path) else { continue }
            check(entry.value, known, path)
        }
        for known in Catalogue.entries(at: place) {
            guard case .required = known.presence, node[known.key] == nil else { continue }
            missing(known.key, in: node, path)
        }
    }

    mutating func missing(_ key: String, in node: YAMLNode, _ path: DocumentPath, _ reason: String? = nil) {
        report.note(
            .error, .missingField, path.key(key),
            "`\(key)` is missing" + (reason.map { ": \($0)." } ?? "."), at: node.position)
    }

    /// The name of a resource, checked; nil when there is none to be had.
    mutating func name(of node: YAMLNode, _ path: DocumentPath) -> Located<String>? {
        guard let entry = node.entry("name") else {
            missing("name", in: node, path)
            return nil
        }
        guard let name = value(entry.value, .word, path.key("name"))?.string else { return nil }
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "/" && $0.value != 0x7F }
        guard isPlain, name.utf8.count <= 200, name.first != " ", name.last != " " else {
            report.note(
                .error, .badName, path.key("name"),
                "A name is one line of at most 200 bytes, without / and without blanks around it.",
                at: entry.value.position)
            return nil
        }
        if !name.utf8.allSatisfy({ Self.usual.contains($0) }) {
            report.note(
                .warning, .badName, path.key("name"),
                "Render's names are made of letters, digits, blanks, - _ and dots; this one may be refused.",
                at: entry.value.position)
        }
        return Located(name, at: entry.value.position)
    }

    private static let usual = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ".utf8)
}

extension Place {
    /// As in "is no key of …".
    var words: String {
        switch self {
        case .root: "a blueprint"
        case .rootPreviews, .previews: "previews"
        case .ungrouped: "ungrouped"
        case .project: "a project"
        case .environment: "an environment"
        case .networking: "networking"
        case .permissions: "permissions"
        case .service: "a service"
        case .keyValue: "a key value"
        case .database: "a database"
        case .highAvailability: "highAvailability"
        case .readReplica: "a read replica"
        case .envVarGroup: "a group"
        case .envVar: "a variable"
        case .groupVar: "a group's variable"
        case .fromDatabase: "fromDatabase"
        case .fromService: "fromService"
        case .image: "an image"
        case .registryCredential: "a registry credential"
        case .fromRegistryCreds: "fromRegistryCreds"
        case .scaling: "scaling"
        case .autoscaling: "autoscaling"
        case .autoscalingCriteria: "criteria"
        case .autoscalingTarget: "a target of autoscaling"
        case .disk: "a disk"
        case .buildFilter: "a build filter"
        case .maintenanceMode: "maintenanceMode"
        case .header: "a header"
        case .route: "a route"
        case .allowedAddress: "an allowed address"
        case .secretFile: "a secret file"
        case .buildSource: "a build source"
        case .buildSourceGit: "a build source's git"
        }
    }
}
