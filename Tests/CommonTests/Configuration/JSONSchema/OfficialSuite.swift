// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation

/// The official test suite of JSON Schema, read from beside the repository.
struct OfficialSuite {
    struct Case {
        /// `items.json / a schema given for items / valid items`.
        let name: String
        let schema: JSONValue
        let data: JSONValue
        let isValid: Bool
    }

    private static let root = PackageRoot.url.deletingLastPathComponent()
        .appending(path: "shared/reference/json-schema-suite")

    /// Every document under `remotes/`, by the address the suite gives it.
    let remotes: [String: JSONValue]

    init() throws {
        let folder = Self.root.appending(path: "remotes").standardizedFileURL
        var remotes: [String: JSONValue] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".json") {
            remotes["http://localhost:1234/\(path)"] = try Self.document(folder.appending(path: path))
        }
        self.remotes = remotes
    }

    /// The files right inside a folder of the draft, sorted.
    static func files(_ folder: String = "") throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: "tests/draft2020-12/\(folder)"), includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "json" }
        .sorted { $0.path < $1.path }
    }

    static func cases(_ file: URL) throws -> [Case] {
        try (document(file).array ?? []).flatMap { group in
            (group["tests"]?.array ?? []).map { test in
                Case(
                    name: [
                        file.lastPathComponent, group["description"]?.string ?? "", test["description"]?.string ?? "",
                    ]
                    .joined(separator: " / "),
                    schema: group["schema"] ?? .null, data: test["data"] ?? .null,
                    isValid: test["valid"]?.bool ?? false)
            }
        }
    }

    private static func document(_ file: URL) throws -> JSONValue { try JSONValue.parse(Array(Data(contentsOf: file))) }

    /// Whether the validator says of a case what the suite says; both of its ways of answering are asked.
    func agrees(_ test: Case, formats: JSONSchema.FormatMode) -> Bool {
        guard let schema = try? JSONSchema(test.schema, resolving: remotes, formats: formats) else { return false }
        return schema.isValid(test.data) == test.isValid && schema.validate(test.data).isEmpty == test.isValid
    }
}
