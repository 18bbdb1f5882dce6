// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

@Suite struct EnvironmentFileTests {
    private static let secrets = "BASIC_AUTH_PASS=correct horse\nINTERNAL_KEY=\(String(repeating: "k", count: 32))\n"

    /// The echo agent's configuration from a file of that text.
    private func report(_ text: String, _ environment: [String: String] = [:]) throws -> ConfigReport {
        let file = FileManager.default.temporaryDirectory.appending(path: "tutti-\(ULID.make().text).env")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return buildConfigReport("echo-agent-svc", environment: environment, file: file.path)
    }

    private func value(_ text: String, of key: String = "BASIC_AUTH_USER") throws -> String? {
        try report(Self.secrets + text).rows.first { $0.key == key }?.value
    }

    @Test func `the environment wins over the file, and the file over the default`() throws {
        let text = Self.secrets + "ORCHESTRATOR_SVC_URL=http://file\nLOG_LEVEL=debug\nPORT=1\n"
        let found = try report(text, ["LOG_LEVEL": "error", "PORT": ""])
        #expect(found.valid)
        let rows = Dictionary(uniqueKeysWithValues: found.rows.map { ($0.key, $0) })
        #expect(rows["LOG_LEVEL"]?.value == "error")
        #expect(rows["LOG_LEVEL"]?.source == .environment)
        #expect(rows["PORT"]?.value == "1")
        #expect(rows["PORT"]?.source == .file)
        #expect(rows["HOST"]?.source == .default)
    }

    @Test(arguments: [
        ("BASIC_AUTH_USER=ann", "ann"), ("  BASIC_AUTH_USER=ann  ", "ann"), ("export BASIC_AUTH_USER=ann", "ann"),
        ("BASIC_AUTH_USER='a#\\n'", "a#\\n"), ("BASIC_AUTH_USER=\"a\\\"b\\\\\\$\" # remark", "a\"b\\$"),
        ("BASIC_AUTH_USER=ann # remark", "ann"), ("BASIC_AUTH_USER=ann#1", "ann#1"), ("BASIC_AUTH_USER=a=b", "a=b"),
        ("# BASIC_AUTH_USER=ann", "admin"), ("BASIC_AUTH_USER=", "admin"), ("BASIC_AUTH_USER=''", "admin"),
        ("BASIC_AUTH_USER=a\r\nBASIC_AUTH_USER=b\r\n", "b"), ("BASIC_AUTH_USER=$HOME", "$HOME"),
    ])
    func `values may be bare or quoted`(text: String, expected: String) throws {
        #expect(try value(text) == expected)
    }

    @Test(arguments: [
        "hunter2", "1KEY=hunter2", "A-B=hunter2", "=hunter2", "KEY='hunter2", "KEY=\"hunter2", "KEY=\"\\q\"",
        "KEY='a' hunter2",
    ])
    func `a line that cannot be read is named by its number and not shown`(line: String) throws {
        let found = try report("\n" + Self.secrets + line)
        #expect(found.problems.count == 1)
        #expect(found.problems[0].hasSuffix("line 4: expected KEY=value"))
        #expect(!found.valid)
        #expect(!"\(found)".contains("hunter2"))
    }

    @Test func `a file that is not there or not text is a problem`() throws {
        #expect(
            buildConfigReport("echo-agent-svc", environment: [:], file: "/nowhere/.env").problems
                == ["/nowhere/.env cannot be read"])
        #expect(try report(String(repeating: "#", count: 1_048_577)).problems.count == 1)
    }
}
