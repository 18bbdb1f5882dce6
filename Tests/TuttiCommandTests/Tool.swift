// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit

/// The real `tutti`, run as a process of its own.
struct Tool {
    struct Outcome {
        let status: Int32
        /// Standard output and standard error.
        let output: String
        let errors: String

        /// Standard output as JSON.
        var json: JSONObject {
            get throws { try JSONValue.parse(output).object ?? [:] }
        }

        var everything: String { output + errors }
    }

    /// It was ended by a signal.
    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    /// A folder for what the tool reads and writes, gone with `body`.
    static func withFolder<Value>(_ body: (Folder) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-command-\(ULID.make().text)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(Folder(path: path))
    }

    /// Runs it with nothing in its environment but what is given.
    static func run(
        _ arguments: [String], _ environment: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        try await withFolder { folder in
            try await run(folder, [BuiltProgram.path("tutti")] + arguments, environment, within: limit)
        }
    }

    /// The same with a text on its standard input.
    static func run(_ arguments: [String], reading text: String) async throws -> Outcome {
        try await withFolder { folder in
            let input = try folder.write("input", text)
            let descriptor = unsafe open(input, O_RDONLY)
            defer { close(descriptor) }
            return try await run(
                folder, [BuiltProgram.path("tutti")] + arguments, [:], input: descriptor, within: .seconds(60))
        }
    }

    /// The same at a terminal, where `typed` is what a person types.
    static func runAtTerminal(
        _ arguments: [String], _ environment: [String: String] = [:], typing typed: String
    ) async throws -> Outcome {
        try await withFolder { folder in
            let words = try ([BuiltProgram.path("tutti")] + arguments).map { "'\($0)'" }.joined(separator: " ")
            let input = try folder.write("typed", typed)
            let descriptor = unsafe open(input, O_RDONLY)
            defer { close(descriptor) }
            return try await run(
                folder, ["/usr/bin/script", "-q", "-e", "-c", words, "/dev/null"],
                environment.merging(["TERM": "xterm", "SHELL": "/bin/sh"]) { given, _ in given }, input: descriptor,
                within: .seconds(60))
        }
    }

    private static func run(
        _ folder: Folder, _ command: [String], _ environment: [String: String], input: Int32? = nil,
        within limit: Duration
    ) async throws -> Outcome {
        let child = try ChildProcess(
            command, environment: environment, input: input, output: folder.file("output"),
            errors: folder.file("errors"))
        let ending = try await child.waitForEnd(within: limit)
        guard case .exited(let status) = ending else {
            throw Ended(description: "tutti ended by \(ending): \(folder.read("errors"))")
        }
        return Outcome(status: status, output: folder.read("output"), errors: folder.read("errors"))
    }
}

/// A folder of one test.
struct Folder {
    let path: String

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and answers where it is.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: file(name)) ?? Data(), as: UTF8.self)
    }
}

/// Files beside the tests.
enum Files {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The blueprint of this very suite.
    static let ours = root.appending(path: "infra/render.blueprint.yaml").path

    /// The blueprints of others, which lie beside the clone; none where they are not there.
    static var corpus: [String] {
        let folder = root.deletingLastPathComponent().appending(path: "shared/reference/render/blueprints")
            .standardizedFileURL
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder.appending(path: $0).path }
    }
}
