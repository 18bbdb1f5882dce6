// SPDX-License-Identifier: Apache-2.0

import Common

/// What an entry of an environment says about where its value comes from.
struct FoundSources {
    struct Source {
        let key: String
        let value: EnvironmentSource
        let position: SourcePosition
    }

    var sources: [Source] = []
    var group: Located<String>?
    var isPreviewed = false
    /// Something about it was wrong, and has been said.
    var isBroken = false
}

/// A reference of a resource, to be looked up when the whole file has been read.
struct FoundReference {
    enum Place {
        /// By its index in the resource's environment.
        case variable(Int)
        case group(String)
    }

    let place: Place
    let path: DocumentPath
    let position: SourcePosition
}

extension BlueprintReader {
    mutating func sources(_ node: YAMLNode, _ path: DocumentPath, at place: Place) -> FoundSources {
        var found = FoundSources()
        for entry in node.entries ?? [] where entry.key != "key" {
            let path = path.key(entry.key)
            if place == .groupVar, ["fromDatabase", "fromService", "fromGroup"].contains(entry.key) {
                found.isBroken = true
                report.note(
                    .error, .referenceInGroup, path,
                    "A group's variable has a `value` or `generateValue`, and no references.",
                    at: entry.position)
                continue
            }
            guard let known = known(entry, at: place, path) else {
                found.isBroken = true
                continue
            }
            source(entry, known.key, path, into: &found)
        }
        return found
    }

    private mutating func source(
        _ entry: YAMLEntry, _ key: String, _ path: DocumentPath, into found: inout FoundSources
    ) {
        var value: EnvironmentSource?
        switch key {
        case "value": value = literal(entry.value, path)
        case "previewValue":
            found.isPreviewed = true
            return
        case "generateValue", "sync":
            guard let isSet = flag(entry.value, path)?.bool else { break }
            // Said the other way round, each of them says nothing.
            guard isSet == (key == "generateValue") else { return }
            value = key == "sync" ? .entered : .generated
        case "fromGroup":
            if let name = self.value(entry.value, .word, path)?.string {
                found.group = Located(name, at: entry.position)
                return
            }
        case "fromDatabase": value = fromDatabase(entry.value, path).map { .reference($0) }
        case "fromService": value = fromService(entry.value, path).map { .reference($0) }
        default: break
        }
        guard let value else { return found.isBroken = true }
        found.sources.append(FoundSources.Source(key: key, value: value, position: entry.position))
    }

    private mutating func fromDatabase(_ node: YAMLNode, _ path: DocumentPath) -> EnvironmentReference? {
        guard let object = object(node, at: .fromDatabase, path), let name = object["name"]?.string,
            let property = object["property"]?.string.flatMap(EnvironmentReference.DatabaseProperty.init)
        else { return nil }
        return .database(name: name, property: property)
    }

    private mutating func fromService(_ node: YAMLNode, _ path: DocumentPath) -> EnvironmentReference? {
        // A database's properties are checked as such where the older type of databases asks for them.
        let isDatabase = node["type"]?.scalar?.text == "dpg"
        if isDatabase { return olderDatabase(node, path) }
        guard let object = object(node, at: .fromService, path), let name = object["name"]?.string else { return nil }
        let property = object["property"]?.string.flatMap(EnvironmentReference.ServiceProperty.init)
        let key = object["envVarKey"]?.string
        switch (property, key) {
        case (nil, nil):
            if node["property"] == nil, node["envVarKey"] == nil {
                report.note(
                    .error, .missingField, path, "`fromService` needs a `property` or an `envVarKey`.",
                    at: node.position)
            }
            return nil
        case (_?, _?):
            report.note(
                .error, .severalSources, path, "`fromService` has either a `property` or an `envVarKey`.",
                at: node.position)
            return nil
        default: break
        }
        guard let word = object["type"]?.string else {
            report.note(
                .warning, .missingField, path.key("type"),
                "`type` is missing: Render wants to know the service's type.",
                at: node.position)
            return property.map { .service(name: name, type: nil, property: $0) }
                ?? key.map { .serviceVariable(name: name, type: nil, key: $0) }
        }
        guard let target = referenced(word) else {
            report.note(
                .error, .wrongValue, path.key("type"),
                "\(Words.name(word)) is no type of service; there are \(Words.choice(Self.typeWords))."
                    + Words.suggestion(for: word, among: Self.typeWords),
                at: node["type"]?.position ?? node.position)
            return nil
        }
        switch target {
        case .keyValue:
            return property.map { .keyValue(name: name, property: $0) }
                ?? key.map { .keyValueVariable(name: name, key: $0) }
        case .service(let type):
            return property.map { .service(name: name, type: type, property: $0) }
                ?? key.map { .serviceVariable(name: name, type: type, key: $0) }
        }
    }

    private enum Referenced {
        case keyValue
        case service(ServiceType)
    }

    private func referenced(_ word: String) -> Referenced? {
        switch word {
        case "keyvalue", "redis", "key_value": .keyValue
        case "web": .service(.webService)
        case "pserv": .service(.privateService)
        case "worker": .service(.backgroundWorker)
        case "cron", "job": .service(.cronJob)
        case "static": .service(.staticSite)
        default: ServiceType(rawValue: word).map { .service($0) }
        }
    }

    /// `fromService` with `type: dpg` is how databases were once referred to.
    private mutating func olderDatabase(_ node: YAMLNode, _ path: DocumentPath) -> EnvironmentReference? {
        report.note(
            .warning, .olderSpelling, path, "`fromService` of type dpg is an older form of `fromDatabase`.",
            at: node.position)
        let entries = (node.entries ?? []).filter { $0.key != "type" }
        return fromDatabase(
            YAMLNode(content: .mapping(entries), position: node.position, weight: node.weight), path)
    }
}
