// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit
import Testing

/// The tool with a renderctl-svc that answers as it is told to.
@Suite struct ServerTests {
    private static let plan: JSONValue = [
        "plan_id": "plan_0123456789abcdef", "outcome": "changes", "actions": [], "diagnostics": [],
        "text": "Plan: 0 to create, 2 to change, 0 to prune · 1 deploy\n",
    ]

    /// An apply that ended well and has started these deploys of the service `web`.
    private static func apply(_ deploys: [String]) -> JSONValue {
        [
            "apply_id": "apply_01J", "owner_id": "tea-1", "status": "succeeded", "message": .null,
            "counts": ["done": JSONValue(deploys.count)], "started_at": "2026-11-22T10:00:00.5Z",
            "steps": .array(
                deploys.map { id in
                    [
                        "key": .string("service/web \(id)"), "resource": "service/web", "state": "done",
                        "result": ["deploy_id": .string(id)],
                    ]
                }),
        ]
    }

    private static func deploy(_ id: String, _ status: String, at time: String, failed: Bool = false) -> JSONValue {
        [
            "id": .string(id), "status": .string(status), "in_progress": .bool(status == "build_in_progress"),
            "failed": .bool(failed), "created_at": .string("2026-11-22T\(time)Z"),
        ]
    }

    /// Runs the tool beside a daemon that shows these as the last deploy of `web`, one after the other.
    private func run(
        _ words: [String], started deploys: [String] = [], last: [JSONValue] = []
    ) async throws -> Tool.Outcome {
        let shown = Mutex(0)
        var result: Tool.Outcome?
        try await ScriptedServer.run({ _, request in
            let words = request.line.split(separator: " ")
            let path = words.count > 1 ? words[1].prefix { $0 != "?" } : ""
            switch path {
            case "/render/blueprint/plan": return [.answer(200, Self.plan.text)]
            case "/render/blueprint/apply": return [.answer(202, #"{"apply":{"apply_id":"apply_01J"}}"#)]
            case "/render/applies/apply_01J": return [.answer(200, Self.apply(deploys).text)]
            case "/render/services":
                let number = shown.withLock { count in
                    count += 1
                    return count - 1
                }
                let deploy = last[min(number, last.count - 1)]
                let page: JSONValue = ["services": [["name": "web", "last_deploy": deploy]]]
                return [.answer(200, page.text)]
            default: return [.answer(404, "{}")]
            }
        }) { server in
            try await Tool.withFolder { folder in
                let file = try folder.write("render.yaml", "services: []\n")
                let environment = [
                    "TUTTI_RENDERCTL_URL": "http://127.0.0.1:\(server.port)", "TUTTI_PASSWORD": "canary-password",
                ]
                let outcome = try await Tool.run(["render"] + words + ["--name", "shop", file], environment)
                #expect(!outcome.everything.contains("canary"))
                result = outcome
            }
        }
        return try #require(result)
    }

    @Test func `a deploy that is not shown yet is waited for, and its failure is ours`() async throws {
        let before = Self.deploy("dep-before", "live", at: "09:59:59.123456")
        let failed = Self.deploy("dep-new", "build_failed", at: "10:00:01", failed: true)
        let outcome = try await run(["apply", "--yes", "--wait"], started: ["dep-new"], last: [before, failed])
        #expect(outcome.status == 1, "\(outcome.everything)")
        #expect(outcome.output.contains("> service/web deploy dep-new: build_failed"))
        #expect(!outcome.everything.contains("superseded"))
    }

    @Test func `a deploy that a newer one took the place of does not hold anything up`() async throws {
        let second = Self.deploy("dep-b", "live", at: "10:00:02")
        let own = try await run(["apply", "--yes", "--wait"], started: ["dep-a", "dep-b"], last: [second])
        #expect(own.status == 0, "\(own.everything)")
        #expect(own.output.contains("dep-a: superseded") && own.output.contains("dep-b: live"))
        let others = Self.deploy("dep-of-a-commit", "build_in_progress", at: "10:00:00.6")
        let other = try await run(["apply", "--yes", "--wait"], started: ["dep-a"], last: [others])
        #expect(other.status == 0, "\(other.everything)")
        #expect(other.output.contains("dep-a: superseded"))
    }
}
