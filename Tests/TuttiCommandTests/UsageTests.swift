// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit
import Testing

/// What the tool says when it is used wrongly, or asked about itself.
@Suite struct UsageTests {
    private static let small =
        "envVarGroups:\n  - name: g\n    envVars:\n      - key: K\n        value: canary-in-file\n"

    @Test func `it knows its version and explains itself`() async throws {
        let version = try await Tool.run(["--version"])
        #expect(version.status == 0)
        #expect(version.output == "tutti 0.1.0\n")
        for words in [
            ["--help"], ["render", "--help"], ["render", "plan", "--help"], ["render", "apply", "--help"], ["render"],
        ] {
            let help = try await Tool.run(words)
            #expect(help.status == 0, "\(words)")
            #expect(help.output.contains("USAGE: tutti"))
            #expect(help.errors.isEmpty)
        }
        let plan = try await Tool.run(["render", "plan", "--help"])
        #expect(plan.output.contains("Examples:"))
    }

    @Test(arguments: [
        ["render", "plan"], ["render", "plan", "--nonsense", "x"], ["render", "apply"], ["nonsense"],
        ["render", "plan", "--offline", "--server", "http://x", "f"], ["render", "plan", "--name", "Not A Name", "f"],
        ["render", "apply", "--plan-id", "7", "f"], ["render", "plan", "--color", "sometimes", "f"],
        ["render", "plan", "--prune-count", "3", "f"],
    ])
    func `bad usage ends with 1 and says so on standard error`(words: [String]) async throws {
        let outcome = try await Tool.run(words)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("Error:"))
    }

    @Test func `a file that is not there, a folder and a long file are named`() async throws {
        try await Tool.withFolder { folder in
            let missing = try await Tool.run(["render", "plan", "--offline", folder.file("none.yaml")])
            #expect(missing.status == 1)
            #expect(missing.errors.contains("error: there is no file \(folder.file("none.yaml"))"))
            let directory = try await Tool.run(["render", "plan", "--offline", folder.path])
            #expect(directory.status == 1)
            #expect(directory.errors.contains("is a folder"))
            let long = try folder.write("long.yaml", String(repeating: "# too much\n", count: 100_000))
            #expect(try await Tool.run(["render", "plan", "--offline", long]).status == 1)
        }
    }

    @Test func `a value on the command line is refused without being repeated`() async throws {
        let outcome = try await Tool.run([
            "render", "plan", "--offline", "--set", "service/a.KEY=canary-value", Files.ours,
        ])
        #expect(outcome.status == 1)
        let inEnvironment = try await Tool.run(
            ["render", "plan", "--offline", "--set", "service/nobody.KEY=env:VALUE", Files.ours], ["VALUE": "canary"])
        #expect(inEnvironment.status == 1)
        #expect(inEnvironment.errors.contains("service/nobody, which is not in"))
        #expect(!inEnvironment.everything.contains("canary"))
    }

    @Test func `without anybody to ask it says what to set`() async throws {
        let outcome = try await Tool.run(["render", "plan", Files.ours])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("TUTTI_RENDERCTL_URL"))
        #expect(outcome.errors.contains("RENDER_API_TOKEN"))
        #expect(outcome.errors.contains("--offline"))
    }

    @Test func `colours are there when asked for and nowhere else`() async throws {
        let plain = try await Tool.run(["render", "plan", "--offline", Files.ours])
        #expect(!plain.everything.contains("\u{1B}"))
        let coloured = try await Tool.run(
            ["render", "plan", "--offline", "--color", "always", Files.ours], ["NO_COLOR": "1"])
        #expect(coloured.output.contains("\u{1B}[32m+"))
        let json = try await Tool.run(["render", "plan", "--offline", "--color", "always", "--json", Files.ours])
        #expect(!json.everything.contains("\u{1B}"))
        let terminal = try await Tool.runAtTerminal(["render", "plan", "--offline", Files.ours], typing: "")
        #expect(terminal.output.contains("\u{1B}[32m+"), "\(terminal.everything)")
        let unwelcome = try await Tool.runAtTerminal(
            ["render", "plan", "--offline", Files.ours], ["NO_COLOR": "1"], typing: "")
        #expect(!unwelcome.output.contains("\u{1B}[32m"))
    }

    @Test func `no value of a variable is ever shown`() async throws {
        try await Tool.withFolder { folder in
            let text =
                Self.small + """
                    services:
                      - type: web
                        name: a
                        runtime: image
                        image: {url: docker.io/library/nginx:1}
                        envVars: [{key: ENTERED, sync: false}, {key: BOTH, sync: false}]

                    """
            let file = try folder.write("render.yaml", text)
            let secret = try folder.write("secret", "canary-from-file\n")
            for extra in [[], ["--json"], ["--out", folder.file("out.json")], ["--color", "always"]] {
                let outcome = try await Tool.run(
                    [
                        "render", "plan", "--offline", "--set", "service/a.ENTERED=env:VALUE", "--set",
                        "service/a.BOTH=@\(secret)",
                    ] + extra + [file], ["VALUE": "canary-from-environment"])
                #expect(outcome.status == 2, "\(outcome.everything)")
                #expect(outcome.output.contains("ENTERED"))
                #expect(!outcome.everything.contains("canary"))
                #expect(!folder.read("out.json").contains("canary"))
            }
        }
    }

    @Test func `an address with credentials in it is refused`() async throws {
        let outcome = try await Tool.run(
            ["render", "plan", "--server", "http://admin:canary@127.0.0.1:1", Files.ours], ["TUTTI_PASSWORD": "x"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("credentials"))
        #expect(!outcome.everything.contains("canary"))
    }

    @Test func `renderctl is told what the file is called, and what it says is shown`() async throws {
        let answer = #"{"plan_id":"plan_1","outcome":"changes","text":"as it was told\n"}"#
        try await ScriptedServer.run { _, _ in
            [.answer(200, answer, headers: ["Content-Type: application/json"])]
        } _: { server in
            let outcome = try await Tool.run(
                ["render", "plan", "--server", "http://127.0.0.1:\(server.port)", Files.ours], ["TUTTI_PASSWORD": "x"])
            #expect(outcome.status == 2, "\(outcome.errors)")
            #expect(outcome.output == "as it was told\n")
            let body = try JSONValue.parse(try #require(server.requests.first).body)
            #expect(body["file"]?.string == Files.ours)
        }
    }

    @Test func `a renderctl that is not there is named with what to check`() async throws {
        let outcome = try await Tool.run(
            ["render", "plan", "--server", "http://127.0.0.1:1", Files.ours], ["TUTTI_PASSWORD": "canary"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot be reached at http://127.0.0.1:1: refused"), "\(outcome.errors)")
        #expect(!outcome.everything.contains("canary"))
        let unnamed = try await Tool.run(["render", "plan", Files.ours], ["TUTTI_RENDERCTL_URL": "http://127.0.0.1:1"])
        #expect(unnamed.status == 1)
        #expect(unnamed.errors.contains("TUTTI_PASSWORD"))
    }
}
