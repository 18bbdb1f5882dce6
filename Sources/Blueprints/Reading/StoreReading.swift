// SPDX-License-Identifier: Apache-2.0

import Common

/// Key values, databases, groups and projects.
extension BlueprintReader {
    mutating func keyValue(_ node: YAMLNode, _ path: DocumentPath, in environment: ResourceAddress?) {
        if let type = node.entry("type"), let word = type.value.scalar?.text, word != "keyvalue",
            dialect == .render || word != "key_value"
        {
            report.note(
                .warning, .olderSpelling, path.key("type"), "\(Words.name(word)) is taken as `keyvalue`.",
                at: type.value.position)
        }
        let name = name(of: node, path)
        let found = fields(of: node, at: .keyValue, path)
        if !found.attempted.contains(.ipAllowList) {
            missing("ipAllowList", in: node, path, "an empty list lets only the private network in")
        }
        guard let name else { return }
        let address = ResourceAddress(.keyValue, name.value)
        add(
            Resource(address, fields: found.values, environmentOfProject: environment, at: node.position), path,
            nameAt: name.position)
    }

    mutating func database(_ node: YAMLNode, _ path: DocumentPath, in environment: ResourceAddress?) {
        guard objectEntries(node, path) != nil else { return }
        let name = name(of: node, path)
        let fields = fields(of: node, at: .database, path).values
        for field in [Field.diskSizeGB, .previewDiskSizeGB] {
            guard let size = fields[field], let number = size.value.int, number != 1, number % 5 != 0 else { continue }
            report.note(
                .error, .diskSize, path.key(field.rawValue),
                "A database's disk has 1 GB or a multiple of 5, not \(number).", at: size.position)
        }
        guard let name else { return }
        let address = ResourceAddress(.postgres, name.value)
        add(
            Resource(address, fields: fields, environmentOfProject: environment, at: node.position), path,
            nameAt: name.position)
    }

    private struct StoreFields {
        var values: [Field: Located<JSONValue>] = [:]
        /// Those that the file gives, rightly or wrongly.
        var attempted: Set<Field> = []
    }

    /// The fields of an object that the catalogue has at a place.
    private mutating func fields(of node: YAMLNode, at place: Place, _ path: DocumentPath) -> StoreFields {
        var found = StoreFields()
        for entry in node.entries ?? [] where entry.key != "name" && entry.key != "type" {
            let path = path.key(entry.key)
            guard let known = known(entry, at: place, path) else { continue }
            guard case .structure(let inner) = known.shape, inner == place else {
                field(entry, known, path, into: &found)
                continue
            }
            // The API's shape has what depends on the type in an object of its own.
            for entry in objectEntries(entry.value, path) ?? [] {
                let path = path.key(entry.key)
                guard let known = self.known(entry, at: place, path) else { continue }
                if case .structure = known.shape {
                    nestedWrongly(entry, path)
                } else {
                    field(entry, known, path, into: &found)
                }
            }
        }
        return found
    }

    private mutating func field(_ entry: YAMLEntry, _ known: Entry, _ path: DocumentPath, into found: inout StoreFields)
    {
        guard let field = known.field else { return check(entry.value, known, path) }
        guard found.attempted.insert(field).inserted else {
            return report.note(
                .error, .givenTwice, path, "`\(known.key)` gives what another key has given already.",
                at: entry.position)
        }
        if let value = value(entry.value, known.shape, path) {
            found.values[field] = Located(value, at: entry.position)
        }
    }

    mutating func envVarGroup(_ node: YAMLNode, _ path: DocumentPath, in environment: ResourceAddress?) {
        guard let entries = objectEntries(node, path) else { return }
        let name = name(of: node, path)
        var draft = ServiceDraft(type: nil)
        for entry in entries where entry.key != "name" {
            let path = path.key(entry.key)
            guard let known = known(entry, at: .envVarGroup, path) else { continue }
            if known.key == "envVars" { self.environment(entry.value, path, at: .groupVar, of: &draft) }
        }
        if node["envVars"] == nil { missing("envVars", in: node, path) }
        guard let name else { return }
        let resource = Resource(
            ResourceAddress(.envGroup, name.value), environment: draft.environment, environmentOfProject: environment,
            at: node.position)
        add(resource, path, nameAt: name.position)
    }

    mutating func project(_ node: YAMLNode, _ path: DocumentPath) {
        guard let entries = objectEntries(node, path) else { return }
        let name = name(of: node, path)
        if let name {
            add(
                Resource(ResourceAddress(.project, name.value), at: node.position), path, nameAt: name.position)
        }
        for entry in entries where entry.key != "name" {
            let path = path.key(entry.key)
            guard let known = known(entry, at: .project, path) else { continue }
            if known.key == "environments" {
                each(entry.value, path) { $0.environmentOfProject($1, $2, of: name?.value) }
            } else {
                check(entry.value, known, path)
            }
        }
    }

    private mutating func environmentOfProject(_ node: YAMLNode, _ path: DocumentPath, of project: String?) {
        guard let entries = objectEntries(node, path) else { return }
        let name = name(of: node, path)
        let address = project.flatMap { project in
            name.map { ResourceAddress(.environment, "\(project)/\($0.value)") }
        }
        var fields: [Field: Located<JSONValue>] = [:]
        for entry in entries {
            guard let known = Catalogue.entry(entry.key, at: .environment), let field = known.field else { continue }
            let value = value(entry.value, known.shape, path.key(entry.key))
            if let value { fields[field] = Located(value, at: entry.position) }
        }
        if let address, let name {
            add(Resource(address, fields: fields, at: node.position), path, nameAt: name.position)
        }
        for entry in entries where entry.key != "name" {
            let path = path.key(entry.key)
            guard let known = known(entry, at: .environment, path), known.field == nil else { continue }
            list(known.key, entry.value, path, in: address)
        }
    }
}
