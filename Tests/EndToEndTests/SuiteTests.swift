// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// What the orchestrator answers about the suite, for people who talk to it alone.
@Suite(.daemonLogs) struct SuiteTests {
    @Test func `people find, leave out and count log frames by way of the orchestrator`() async throws {
        try await Tutti.with([.logging]) { tutti in
            let begin = Timestamp.now()
            let frames: [JSONValue] = (0..<12).map { number in
                [
                    "level": number % 4 == 0 ? "error" : "info", "service": "shop", "message": "sold",
                    "fields": ["status": JSONValue(number % 3 == 0 ? 500 : 200), "buyer": .string("№\(number % 2)")],
                ]
            }
            _ = try await tutti.logging.person.post("/log", .array(frames)).json(for: 202)
            let person = tutti.orchestrator.person
            let all = try await person.get("/v1/logs?order=oldest&service=shop").json(for: 200)
            let first = try #require(all["logs"]?.array?.first?["id"]?.int)

            func found(_ query: String) async throws -> [Int] {
                let path = "/logs?order=oldest&service=shop&" + query
                let page = try await person.get("/v1" + path).json(for: 200)
                #expect(page["logs"] == (try await tutti.logging.person.get(path).json(for: 200))["logs"])
                return (page["logs"]?.array ?? []).compactMap { frame in frame["id"]?.int.map { $0 - first } }
            }
            #expect(try await found("limit=100") == Array(0..<12))
            #expect(try await found("field=status:500") == [0, 3, 6, 9])
            #expect(try await found("field=status:500&field=buyer:%E2%84%960") == [0, 6])
            #expect(try await found("field=status:500&without=level:error") == [3, 6, 9])
            #expect(try await found("without=message:sold").isEmpty)

            let range = "since=\(begin)&until=\(Timestamp.now() + .seconds(60))"
            func counted(_ query: String, _ level: String) async throws -> Int {
                let path = "/v1/logs/histogram?\(range)&buckets=20&service=shop&" + query
                let answer = try await person.get(path).json(for: 200)
                #expect(answer["complete"] == true && answer["counted_from"] == .null)
                #expect(answer["buckets"]?.array?.count == 20)
                return (answer["buckets"]?.array ?? []).compactMap { $0[level]?.int }.reduce(0, +)
            }
            #expect(try await counted("level=trace", "info") == 9)
            #expect(try await counted("level=trace", "error") == 3)
            #expect(try await counted("field=status:500", "info") == 3)
            #expect(try await counted("without=fields.status:500", "error") == 2)
        }
    }

    @Test func `without logging-svc the orchestrator says so, and answers again when it is back`() async throws {
        try await Tutti.with([.logging]) { tutti in
            let person = tutti.orchestrator.person
            #expect(try await person.get("/v1/logs").status == 200)
            try await tutti.logging.kill()
            for path in ["/v1/logs", "/v1/logs/histogram?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"] {
                let answer = try await person.get(path)
                #expect(answer.status == 503)
                #expect(answer.json["code"] == "logging_unavailable")
                #expect(answer.json["detail"]?.string?.contains("LOGGING_SVC_URL") == true)
            }
            let row = try await person.get("/v1/daemons").json(for: 200)["daemons"]?.array?[1]
            #expect(row?["name"] == "logging-svc" && row?["reachable"] == false)
            try await tutti.logging.start()
            try await eventually { try await person.get("/v1/logs").status == 200 }
        }
    }

    @Test func `the daemons of the suite are shown with what they were configured with`() async throws {
        try await DaemonStack.with { stack in
            let logging = try await stack.start(.logging)
            let renderctl = try await stack.start(.renderctl)
            let peers = "renderctl-svc=\(renderctl.baseURL),engine-svc=http://127.0.0.1:1"
            let orchestrator = try await stack.start(.orchestrator, settings: ["SUITE_PEERS": peers])
            let answer = try await orchestrator.person.get("/v1/daemons")
            let rows = try #require(try answer.json(for: 200)["daemons"]?.array)
            #expect(rows.map { $0.text("name") } == ["orchestrator-svc", "logging-svc", "renderctl-svc", "engine-svc"])
            #expect(rows.map { $0["reachable"] } == [true, true, true, false])
            #expect(rows.map { $0["ready"] } == [true, true, true, .null])
            #expect(rows.prefix(3).map { $0.text("url") } == [orchestrator, logging, renderctl].map(\.baseURL))
            for (row, daemon) in zip(rows, [orchestrator, logging, renderctl]) {
                let own = try await daemon.person.get("/config/validate").json(for: 200)
                #expect(row["configuration"] == own)
                #expect(row["checks"] == (try await daemon.person.get("/ready").json(for: 200))["checks"])
                #expect(row["version"] == (try await daemon.person.get("/health").json(for: 200))["version"])
            }
            for secret in [stack.credentials.password, stack.credentials.internalKey, stack.credentials.signingKey] {
                #expect(!answer.text.contains(secret))
            }
            #expect(try await orchestrator.peer.get("/v1/daemons").status == 200)
        }
    }

    @Test func `a live subscriber follows the workspace that it names, wherever it is worked in`() async throws {
        try await Pair.with { pair in
            let made = try await pair.first.person.post("/v1/workspaces", ["workspace_id": "ws_team", "name": "Team"])
            _ = try made.json(for: 201)
            let live = try await LiveConnection.open(pair.second)
            try await live.send([
                "type": "subscribe", "id": "s", "channels": ["tasks"], "workspace_id": "ws_team",
            ])
            _ = try await live.next("subscribed")
            func create(_ client: PlainHTTPClient) async throws -> String {
                let task: JSONValue = ["agent": "echo", "input": ["message": "hello"]]
                return try await client.post("/task", task).json(for: 201).text("id")
            }
            let agent: JSONValue = ["kind": "http", "endpoint": "http://127.0.0.1:1/", "input_schema": true]
            let peer = pair.first.peer.with("x-workspace-id", "ws_team")
            _ = try await peer.put("/agents/echo", agent).json(for: 200)
            try await pair.tutti.register("echo")
            _ = try await create(pair.first.person)
            let theirs = try await create(pair.first.person.with("x-workspace-id", "ws_team"))
            let items = try #require(try await live.next("events")["items"]?.array)
            #expect(items.map { $0.text("task_id") }.allSatisfy { $0 == theirs })
            #expect(items.first?.text("event_type") == "task.created")

            try await live.send([
                "type": "subscribe", "id": "t", "channels": ["tasks"], "workspace_id": "ws_nowhere",
            ])
            #expect(try await live.next("error")["code"] == "workspace_not_found")
            live.client.drop()
        }
    }
}
