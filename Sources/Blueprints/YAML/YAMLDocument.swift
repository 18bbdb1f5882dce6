// SPDX-License-Identifier: Apache-2.0

/// The one document of a file as a tree, with what is wrong with it as YAML.
struct YAMLDocument {
    /// Absent when the file cannot be read as YAML at all.
    let root: YAMLNode?
    let problems: [YAMLProblem]

    init(_ bytes: [UInt8]) {
        do throws(YAMLProblem) {
            var composer = YAMLComposer(YAMLEvents(try SourceText(bytes)))
            let root = composer.document()
            self.root = root
            problems = composer.problems
        } catch {
            root = nil
            problems = [error]
        }
    }
}

/// Makes a tree of events: aliases and merge keys become what they stand for, within bounds.
private struct YAMLComposer {
    private(set) var problems: [YAMLProblem] = []
    private let events: YAMLEvents
    private var anchors: [String: YAMLNode] = [:]
    /// Anchors of nodes that are not complete.
    private var open: Set<String> = []
    /// Of all nodes so far, aliases counted as what they stand for.
    private var weight = 0

    init(_ events: YAMLEvents) { self.events = events }

    /// The first document. A second is a problem, and so is none.
    mutating func document() -> YAMLNode? {
        do throws(YAMLProblem) {
            let start = try events.next()
            guard case .documentStart = start.kind else {
                throw YAMLProblem(.empty, "The file is empty.", at: start.position)
            }
            let root = try node(try events.next(), depth: 1)
            _ = try events.next()
            let next = try events.next()
            if case .documentStart = next.kind {
                note(.secondDocument, "A second document begins here; a blueprint is one document.", at: next.position)
            }
            return root
        } catch {
            problems.append(error)
            return nil
        }
    }

    private mutating func note(_ code: YAMLProblem.Code, _ message: String, at position: SourcePosition) {
        guard problems.count < YAMLLimits.problems else { return }
        problems.append(YAMLProblem(code, message, at: position))
    }

    private mutating func grow(by nodes: Int, at position: SourcePosition) throws(YAMLProblem) {
        weight += nodes
        guard weight <= YAMLLimits.nodes else {
            throw YAMLProblem(
                .tooManyNodes, "The file has more than \(YAMLLimits.nodes) values, counting what aliases repeat.",
                at: position)
        }
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLProblem) -> YAMLNode {
        guard depth <= YAMLLimits.depth else {
            throw YAMLProblem(
                .tooDeep, "The file is nested deeper than \(YAMLLimits.depth) levels.", at: event.position)
        }
        if case .alias(let name) = event.kind { return try alias(name, at: event.position) }
        try grow(by: 1, at: event.position)
        let before = weight - 1
        if let anchor = event.anchor { open.insert(anchor) }
        let content = try content(of: event, depth: depth)
        let node = YAMLNode(content: content, position: event.position, weight: weight - before)
        if let anchor = event.anchor {
            open.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private mutating func content(of event: YAMLEvent, depth: Int) throws(YAMLProblem) -> YAMLNode.Content {
        checkTag(of: event)
        switch event.kind {
        case .sequenceStart:
            var items: [YAMLNode] = []
            while true {
                let next = try events.next()
                if case .sequenceEnd = next.kind { return .sequence(items) }
                items.append(try node(next, depth: depth + 1))
            }
        case .mappingStart: return .mapping(try entries(depth: depth))
        case .scalar(let text, let isPlain):
            return .scalar(YAMLScalar(text: text, isPlain: isPlain && event.tag != Self.textTag))
        case .documentStart, .documentEnd, .end, .sequenceEnd, .mappingEnd, .alias:
            return .scalar(YAMLScalar(text: "", isPlain: true))
        }
    }

    private mutating func alias(_ name: String, at position: SourcePosition) throws(YAMLProblem) -> YAMLNode {
        guard let node = anchors[name] else {
            if open.contains(name) {
                throw YAMLProblem(.aliasOfItself, "An alias stands inside what it stands for.", at: position)
            }
            throw YAMLProblem(.unknownAlias, "No anchor of that name comes before this alias.", at: position)
        }
        try grow(by: node.weight, at: position)
        return node
    }

    private mutating func entries(depth: Int) throws(YAMLProblem) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        var known: Set<String> = []
        var merged: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try node(event, depth: depth + 1)
            let value = try node(try events.next(), depth: depth + 1)
            guard let scalar = key.scalar else {
                note(.keyNotText, "A key is a word, not a list or a mapping.", at: key.position)
                continue
            }
            guard known.insert(scalar.text).inserted else {
                note(.duplicateKey, "\(Words.name(scalar.text)) is here a second time.", at: event.position)
                continue
            }
            if scalar.text == "<<", scalar.isPlain {
                merged.append(value)
            } else {
                entries.append(YAMLEntry(key: scalar.text, position: event.position, value: value))
            }
        }
        for value in merged { merge(value, into: &entries, known: &known) }
        return entries
    }

    /// What is written goes before what is merged, and what is merged first before what comes later.
    private mutating func merge(_ value: YAMLNode, into entries: inout [YAMLEntry], known: inout Set<String>) {
        switch value.content {
        case .mapping(let brought):
            for entry in brought where known.insert(entry.key).inserted { entries.append(entry) }
        case .sequence(let values) where values.allSatisfy({ $0.entries != nil }):
            for value in values { merge(value, into: &entries, known: &known) }
        case .scalar, .sequence:
            note(.badMerge, "<< merges a mapping or a list of mappings.", at: value.position)
        }
    }

    private static let textTag = "tag:yaml.org,2002:str"
    private static let prefix = "tag:yaml.org,2002:"

    /// The tags of YAML itself say nothing that the field does not say; others ask for a program to be run.
    private mutating func checkTag(of event: YAMLEvent) {
        guard let tag = event.tag, tag != "!" else { return }
        let kinds: [String] =
            switch event.kind {
            case .sequenceStart: ["seq"]
            case .mappingStart: ["map"]
            default: ["str", "int", "float", "bool", "null", "timestamp"]
            }
        guard !tag.hasPrefix(Self.prefix) || !kinds.contains(String(tag.dropFirst(Self.prefix.count))) else { return }
        note(.unknownTag, "A tag such as this has no meaning in a blueprint.", at: event.position)
    }
}
