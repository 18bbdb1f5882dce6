// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// A run as its worker holds it.
struct HeldRun: Sendable {
    let id: String
    let epoch: Int
    let token: String
    let json: JSONValue

    init(_ json: JSONValue) {
        id = json.text("run_id")
        epoch = json["lease_epoch"]?.int ?? 0
        token = json.text("lease_token")
        self.json = json
    }

    /// A body with the lease and more.
    func body(_ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["lease_token": .string(token), "lease_epoch": JSONValue(epoch)]
        for (name, value) in more.members { body[name] = value }
        return .object(body)
    }
}

/// What workers outside and those who ask for runs do over HTTP.
extension Tutti {
    /// An orchestrator alone that leaves the runs to workers outside, with an agent `echo` that nobody plays.
    static func withWorkers<Value>(
        settings: [String: String] = [:], _ body: (Tutti) async throws -> Value
    ) async throws -> Value {
        try await with([], settings: settings.merging(["DESKTOP_RUNNER_MODE": "external"]) { $1 }) { tutti in
            try await tutti.register("echo")
            try await tutti.register("other")
            return try await body(tutti)
        }
    }

    var http: PlainHTTPClient { orchestrator.peer }

    /// A caller with the token of an agent's workers.
    func worker(_ agent: String, at daemon: DaemonProcess? = nil) -> PlainHTTPClient {
        let token = WorkerToken.make(agent: agent, internalKey: Secret(stack.credentials.internalKey))
        return (daemon ?? orchestrator).anybody.with("Authorization", "Bearer \(token.reveal())")
    }

    func run(_ more: JSONObject = [:], agent: String = "echo") async throws -> JSONValue {
        var body: JSONObject = ["agent": .string(agent), "input": ["n": 1]]
        for (name, value) in more.members { body[name] = value }
        return try await http.post("/v1/runs", .object(body)).json(for: 201)
    }

    func session(_ client: PlainHTTPClient? = nil, agents: [String] = ["echo"]) async throws -> String {
        let agents = agents.map { JSONValue.string($0) }
        return try await (client ?? http).post("/v1/workers", ["name": "tester", "agents": .array(agents)])
            .json(for: 201).text("worker_session_id")
    }

    func claim(
        _ session: String, agents: [String] = ["echo"], labels: [String] = [], limit: Int = 1, wait: Double = 0,
        by client: PlainHTTPClient? = nil
    ) async throws -> PlainHTTPClient.Answer {
        try await (client ?? http).post(
            "/v1/runs/claim",
            [
                "worker_session_id": .string(session), "agents": .array(agents.map { .string($0) }),
                "labels": .array(labels.map { .string($0) }), "limit": JSONValue(limit),
                "wait_seconds": .number(JSONNumber(wait)),
            ])
    }

    func held(_ session: String, agents: [String] = ["echo"], limit: Int = 1) async throws -> [HeldRun] {
        try await claim(session, agents: agents, limit: limit).json(for: 200)["runs"]?.array?.map(HeldRun.init) ?? []
    }

    func holdOne(_ session: String) async throws -> HeldRun { try #require(try await held(session).first) }

    func state(of run: String) async throws -> JSONValue { try await http.get("/v1/runs/\(run)").json(for: 200) }

    /// Follows `next_cursor` to the end; answers the items.
    func walk(_ path: String, by client: PlainHTTPClient? = nil) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let page = try await (client ?? http).get(path + (cursor.map { "\(separator)cursor=\($0)" } ?? ""))
                .json(for: 200)
            items += page["items"]?.array ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil && items.count < 1000
        return items
    }
}

extension PlainHTTPClient.Answer {
    /// A refusal's code.
    var code: String { json.text("code") }
    /// What a refusal points at.
    var fields: [String] { json["errors"]?.strings("field") ?? [] }
}
