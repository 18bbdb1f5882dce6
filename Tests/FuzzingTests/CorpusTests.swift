// SPDX-License-Identifier: Apache-2.0

import Foundation
import Fuzzing
import Testing

/// Every input that once broke something, and the seeds that the fuzzer begins with, through their readers.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CorpusTests {
    struct File: Sendable, CustomTestStringConvertible {
        let target: FuzzTarget
        let url: URL

        var testDescription: String { "\(target.name)/\(url.lastPathComponent)" }
    }

    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzzing/Corpus")

    private static func files(of target: FuzzTarget) throws -> [File] {
        try FileManager.default
            .contentsOfDirectory(at: corpus.appending(path: target.name), includingPropertiesForKeys: nil)
            .sorted { $0.path() < $1.path() }.map { File(target: target, url: $0) }
    }

    private static func all() throws -> [File] { try FuzzTarget.all.flatMap(files) }

    @Test func `every target has a corpus, and every corpus a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path())
        #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
        for target in FuzzTarget.all { #expect(try !Self.files(of: target).isEmpty, "\(target.name) has no seeds") }
    }

    @Test(arguments: try CorpusTests.all()) func `an input of the corpus keeps every promise`(file: File) throws {
        let input = try Data(contentsOf: file.url)
        try file.target.run(Array(input))
    }
}
