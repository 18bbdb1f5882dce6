// SPDX-License-Identifier: Apache-2.0

import Common

/// Variables. Nothing that is said here repeats what stands as a value, or where a value may have slipped to.
extension BlueprintReader {
    /// What a person puts in place of a value that is none of the file's business.
    static let placeholder = "__REPLACE__"

    /// The variables of a service or a group: a list of objects, or a map in the API's shape.
    mutating func environment(_ node: YAMLNode, _ path: DocumentPath, at place: Place, of draft: inout ServiceDraft) {
        switch node.content {
        case .mapping(let entries):
            if dialect == .render {
                report.note(
                    .warning, .otherDialect, path, "A render.yaml lists its variables, each with `key` and `value`.",
                    at: node.position)
            }
            for entry in entries { mapped(entry, path.key(entry.key), at: place, of: &draft) }
        case .sequence(let items):
            for (index, item) in items.enumerated() { listed(item, path.index(index), at: place, of: &draft) }
        case .scalar where node.isNull: break
        case .scalar:
            report.note(
                .error, .wrongType, path, "A list of variables belongs here, each with `key` and `value`.",
                at: node.position)
        }
    }

    private mutating func mapped(
        _ entry: YAMLEntry, _ path: DocumentPath, at place: Place, of draft: inout ServiceDraft
    ) {
        guard checkKey(entry.key, path, at: entry.position) else { return }
        if entry.value.entries != nil {
            guard entry.value["key"] == nil, entry.value["fromGroup"] == nil else {
                return report.note(
                    .error, .wrongValue, path, "Within a map the variable's name is its key, and groups have no place.",
                    at: entry.position)
            }
            let found = sources(entry.value, path, at: place)
            variable(entry.key, found, entry.value, path, at: entry.position, place, of: &draft)
        } else if let source = literal(entry.value, path) {
            keep(EnvironmentVariable(key: entry.key, source: source, at: entry.position), path, in: &draft)
        }
    }

    private mutating func listed(_ node: YAMLNode, _ path: DocumentPath, at place: Place, of draft: inout ServiceDraft)
    {
        guard node.entries != nil else {
            return report.note(
                .error, .wrongType, path, "A variable is an object with `key` and what gives its value.",
                at: node.position)
        }
        let found = sources(node, path, at: place)
        if let group = found.group {
            guard node["key"] == nil, found.sources.isEmpty, !found.isPreviewed else {
                return report.note(
                    .error, .severalSources, path, "`fromGroup` brings in a whole group and stands by itself.",
                    at: node.position)
            }
            guard draft.groupNames.insert(group.value).inserted else {
                return report.note(
                    .warning, .duplicateGroup, path, "The group is brought in already.", at: group.position)
            }
            draft.references.append(
                FoundReference(place: .group(group.value), path: path.key("fromGroup"), position: group.position))
            return draft.groups.append(group)
        }
        guard let entry = node.entry("key") else { return missing("key", in: node, path) }
        let keyPath = path.key("key")
        guard let key = value(entry.value, .word, keyPath)?.string, checkKey(key, keyPath, at: entry.value.position)
        else {
            return
        }
        variable(key, found, node, path, at: node.position, place, of: &draft)
    }

    /// Letters, digits, `_`, `-` and dots, not a digit first, as Render has it. The key itself is not repeated: it may have
    /// its value behind a `=`.
    private mutating func checkKey(_ key: String, _ path: DocumentPath, at position: SourcePosition) -> Bool {
        let isGood =
            !key.isEmpty && key.utf8.count <= 255 && key.utf8.allSatisfy { Self.keyBytes.contains($0) }
            && key.utf8.first.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } == false
        if !isGood {
            report.note(
                .error, .badKey, path,
                "A variable's name is made of letters, digits, _ - and dots, and begins with no digit.", at: position)
        }
        return isGood
    }

    private static let keyBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.".utf8)

    private mutating func variable(
        _ key: String, _ found: FoundSources, _ node: YAMLNode, _ path: DocumentPath, at position: SourcePosition,
        _ place: Place, of draft: inout ServiceDraft
    ) {
        guard !found.isBroken else { return }
        let kinds = Set(found.sources.map(\.key))
        if kinds.isSuperset(of: ["value", "sync"]) {
            return report.note(
                .error, .valueAndSync, path,
                "`value` and `sync` do not go together: either the file gives the value or a person.",
                at: node.position)
        }
        guard found.sources.count <= 1 else {
            return report.note(
                .error, .severalSources, path,
                "A variable has one source, not \(found.sources.count): \(Words.choice(found.sources.map(\.key))).",
                at: node.position)
        }
        guard let source = found.sources.first else {
            // A value for previews only: what it is for has been said.
            guard !found.isPreviewed else { return }
            return report.note(
                .error, .noSource, path,
                "Nothing gives the variable a value: add `value`, `generateValue: true`, `sync: false` or a reference.",
                at: node.position)
        }
        if source.key == "sync", place == .groupVar {
            report.note(
                .warning, .enteredInGroup, path.key("sync"),
                "Render passes over `sync: false` in a group; here it says that a person enters the value.",
                at: source.position)
        }
        let variable = EnvironmentVariable(
            key: key, source: source.value, hasPreviewValue: found.isPreviewed, at: position)
        guard keep(variable, path, in: &draft), case .reference = source.value else { return }
        draft.references.append(
            FoundReference(
                place: .variable(draft.environment.count - 1), path: path.key(source.key), position: source.position))
    }

    @discardableResult
    private mutating func keep(
        _ variable: EnvironmentVariable, _ path: DocumentPath, in draft: inout ServiceDraft
    ) -> Bool {
        guard draft.keys.insert(variable.key).inserted else {
            report.note(
                .error, .duplicateVariable, path, "`\(variable.key)` is here a second time.", at: variable.position)
            return false
        }
        draft.environment.append(variable)
        return true
    }

    /// The value that stands in the file, as it is written there.
    mutating func literal(_ node: YAMLNode, _ path: DocumentPath) -> EnvironmentSource? {
        guard let scalar = node.scalar else {
            report.note(
                .error, .wrongType, path, "The value of a variable is text, not a list or an object.", at: node.position
            )
            return nil
        }
        if scalar.isNull {
            report.note(
                .warning, .emptyField, path, "The variable is taken as empty; write \"\" if that is meant.",
                at: node.position)
            return .literal(Secret(""))
        }
        guard scalar.text != Self.placeholder else { return .entered }
        switch scalar.look {
        case .truth:
            report.note(
                .warning, .unquotedText, path, "Without quotes this is no text; it is taken as it is written.",
                at: node.position)
        case .number where !Self.isSteady(scalar.text):
            report.note(
                .warning, .unquotedText, path,
                "Other readers of YAML would write this number differently; it is taken as it is written. Put it into quotes.",
                at: node.position)
        case .number, nil: break
        }
        return .literal(Secret(scalar.text))
    }

    /// Whether a number comes out of any reader as it went in.
    private static func isSteady(_ text: String) -> Bool {
        if let number = Int(text) { return String(number) == text }
        return text.utf8.allSatisfy { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") && $0 != UInt8(ascii: "_") }
            && Double(text).map { "\($0)" == text } == true
    }
}
