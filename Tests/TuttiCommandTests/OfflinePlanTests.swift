// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

/// `tutti render plan --offline`, on files that people have really written, and on our own.
@Suite struct OfflinePlanTests {
    @Test(arguments: Files.corpus.filter { !$0.contains("INVALID") })
    func `a blueprint that somebody uses plans against an empty account`(file: String) async throws {
        let text = try await Tool.run(["render", "plan", "--offline", file])
        #expect(text.status == 2, "\(text.everything)")
        #expect(text.errors.isEmpty)
        #expect(text.output.contains("Plan: "))
        let json = try await Tool.run(["render", "plan", "--offline", "--json", file])
        #expect(json.status == 2)
        try expectSameCounts(text.output, json.json)
    }

    @Test func `the invalid blueprint is refused with the lines that are wrong`() async throws {
        let file = try #require(Files.corpus.first { $0.contains("INVALID") })
        let outcome = try await Tool.run(["render", "plan", "--offline", file])
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        for place in ["\(file):4:10: error:", "\(file):5:19: error:", "\(file):6:19: error:"] {
            #expect(outcome.errors.contains(place), "\(outcome.errors)")
        }
        #expect(outcome.errors.contains("is not a valid blueprint"))
    }

    @Test func `what is wrong with a file is there for programs, too`() async throws {
        let file = try #require(Files.corpus.first { $0.contains("INVALID") })
        try await Tool.withFolder { folder in
            let out = folder.file("plan.json")
            let outcome = try await Tool.run(["render", "plan", "--offline", "--json", "--out", out, file])
            #expect(outcome.status == 1)
            for plan in [try outcome.json, try JSONValue.parse(folder.read("plan.json")).object ?? [:]] {
                #expect(plan["exit_code"] == 1 && plan["actions"] == [])
                let errors = (plan["diagnostics"]?.array ?? []).filter { $0["severity"] == "error" }
                #expect(errors.compactMap { $0["position"]?["line"]?.int } == [4, 5, 6])
            }
        }
        let applied = try await Tool.run(["render", "apply", "--json", "--yes", file])
        #expect(applied.status == 1)
        #expect(try applied.json["exit_code"] == 1)
    }

    @Test func `a blueprint may come from standard input`() async throws {
        let file = "services: [{type: web, name: web, runtime: image, image: {url: nginx}}]"
        let outcome = try await Tool.run(["render", "plan", "--offline", "-"], reading: file)
        #expect(outcome.status == 2, "\(outcome.everything)")
        #expect(outcome.output.contains("+ service/web (web_service)"))
        let wrong = try await Tool.run(["render", "plan", "--offline", "-"], reading: "services: 5\n")
        #expect(wrong.status == 1 && wrong.errors.contains("-:1:11: error: services:"))
        let long = try await Tool.run(
            ["render", "plan", "--offline", "-"], reading: String(repeating: "#\n", count: 600_000))
        #expect(long.status == 1 && long.errors.contains("longer than"))
    }

    @Test func `the counts come first and what there is to say last`() async throws {
        let file = "services: [{type: web, name: web, runtime: image, plan: Starter, image: {url: nginx}}]"
        let lines = try await Tool.run(["render", "plan", "--offline", "-"], reading: file).output.split(
            separator: "\n")
        #expect(lines.first?.hasPrefix("Plan: 1 to create") == true)
        #expect(lines.dropLast().last?.hasPrefix("-:1:57: warning:") == true, "\(lines)")
        #expect(lines.last?.hasPrefix("Next: ") == true)
    }

    private static let ourRepository = ["--repo", "https://github.com/example/tutti"]

    @Test func `our own blueprint plans cleanly`() async throws {
        let outcome = try await Tool.run(["render", "plan", "--offline", "--json"] + Self.ourRepository + [Files.ours])
        #expect(outcome.status == 2, "\(outcome.everything)")
        let plan = try outcome.json
        #expect(plan["diagnostics"]?.array?.isEmpty == true)
        #expect(plan["counts"]?["create"]?.int == 8)
        #expect(plan["counts"]?["blocked"]?.int == 0)
        let services = (plan["actions"]?.array ?? []).filter { $0["kind"]?.string == "service" }
        #expect(
            services.compactMap { $0["name"]?.string }.sorted() == [
                "echo-agent-svc", "engine-svc", "logging-svc", "orchestrator-svc", "renderctl-svc", "tutti-dashboard",
            ])
        #expect(services.count { $0["service_type"]?.string == "web_service" } == 4)
        #expect(services.count { $0["service_type"]?.string == "static_site" } == 1)
    }

    @Test func `our own blueprint says nothing that a check in CI would have to point at`() async throws {
        let outcome = try await Tool.run(
            ["render", "plan", "--offline", Files.ours],
            ["GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "example/tutti"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.isEmpty)
    }

    @Test func `what is wrong is marked on its line in GitHub Actions`() async throws {
        try await Tool.withFolder { folder in
            let file = try folder.write("render.yaml", "services:\n  - type: web\n    name: a\n    runtime: nerd\n")
            let outcome = try await Tool.run(
                ["render", "plan", "--offline", file], ["GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": folder.path])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("::error file=render.yaml,line=4,col=14,title="), "\(outcome.errors)")
        }
    }

    @Test func `the plan that is written to a file is the one that is shown`() async throws {
        try await Tool.withFolder { folder in
            let outcome = try await Tool.run([
                "render", "plan", "--offline", "--out", folder.file("plan.json"), Files.ours,
            ])
            #expect(outcome.status == 2)
            let plan = try JSONValue.parse(folder.read("plan.json")).object ?? [:]
            try expectSameCounts(outcome.output, plan)
            #expect(plan["plan_id"]?.string?.hasPrefix("plan_") == true)
            #expect(plan["outcome"] == "changes")
        }
    }

    @Test func `a repository is taken from the clone that the file lies in`() async throws {
        try await Tool.withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder.file(".git"), withIntermediateDirectories: true)
            try folder.write(
                ".git/config",
                "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://bot:rnd_canary@github.com/acme/shop.git\n"
            )
            let file = try folder.write(
                "render.yaml",
                "services:\n  - type: web\n    name: a\n    runtime: node\n    buildCommand: x\n    startCommand: y\n")
            let outcome = try await Tool.run(["render", "plan", "--offline", file])
            #expect(outcome.status == 2, "\(outcome.everything)")
            #expect(outcome.output.contains("https://github.com/acme/shop"))
            #expect(!outcome.everything.contains("canary"))
        }
    }

    /// The heading names the same numbers as the JSON.
    private func expectSameCounts(_ text: String, _ json: JSONObject) throws {
        let heading = try #require(text.split(separator: "\n").first { $0.hasPrefix("Plan: ") })
        let counts = try #require(json["counts"]?.object)
        let words = [
            "create": "to create", "update": "to change", "adopt": "to adopt", "prune": "to prune",
            "blocked": "blocked",
            "noop": "unchanged", "deploys": "deploy",
        ]
        for (name, word) in words {
            let expected = try #require(counts[name]?.int)
            let pattern = try Regex("(\\d+) \(word)")
            let shown = heading.firstMatch(of: pattern).flatMap { $0.output[1].substring.flatMap { Int($0) } } ?? 0
            #expect(shown == expected, "\(name) in \(heading)")
        }
    }
}
