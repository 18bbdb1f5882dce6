// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Domain
import TestKit
import Testing

/// A real orchestrator without an engine, and its runs over HTTP.
struct RemoteWorld: RunSourceWorld {
    let orchestrator: DaemonProcess
    let runs: HTTPRunSource

    var source: any RunSource { runs }

    static func with(_ body: (RemoteWorld) async throws -> Void) async throws {
        try await DaemonStack.with { stack in
            let orchestrator = try await stack.start(
                .orchestrator, settings: ["DESKTOP_RUNNER_MODE": "external"])
            let echo = try await orchestrator.person.put(
                "/agents/echo", ["kind": "http", "endpoint": "http://127.0.0.1:1/", "concurrency": 1000])
            try #require(echo.status == 200, "\(echo.text)")
            let outside = try await orchestrator.person.put("/agents/outside", ["kind": "worker"])
            try #require(outside.status == 200, "\(outside.text)")
            let key = Secret(stack.credentials.internalKey)
            let runs = HTTPRunSource(
                client: ServiceClient(
                    peer: "orchestrator-svc", baseURL: try BaseURL(orchestrator.baseURL),
                    credential: .internalKey(key, service: "engine-svc")),
                internalKey: key, worker: "engine-svc", capacity: 16, logger: quiet)
            try await body(RemoteWorld(orchestrator: orchestrator, runs: runs))
        }
    }

    func create(_ agent: String, priority: Int) async throws -> String {
        let answer = try await orchestrator.person.post(
            "/task", ["agent": .string(agent), "input": "answer", "priority": JSONValue(priority)])
        return try #require(answer.json["id"]?.string, "\(answer.text)")
    }

    private func task(_ id: String) async throws -> JSONValue {
        try await orchestrator.person.get("/task/\(id)").json
    }

    func status(of id: String) async throws -> String { try await task(id)["status"]?.string ?? "" }

    func cancel(_ id: String) async throws {
        let version = try #require(try await task(id)["version"])
        let answer = try await orchestrator.person.patch("/task/\(id)", ["ifVersion": version, "status": "cancelled"])
        try #require(answer.status == 200, "\(answer.text)")
    }
}

@Suite(.daemonLogs) struct RemoteRunSourceTests {
    @Test(arguments: RunSourceConformance.parts.map(\.name))
    func `the source over HTTP conforms`(part: String) async throws {
        try await RemoteWorld.with { try await RunSourceConformance.run(part, in: $0) }
    }

    @Test func `an answer that is too large fails the run in place of being sent for ever`() async throws {
        try await RemoteWorld.with { world in
            let task = try await world.create("echo", priority: 5)
            let session = try await world.runs.openSession(in: Workspace.defaultID, replacing: [])
            let claim = try await world.runs.claim(1, for: session, waiting: .seconds(5))
            let run = try #require(claim.runs.first)
            let result = JSONValue.string(String(repeating: "x", count: 1_200_000)).bytes
            try await world.runs.finish(run, .completed(result))
            #expect(try await world.status(of: task) == "failed")
        }
    }

    @Test func `an answer that nobody takes spoils none that is told at the same time`() async throws {
        try await RemoteWorld.with { world in
            var tasks: [String] = []
            for _ in 0..<12 { tasks.append(try await world.create("echo", priority: 5)) }
            let session = try await world.runs.openSession(in: Workspace.defaultID, replacing: [])
            var runs: [Assignment] = []
            try await eventually {
                runs += try await world.runs.claim(12 - runs.count, for: session, waiting: .zero).runs
                return runs.count == 12
            }
            let odd = RunFailure(code: "two words", message: "\u{0}", isRetryable: false)
            let large = JSONValue.string(String(repeating: "x", count: 1_200_000)).bytes
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, run) in runs.enumerated() {
                    let ending: RunEnding =
                        switch index {
                        case 4: .failed(odd, leastPause: .zero)
                        case 7: .completed(large)
                        case 9: .completed(Array("not json".utf8))
                        default: .completed(JSONValue.string(String(repeating: "y", count: 60_000)).bytes)
                        }
                    group.addTask { try await world.runs.finish(run, ending) }
                }
                try await group.waitForAll()
            }
            for (index, run) in runs.enumerated() {
                let isOdd = [4, 7, 9].contains(index)
                #expect(try await world.status(of: run.taskID.rawValue) == (isOdd ? "failed" : "completed"), "\(index)")
            }
        }
    }

    @Test func `an ending that is told again because its answer was lost is taken as it was`() async throws {
        try await RemoteWorld.with { world in
            let task = try await world.create("echo", priority: 5)
            let session = try await world.runs.openSession(in: Workspace.defaultID, replacing: [])
            let run = try #require(try await world.runs.claim(1, for: session, waiting: .seconds(5)).runs.first)
            for _ in 0..<2 { try await world.runs.finish(run, .completed(Array("1".utf8))) }
            #expect(try await world.status(of: task) == "completed")
            let problem = await #expect(throws: Problem.self) {
                try await world.runs.finish(run, .completed(Array("2".utf8)))
            }
            #expect(problem?.code == "stale_lease")
        }
    }

    @Test func `a failure in words that nobody takes is a failure all the same`() async throws {
        try await RemoteWorld.with { world in
            let task = try await world.create("echo", priority: 5)
            let session = try await world.runs.openSession(in: Workspace.defaultID, replacing: [])
            let claim = try await world.runs.claim(1, for: session, waiting: .seconds(5))
            let failure = RunFailure(
                code: String(repeating: "very long ", count: 30), message: "\u{0}", isRetryable: false)
            try await world.runs.finish(try #require(claim.runs.first), .failed(failure, leastPause: .zero))
            #expect(try await world.status(of: task) == "failed")
        }
    }
}
