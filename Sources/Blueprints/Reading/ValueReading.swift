// SPDX-License-Identifier: Apache-2.0

import Common

/// Values by their shapes, from source text.
extension BlueprintReader {
    /// A value in its canonical form; nil when it is none, which has been said then.
    mutating func value(_ node: YAMLNode, _ shape: Shape, _ path: DocumentPath) -> JSONValue? {
        switch shape {
        case .text: text(node, path, isEmptyAllowed: true)
        case .command: text(node, path, isEmptyAllowed: true, isStrict: true)
        case .word: text(node, path, isEmptyAllowed: false)
        case .integer(let range): integer(node, range, path)
        case .flag: flag(node, path)
        case .choice(let choices): choice(node, choices, path)
        case .plan(let plans): plan(node, plans, path)
        case .list(let item): list(node, item, path)
        case .object(let place): object(node, at: place, path)
        case .nullable(let inner): node.isNull ? .null : value(node, inner, path)
        case .only(let place): only(node, at: place, path)
        case .converted(let inner, let convert):
            value(node, inner, path).flatMap { $0.isNull ? JSONValue.null : convert($0) }
        case .any, .secret, .structure, .structures: .null
        }
    }

    private mutating func scalar(_ node: YAMLNode, _ path: DocumentPath, wanted: String) -> YAMLScalar? {
        if let scalar = node.scalar { return scalar }
        report.note(.error, .wrongType, path, "\(wanted) belongs here, not a list or an object.", at: node.position)
        return nil
    }

    /// As `scalar`, and with something in it.
    private mutating func filled(_ node: YAMLNode, _ path: DocumentPath, wanted: String) -> YAMLScalar? {
        guard let scalar = scalar(node, path, wanted: wanted) else { return nil }
        guard !scalar.isNull, !scalar.text.isEmpty else {
            empty(node, path)
            return nil
        }
        return scalar
    }

    private mutating func empty(_ node: YAMLNode, _ path: DocumentPath) {
        report.note(
            .error, .emptyField, path, "This is empty; give it a value, or leave the line out.", at: node.position)
    }

    private mutating func text(
        _ node: YAMLNode, _ path: DocumentPath, isEmptyAllowed: Bool, isStrict: Bool = false
    ) -> JSONValue? {
        guard let scalar = scalar(node, path, wanted: "Text") else { return nil }
        if scalar.isNull || scalar.text.isEmpty {
            guard !isEmptyAllowed else {
                takenAsEmpty(node, "\"\"", path)
                return ""
            }
            empty(node, path)
            return nil
        }
        if let look = scalar.look {
            guard !isStrict else {
                report.note(
                    .error, .wrongType, path,
                    "A command is text, and this is \(look.rawValue); put it into quotes if meant.",
                    at: node.position)
                return nil
            }
            unquoted(look, node, path)
        }
        return .string(scalar.text)
    }

    /// Nothing at all may be a value that was forgotten, or lines below that are commented out.
    private mutating func takenAsEmpty(_ node: YAMLNode, _ empty: String, _ path: DocumentPath) {
        guard node.isNull else { return }
        report.note(
            .warning, .emptyField, path, "This is taken as empty; write \(empty) if that is meant.", at: node.position)
    }

    private mutating func unquoted(_ look: YAMLScalar.Look, _ node: YAMLNode, _ path: DocumentPath) {
        report.note(
            .warning, .unquotedText, path,
            "Without quotes this is \(look.rawValue) to other readers of YAML; it is taken as the text that it is written as.",
            at: node.position)
    }

    private mutating func integer(_ node: YAMLNode, _ range: ClosedRange<Int>, _ path: DocumentPath) -> JSONValue? {
        guard let scalar = filled(node, path, wanted: "A whole number") else { return nil }
        let digits = scalar.text.utf8
        guard let number = Int(scalar.text), digits.first != UInt8(ascii: "+"),
            digits.first != UInt8(ascii: "0") || digits.count == 1
        else {
            report.note(
                .error, .wrongType, path, "A whole number belongs here, in plain decimal digits.", at: node.position)
            return nil
        }
        guard range.contains(number) else {
            let most = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
            report.note(
                .error, .wrongValue, path, "This is at least \(range.lowerBound)\(most), not \(number).",
                at: node.position)
            return nil
        }
        if !scalar.isPlain {
            report.note(.warning, .spelling, path, "A number is written without quotes.", at: node.position)
        }
        return JSONValue(number)
    }

    /// The value is not repeated: what stands here by mistake may be a secret.
    mutating func flag(_ node: YAMLNode, _ path: DocumentPath) -> JSONValue? {
        guard let scalar = filled(node, path, wanted: "true or false") else { return nil }
        guard let value = Self.truths[scalar.text.lowercased()] else {
            report.note(.error, .wrongType, path, "true or false belongs here.", at: node.position)
            return nil
        }
        let isNative = scalar.look == .truth || dialect == .api && (scalar.text == "yes" || scalar.text == "no")
        if !isNative {
            report.note(
                .warning, .spelling, path, "This is taken as \(value); write \(value), without quotes.",
                at: node.position)
        }
        return .bool(value)
    }

    private static let truths = [
        "true": true, "yes": true, "on": true, "y": true, "false": false, "no": false, "off": false, "n": false,
    ]

    mutating func choice(_ node: YAMLNode, _ choices: Choices, _ path: DocumentPath) -> JSONValue? {
        guard let scalar = filled(node, path, wanted: "A word") else { return nil }
        guard let meaning = choices.meaning(of: scalar.text) else {
            report.note(
                .error, .wrongValue, path,
                "\(Words.name(scalar.text)) is none of the values there are: \(Words.choice(choices.words))."
                    + Words.suggestion(for: scalar.text, among: choices.words),
                at: node.position)
            return nil
        }
        if let spelling = meaning.spelling {
            report.note(
                .warning, .spelling, path, "\(Words.name(scalar.text)) is taken as `\(spelling)`; write it so.",
                at: node.position)
        } else if let look = scalar.look {
            unquoted(look, node, path)
        }
        return .string(meaning.value)
    }

    private mutating func plan(_ node: YAMLNode, _ plans: Plans, _ path: DocumentPath) -> JSONValue? {
        guard let scalar = filled(node, path, wanted: "The name of a plan") else { return nil }
        guard let meaning = plans.meaning(of: scalar.text, in: dialect) else {
            report.note(
                .warning, .unknownPlan, path,
                "\(Words.name(scalar.text)) is a plan that is not known here; it is passed on as it is."
                    + Words.suggestion(for: scalar.text, among: plans.names),
                at: node.position)
            return .string(scalar.text)
        }
        if let spelling = meaning.spelling {
            report.note(
                .warning, .spelling, path,
                "\(Words.name(scalar.text)) is taken as the plan `\(spelling)`; write it so.",
                at: node.position)
        }
        return .string(meaning.value)
    }

    private mutating func list(_ node: YAMLNode, _ item: Shape, _ path: DocumentPath) -> JSONValue? {
        var values: [JSONValue] = []
        guard !node.isNull else {
            // An empty list lets nobody in, or takes every replica away: not a thing to guess.
            report.note(
                .error, .emptyField, path,
                "Nothing is written here: write [] for an empty list, or leave the line out.",
                at: node.position)
            return nil
        }
        guard case .sequence(let items) = node.content else {
            report.note(
                .error, .wrongType, path, "A list belongs here, with a - before each item.", at: node.position)
            return nil
        }
        values.reserveCapacity(items.count)
        for (index, node) in items.enumerated() {
            if let value = value(node, item, path.index(index)) { values.append(value) }
        }
        return .array(values)
    }

    private mutating func only(_ node: YAMLNode, at place: Place, _ path: DocumentPath) -> JSONValue? {
        guard let object = object(node, at: place, path) else { return nil }
        return object.object?.members.first?.value
    }

    /// An object with its members under their names in the internal form.
    mutating func object(_ node: YAMLNode, at place: Place, _ path: DocumentPath) -> JSONValue? {
        guard let entries = objectEntries(node, path) else { return nil }
        var object = JSONObject()
        var given: Set<String> = []
        for entry in entries {
            let path = path.key(entry.key)
            guard let known = known(entry, at: place, path) else { continue }
            guard given.insert(known.name).inserted else {
                report.note(
                    .error, .givenTwice, path, "`\(known.key)` gives what another key has given already.",
                    at: entry.position)
                continue
            }
            let value = value(entry.value, known.shape, path)
            if let value, !value.isNull { object[known.name] = value }
        }
        return complete(object, given, at: place, node, path)
    }

    private mutating func complete(
        _ object: JSONObject, _ given: Set<String>, at place: Place, _ node: YAMLNode, _ path: DocumentPath
    ) -> JSONValue? {
        var object = object
        var isComplete = true
        for entry in Catalogue.entries(at: place) where object[entry.name] == nil {
            switch entry.presence {
            case .optional: break
            case .otherwise(let value, let ofAPI):
                object[entry.name] = dialect == .api ? ofAPI ?? value : value
            case .required:
                isComplete = false
                guard !given.contains(entry.name) else { continue }
                let own = Catalogue.entries(at: place).first { $0.name == entry.name && $0.dialect == dialect }
                missing((own ?? entry).key, in: node, path)
            }
        }
        if isComplete { takenAsEmpty(node, "{}", path) }
        return isComplete ? .object(object) : nil
    }
}
