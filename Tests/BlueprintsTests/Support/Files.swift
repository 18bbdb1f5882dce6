// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Foundation

/// Files beside the tests, of the repository, and beside the repository.
enum Files {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let repository = tests.deletingLastPathComponent().deletingLastPathComponent()
    private static let reference = repository.deletingLastPathComponent().appending(path: "shared/reference/render")

    static func ofRepository(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: repository.appending(path: path)))
    }

    /// A file of what is known about Render.
    static func known(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: reference.appending(path: path)))
    }

    /// The names of real blueprints from public repositories.
    static func blueprints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: reference.appending(path: "blueprints").path()).sorted()
    }
}

extension Blueprint {
    static func reading(_ text: String) -> Blueprint { read(Array(text.utf8)) }

    /// `error 3:5 services[0].plan wrong_value`, one for each diagnostic.
    var told: [String] {
        diagnostics.map { "\($0.severity.rawValue) \($0.position) \($0.path) \($0.code)" }
    }

    var codes: [String] { diagnostics.map(\.code) }
}
