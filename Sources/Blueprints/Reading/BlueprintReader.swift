// SPDX-License-Identifier: Apache-2.0

import Common

extension Blueprint {
    /// Reads a file in either dialect into the internal form. Whatever is wrong with it, or not as it should be, is in the
    /// diagnostics, each with its line and column; a file with an error among them is not to be planned.
    package static func read(_ bytes: [UInt8]) -> Blueprint {
        let document = YAMLDocument(bytes)
        var reader = BlueprintReader(dialect: document.root.map(BlueprintReader.dialect) ?? .render)
        for problem in document.problems { reader.report.note(problem) }
        if let root = document.root { reader.read(root) }
        return Blueprint(
            dialect: reader.dialect, resources: reader.resources, diagnostics: reader.report.diagnostics)
    }
}

/// One reading of one document. What belongs to each kind of resource is in extensions.
struct BlueprintReader {
    let dialect: Blueprint.Dialect
    var report = Report()
    var resources: [Resource] = []
    private var addresses: [ResourceAddress: SourcePosition] = [:]
    /// References by the index of the resource that has them, to be looked up when everything has been read.
    private(set) var references: [(resource: Int, found: FoundReference)] = []

    init(dialect: Blueprint.Dialect) { self.dialect = dialect }

    mutating func read(_ root: YAMLNode) {
        guard let entries = objectEntries(root, .root) else { return }
        for entry in entries {
            let path = DocumentPath.root.key(entry.key)
            guard let known = known(entry, at: .root, path) else { continue }
            switch known.key {
            case "projects": each(entry.value, path) { $0.project($1, $2) }
            case "ungrouped": group(entry.value, at: .ungrouped, path, in: nil)
            case "version": version(entry.value, path)
            case "services", "databases", "envVarGroups": list(known.key, entry.value, path, in: nil)
            default: check(entry.value, known, path)
            }
        }
        if resources.isEmpty, !report.hasErrors {
            report.note(
                .warning, .noResources, .root, "The file describes nothing: it has no services, databases or groups.",
                at: root.position)
        }
        checkReferences()
    }

    /// The services, databases and groups of the file, of `ungrouped` or of an environment.
    mutating func list(_ key: String, _ node: YAMLNode, _ path: DocumentPath, in environment: ResourceAddress?) {
        switch key {
        case "services": each(node, path) { $0.service($1, $2, in: environment) }
        case "databases": each(node, path) { $0.database($1, $2, in: environment) }
        default: each(node, path) { $0.envVarGroup($1, $2, in: environment) }
        }
    }

    private mutating func group(
        _ node: YAMLNode, at place: Place, _ path: DocumentPath, in environment: ResourceAddress?
    ) {
        guard let entries = objectEntries(node, path) else { return }
        for entry in entries {
            let path = path.key(entry.key)
            guard let known = known(entry, at: place, path) else { continue }
            if known.key == "buildSources" {
                check(entry.value, known, path)
            } else {
                list(known.key, entry.value, path, in: environment)
            }
        }
    }

    private mutating func version(_ node: YAMLNode, _ path: DocumentPath) {
        guard let text = node.scalar?.text, text == "1" else {
            return report.note(
                .error, .wrongValue, path, "There is version \"1\" of the format and no other.", at: node.position)
        }
    }

    /// Every item of a list; nothing written is an empty list.
    mutating func each(
        _ node: YAMLNode, _ path: DocumentPath, _ read: (inout BlueprintReader, YAMLNode, DocumentPath) -> Void
    ) {
        guard !node.isNull else { return }
        guard case .sequence(let items) = node.content else {
            return report.note(
                .error, .wrongType, path, "A list belongs here, with a - before each item.", at: node.position)
        }
        for (index, item) in items.enumerated() { read(&self, item, path.index(index)) }
    }

    /// Keeps a resource unless there is one of its address already.
    mutating func add(
        _ resource: Resource, _ path: DocumentPath, nameAt position: SourcePosition, referring: [FoundReference] = []
    ) {
        // Services and key values stand in one list, and their names in one space.
        let other: ResourceKind? =
            switch resource.address.kind {
            case .service: .keyValue
            case .keyValue: .service
            default: nil
            }
        let twin = other.flatMap { addresses[ResourceAddress($0, resource.address.name)] }
        if let first = addresses[resource.address] ?? twin {
            return report.note(
                .error, .duplicateName, path.key("name"),
                "The name is taken already by what begins in line \(first.line).", at: position)
        }
        addresses[resource.address] = resource.position
        references += referring.map { (resources.count, $0) }
        resources.append(resource)
    }
}

extension BlueprintReader {
    /// The API's shape shows by types that only it has, by `serviceDetails`, or by variables in a map.
    static func dialect(of root: YAMLNode) -> Blueprint.Dialect {
        var holders = [root, root["ungrouped"]].compactMap(\.self)
        for project in items(of: root["projects"]) { holders += items(of: project["environments"]) }
        let services = holders.flatMap { items(of: $0["services"]) }
        let isAPI = services.contains { service in
            service["serviceDetails"] != nil || service["env"]?.entries != nil
                || service["type"]?.scalar.map { ServiceType(rawValue: $0.text) ?? .workflow != .workflow } == true
        }
        return isAPI ? .api : .render
    }

    private static func items(of node: YAMLNode?) -> [YAMLNode] {
        guard case .sequence(let items)? = node?.content else { return [] }
        return items
    }
}
