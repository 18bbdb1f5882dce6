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

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
        /// The name without what follows its last dot.
        var stem: String { name.split(separator: ".").dropLast().joined(separator: ".") }
        var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var testDescription: String { path }

        /// The module whose folder this is in: `Sources/Store/…` is `Store`, `services/x-svc/Sources/…` is `x-svc`.
        var module: String {
            let parts = path.split(separator: "/")
            return parts.count > 1 ? String(parts[1]) : path
        }

        /// The lines with what is in comments taken out, for rules about code alone.
        var code: [Substring] {
            lines.map { line in
                let trimmed = line.drop { $0 == " " }
                return trimmed.hasPrefix("//") ? "" : line
            }
        }
    }

    /// Every Swift file below `folders`, in the order of their paths.
    static func swiftFiles(_ folders: String...) throws -> [File] {
        try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
                .filter { $0.hasSuffix(".swift") && !$0.split(separator: "/").contains(".build") }
                .sorted()
                .map { path in
                    let path = "\(folder)/\(path)"
                    return File(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
                }
        }
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
