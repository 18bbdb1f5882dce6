// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Foundation

/// A blueprint as it was read from a file.
struct BlueprintFile {
    /// As it was named.
    let path: String
    let text: String
    let blueprint: Blueprint

    /// The longest that is read: as much as renderctl-svc takes.
    private static let limit = 1_000_000

    /// Reads it; `-` is standard input.
    private init(reading path: String) throws {
        self.path = path
        let bytes = try Self.bytes(of: path)
        guard bytes.count <= Self.limit else {
            throw Failure("\(path) is longer than \(Self.limit) bytes, which is no blueprint")
        }
        text = String(decoding: bytes, as: UTF8.self)
        blueprint = Blueprint.read(bytes)
    }

    /// Reads and checks it, says on standard error what there is to say about it, and throws when it cannot be planned: what
    /// is wrong with it is shown to `programs` then, as the plan would have been.
    init(_ path: String, showing programs: (ShownPlan) throws -> Void) throws {
        try self.init(reading: path)
        for diagnostic in blueprint.diagnostics { Annotations.current?.show(diagnostic, of: path) }
        let errors = blueprint.diagnostics.count { $0.severity == .error }
        guard errors == 0 else {
            // Of a valid one the plan says them.
            for diagnostic in blueprint.diagnostics { Terminal.note(line(diagnostic)) }
            try programs(ShownPlan(OfflinePlan.make(of: blueprint), of: path))
            throw Failure(
                "\(path) is not a valid blueprint: \(errors == 1 ? "1 error" : "\(errors) errors")",
                hints: ["Correct what is named above and try again."])
        }
    }

    /// Whether renderctl-svc takes what it is called for the name of a file.
    var isNameable: Bool { (1...500).contains(path.unicodeScalars.count) && TextPattern.fileName.matches(path) }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard path != "-" else { return try bytes(from: .standardInput, path) }
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure(
                "there is no file \(path)",
                hints: ["Paths are looked up from \(FileManager.default.currentDirectoryPath)."])
        }
        guard !isFolder.boolValue else {
            throw Failure("\(path) is a folder", hints: ["Name the blueprint in it, such as \(path)/render.yaml."])
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure("\(path) cannot be read", hints: ["Check who may read it: ls -l \(path)"])
        }
        return try bytes(from: file, path)
    }

    /// Up to one byte more than may be: a pipe need not end.
    private static func bytes(from file: FileHandle, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while bytes.count <= limit, let piece = try file.read(upToCount: limit + 1 - bytes.count), !piece.isEmpty {
                bytes += piece
            }
        } catch {
            throw Failure("\(path) cannot be read: \(error.localizedDescription)")
        }
        return bytes
    }

    private func line(_ diagnostic: Diagnostic) -> String {
        "\(path):\(diagnostic.position): \(diagnostic.severity.rawValue): \(diagnostic.path.isEmpty ? "" : "\(diagnostic.path): ")"
            + "\(diagnostic.message) [\(diagnostic.code)]"
    }
}
