// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The files of this repository, as the rules about them see them.
enum Repository {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// One Swift file, by its path from the root.
    struct File: Sendable, CustomTestStringConvertible {
        let path: String
        let text: String
        let lines: [Substring]
        /// The lines with those that are comments emptied, for rules about code alone.
        let code: [Substring]

        init(path: String, text: String) {
            self.path = path
            self.text = text
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            code = lines.map { $0.utf8.drop { $0 == UInt8(ascii: " ") }.starts(with: "//".utf8) ? "" : $0 }
        }

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
        /// The name without what follows its last dot.
        var stem: String { name.split(separator: ".").dropLast().joined(separator: ".") }
        var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
        var testDescription: String { path }

        /// The module whose folder this is in: `Sources/Store/…` is `Store`, `services/x-svc/Sources/…` is `x-svc`.
        var module: String {
            let parts = path.split(separator: "/")
            return parts.count > 1 ? String(parts[1]) : path
        }
    }

    /// Read once, in the order of their paths.
    private static let files = Result {
        try ["Sources", "services", "packages", "Benchmarks", "Tests"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
                .filter { $0.hasSuffix(".swift") && !$0.split(separator: "/").contains(".build") }
                .sorted()
                .map { path in
                    let path = "\(folder)/\(path)"
                    return File(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
                }
        }
    }

    /// Every Swift file below `folders`.
    static func swiftFiles(_ folders: String...) throws -> [File] {
        try files.get().filter { file in folders.contains { file.path.hasPrefix("\($0)/") } }
    }

    /// The names of the folders in `folder`.
    static func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey]
        )
        .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
        .map(\.lastPathComponent)
        .sorted()
    }
}
