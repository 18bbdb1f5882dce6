// SPDX-License-Identifier: Apache-2.0

import Common

/// One key of a service, wherever in its nested objects it stands.
private struct Given {
    let entry: YAMLEntry
    let path: DocumentPath
}

extension BlueprintReader {
    mutating func service(_ node: YAMLNode, _ path: DocumentPath, in environment: ResourceAddress?) {
        guard objectEntries(node, path) != nil else { return }
        if Self.isKeyValue(node) { return keyValue(node, path, in: environment) }
        let given = flattened(node, path, nesting: ["serviceDetails", "envSpecificDetails"])
        let type = serviceType(node, given, path)
        let name = name(of: node, path)
        var draft = ServiceDraft(type: type)
        for one in given { field(one, into: &draft) }
        for one in given { variables(one, into: &draft) }
        fitToRuntime(&draft, path)
        checkRules(of: draft, node, path)
        guard let type, let name else { return }
        let resource = Resource(
            ResourceAddress(.service, name.value), serviceType: type, fields: draft.fields,
            environment: draft.environment, groups: draft.groups, environmentOfProject: environment, at: node.position)
        add(resource, path, nameAt: name.position, referring: draft.references)
        if type == .workflow {
            report.note(
                .unsupported, .outOfReach, path, "A workflow is left as it is: Render's API cannot make or change one.",
                at: node.position)
        }
    }

    /// The keys of the service, of its `serviceDetails` and of their `envSpecificDetails`.
    private mutating func flattened(
        _ node: YAMLNode, _ path: DocumentPath, nesting allowed: ArraySlice<String>
    ) -> [Given] {
        var given: [Given] = []
        for entry in node.entries ?? [] {
            let path = path.key(entry.key)
            guard entry.key == "serviceDetails" || entry.key == "envSpecificDetails" else {
                given.append(Given(entry: entry, path: path))
                continue
            }
            guard let level = allowed.firstIndex(of: entry.key) else {
                nestedWrongly(entry, path)
                continue
            }
            guard known(entry, at: .service, path) != nil, objectEntries(entry.value, path) != nil else { continue }
            given += flattened(entry.value, path, nesting: allowed[(level + 1)...])
        }
        return given
    }

    private mutating func field(_ given: Given, into draft: inout ServiceDraft) {
        let (entry, path) = (given.entry, given.path)
        guard !["name", "type", "env", "envVars"].contains(entry.key) else {
            if entry.key == "name" || entry.key == "type", draft.structural.insert(entry.key).inserted == false {
                twice(entry, path)
            }
            return
        }
        guard let known = known(entry, at: .service, path) else { return }
        guard let field = known.field else { return check(entry.value, known, path) }
        if let type = draft.type, !known.types.contains(type) {
            return report.note(
                .unsupported, .fieldNotForType, path,
                "`\(known.key)` has no meaning for \(type.words); it is left out.",
                at: entry.position)
        }
        draft.attempted.insert(field)
        guard let value = value(entry.value, known.shape, path) else { return }
        if let type = draft.type, type != .workflow, !known.reached.contains(type) {
            report.note(
                .unsupported, .outOfReach, path,
                "`\(known.key)` is left as it is: Render's API does not set it for \(type.words).", at: entry.position)
        }
        if field == .runtime, draft.type == .staticSite { return }
        keep(Located(value, at: entry.position), field, known, given, &draft)
    }

    /// A field that two keys give: `domain` and `domains` go together, and an older form gives way to the newer.
    private mutating func keep(
        _ value: Located<JSONValue>, _ field: Field, _ known: Entry, _ given: Given, _ draft: inout ServiceDraft
    ) {
        defer { draft.givenBy[field] = draft.givenBy[field] ?? known }
        guard let other = draft.givenBy[field], let before = draft.fields[field] else {
            draft.fields[field] = value
            return
        }
        if field == .domains, other.key != known.key {
            let (first, second) = (before.value.array ?? [], value.value.array ?? [])
            // One of them is a single domain.
            let isThere = known.key == "domain" ? first.contains(second) : second.contains(first)
            let all = isThere ? (known.key == "domain" ? first : second) : first + second
            draft.fields[field] = Located(.array(all), at: before.position)
        } else if case .older = known.standing, other.key != known.key {
            outdone(given.entry, by: other.key, given.path)
        } else if case .older = other.standing, other.key != known.key {
            outdone(given.entry, by: known.key, given.path)
            draft.fields[field] = value
        } else {
            twice(given.entry, given.path)
        }
    }

    private mutating func outdone(_ entry: YAMLEntry, by key: String, _ path: DocumentPath) {
        report.note(
            .warning, .givenTwice, path, "Two keys say the same thing here; `\(key)` goes before the other.",
            at: entry.position)
    }

    private mutating func twice(_ entry: YAMLEntry, _ path: DocumentPath) {
        report.note(
            .error, .givenTwice, path, "\(Words.name(entry.key)) gives what another key has given already.",
            at: entry.position)
    }

    /// `env` is the older name of the runtime when it is text, and the variables when it is a map.
    private mutating func variables(_ given: Given, into draft: inout ServiceDraft) {
        let (entry, path) = (given.entry, given.path)
        switch entry.key {
        case "envVars": environment(entry.value, path, at: .envVar, of: &draft)
        case "env" where entry.value.scalar != nil && !entry.value.isNull: legacyRuntime(given, into: &draft)
        case "env": environment(entry.value, path, at: .envVar, of: &draft)
        default: break
        }
    }

    private mutating func legacyRuntime(_ given: Given, into draft: inout ServiceDraft) {
        report.note(
            .warning, .olderSpelling, given.path, "`env` is an older form of `runtime`.", at: given.entry.position)
        draft.attempted.insert(.runtime)
        guard let value = choice(given.entry.value, Catalogue.runtimes, given.path) else { return }
        guard draft.fields[.runtime] == nil else { return outdone(given.entry, by: "runtime", given.path) }
        if draft.type != .staticSite { draft.fields[.runtime] = Located(value, at: given.entry.position) }
    }
}

/// What is known of a service while its keys are read.
struct ServiceDraft {
    /// Nil when the file names none that there is.
    let type: ServiceType?
    var fields: [Field: Located<JSONValue>] = [:]
    /// The key that a field was read from.
    var givenBy: [Field: Entry] = [:]
    /// The fields that the file gives, rightly or wrongly.
    var attempted: Set<Field> = []
    var structural: Set<String> = []
    var environment: [EnvironmentVariable] = []
    var keys: Set<String> = []
    var groups: [Located<String>] = []
    var groupNames: Set<String> = []
    var references: [FoundReference] = []
}

extension BlueprintReader {
    private static func isKeyValue(_ node: YAMLNode) -> Bool {
        guard let type = node["type"]?.scalar?.text else { return false }
        return ["keyvalue", "redis"].contains(Words.folded(type))
    }

    private static let types: [String: ServiceType] = [
        "web": .webService, "pserv": .privateService, "worker": .backgroundWorker, "cron": .cronJob,
        "workflow": .workflow, "static": .staticSite,
    ]

    /// As people write them.
    private static let looseTypes = Dictionary(
        (types.map { ($0.key, $0.value) } + ServiceType.allCases.map { ($0.rawValue, $0) })
            .map { (Words.folded($0.0), $0.1) }, uniquingKeysWith: { first, _ in first })

    /// The words that `type` may be.
    static let typeWords = ["web", "pserv", "worker", "cron", "keyvalue", "workflow"]

    private mutating func serviceType(_ node: YAMLNode, _ given: [Given], _ path: DocumentPath) -> ServiceType? {
        guard let entry = node.entry("type") else {
            missing("type", in: node, path)
            return nil
        }
        let path = path.key("type")
        guard let word = value(entry.value, .word, path)?.string else { return nil }
        guard let type = Self.types[word] ?? ServiceType(rawValue: word) ?? Self.looseTypes[Words.folded(word)] else {
            report.note(
                .error, .wrongValue, path,
                "\(Words.name(word)) is no type of service; there are \(Words.choice(Self.typeWords))."
                    + Words.suggestion(for: word, among: Self.typeWords + ServiceType.allCases.map(\.rawValue)),
                at: entry.value.position)
            return nil
        }
        let isExact =
            dialect == .api ? ServiceType(rawValue: word) != nil || Self.types[word] != nil : Self.types[word] == type
        if !isExact || word == "static" {
            report.note(
                .warning, .spelling, path,
                "\(Words.name(word)) is taken as \(type.words); write `\(type.keyword)`.", at: entry.value.position)
        }
        let isStatic = given.contains { one in
            (one.entry.key == "runtime" || one.entry.key == "env")
                && one.entry.value.scalar.map { Words.folded($0.text) == "static" } == true
        }
        guard isStatic, type != .staticSite else { return type }
        guard type == .webService else {
            report.note(
                .error, .wrongValue, path, "Only a web service can have the runtime `static`.", at: entry.value.position
            )
            return type
        }
        return .staticSite
    }
}

extension ServiceType {
    /// With its article.
    var words: String {
        switch self {
        case .webService: "a web service"
        case .staticSite: "a static site"
        case .privateService: "a private service"
        case .backgroundWorker: "a background worker"
        case .cronJob: "a cron job"
        case .workflow: "a workflow"
        }
    }

    /// As a render.yaml writes it.
    var keyword: String {
        switch self {
        case .webService: "type: web"
        case .staticSite: "type: web` with `runtime: static"
        case .privateService: "type: pserv"
        case .backgroundWorker: "type: worker"
        case .cronJob: "type: cron"
        case .workflow: "type: workflow"
        }
    }
}
