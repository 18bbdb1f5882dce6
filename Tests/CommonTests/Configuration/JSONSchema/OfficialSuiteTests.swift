// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

@Suite struct OfficialSuiteTests {
    /// Cases we do not pass, each with the reason; no more than ten.
    static let exceptions: [String: String] = [:]

    @Test func `every required case of draft 2020-12 passes`() throws {
        let suite = try OfficialSuite()
        #expect(!suite.remotes.isEmpty)
        #expect(Self.exceptions.count <= 10)
        var passed = 0
        var failed: [String] = []
        for file in try OfficialSuite.files() {
            for test in try OfficialSuite.cases(file) {
                if suite.agrees(test, formats: .annotate) { passed += 1 } else { failed.append(test.name) }
            }
        }
        print("JSON Schema suite: \(passed) of \(passed + failed.count) required cases pass")
        #expect(passed > 1000)
        #expect(failed.filter { Self.exceptions[$0] == nil } == [])
        // An exception that has come to pass must leave the list.
        #expect(Self.exceptions.keys.filter { !failed.contains($0) } == [])
    }

    @Test(arguments: [
        "date", "date-time", "duration", "ecmascript-regex", "email", "hostname", "idn-email", "ipv4", "ipv6", "iri",
        "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "unknown", "uri", "uri-reference",
        "uuid",
    ])
    func `every case of the format passes when formats are rules`(format: String) throws {
        let suite = try OfficialSuite()
        let file = try #require(
            try OfficialSuite.files("optional/format").first { $0.lastPathComponent == "\(format).json" })
        let cases = try OfficialSuite.cases(file)
        let failed = cases.filter { !suite.agrees($0, formats: .assert) }.map(\.name)
        print("JSON Schema suite: \(cases.count - failed.count) of \(cases.count) cases of format \(format) pass")
        #expect(!cases.isEmpty)
        #expect(failed == [])
    }

    /// Optional parts that hold for this validator. Left out are older drafts and what the specification leaves open:
    /// `cross-draft`, `dependencies-compatibility`.
    @Test(arguments: [
        "anchor", "bignum", "dynamicRef", "ecmascript-regex", "float-overflow", "format-assertion", "id", "no-schema",
        "non-bmp-regex", "refOfUnknownKeyword", "unknownKeyword",
    ])
    func `every case of the optional part passes`(part: String) throws {
        let suite = try OfficialSuite()
        let file = try #require(
            try OfficialSuite.files("optional").first { $0.lastPathComponent == "\(part).json" })
        let cases = try OfficialSuite.cases(file)
        let failed = cases.filter { !suite.agrees($0, formats: .annotate) }.map(\.name)
        print("JSON Schema suite: \(cases.count - failed.count) of \(cases.count) cases of optional \(part) pass")
        #expect(!cases.isEmpty)
        #expect(failed == [])
    }
}
