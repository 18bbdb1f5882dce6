// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation

/// The published schema of the frames.
struct LiveContract: Sendable {
    let document: JSONValue
    private let validators: [String: JSONSchema]

    static let shared = Result { try LiveContract() }

    private init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "packages/contracts/live-frames.schema.json")
        let document = try JSONValue.parse(Array(try Data(contentsOf: file)))
        self.document = document
        validators = try Dictionary(
            uniqueKeysWithValues: (document["$defs"]?.object?.names ?? []).map { name in
                (name, try JSONSchema(document, entry: "#/$defs/\(name)", formats: .assert))
            })
    }

    var names: [String] { document["$defs"]?.object?.names ?? [] }

    /// What is wrong with the value as a `definition`; empty when nothing is.
    func faults(_ value: JSONValue, as definition: String) -> [String] {
        guard let validator = validators[definition] else { return ["there is no \(definition)"] }
        return validator.validate(value).map { "\($0.instanceLocation) \($0.message) (\($0.schemaLocation))" }
    }

    /// The definitions that `definition` refers to, directly or not, and itself.
    func reachable(from definition: String) -> Set<String> {
        var found: Set<String> = []
        var next = [definition]
        while let name = next.popLast() {
            guard found.insert(name).inserted, let schema = document["$defs"]?[name] else { continue }
            next += references(in: schema)
        }
        return found
    }

    /// The alternatives of `clientFrame` or `serverFrame`.
    func alternatives(of definition: String) -> [String] {
        references(in: document["$defs"]?[definition] ?? .null)
    }

    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let object):
            object.members.flatMap { name, value in
                name == "$ref" ? [String(value.string?.dropFirst("#/$defs/".count) ?? "")] : references(in: value)
            }
        default: []
        }
    }
}
