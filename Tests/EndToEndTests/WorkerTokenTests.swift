// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// What the token of an agent's workers opens, and what it does not.
@Suite(.daemonLogs) struct WorkerTokenTests {
    @Test func `a worker's token is good for the work of its own agent`() async throws {
        try await Tutti.withWorkers { tutti in
            let worker = tutti.worker("echo")
            let session = try await tutti.session(worker)
            let id = try await tutti.run().text("run_id")
            let held = HeldRun(
                try #require(
                    try await tutti.claim(session, by: worker).json(for: 200)["runs"]?.array?.first))
            #expect(held.id == id)
            #expect(try await worker.post("/v1/runs/\(id)/start", held.body()).status == 200)
            // It asks for more on behalf of its run, of its own agent and of another, and sees what comes of it.
            let child = try await worker.post(
                "/v1/runs", ["agent": "other", "input": ["secret": 1], "parent_run_id": .string(id)]
            ).json(for: 201).text("run_id")
            #expect(try await worker.get("/v1/runs/\(child)").json(for: 200)["input"] == ["secret": 1])
            let children = try await tutti.walk("/v1/runs?parent_run_id=\(id)", by: worker)
            #expect(children.map { $0.text("run_id") } == [child])
            #expect(try await worker.post("/v1/runs/\(id)/complete", held.body(["result": 1])).status == 200)
            #expect(try await worker.send("DELETE", "/v1/workers/\(session)").status == 204)
        }
    }

    @Test func `of others it sees and opens nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let worker = tutti.worker("echo")
            let session = try await tutti.session(worker)
            let foreign = try await tutti.session(tutti.worker("other"), agents: ["other"])
            let run = try await tutti.run(agent: "other").text("run_id")
            #expect(try await worker.get("/v1/runs/\(run)").status == 404)
            #expect(try await tutti.walk("/v1/runs", by: worker).isEmpty)
            #expect(try await tutti.walk("/v1/runs?agent=other", by: worker).isEmpty)
            #expect(try await tutti.walk("/v1/runs?parent_run_id=\(run)", by: worker).isEmpty)
            let task = try await tutti.state(of: run).text("task_id")
            #expect(try await tutti.walk("/v1/runs?task_id=\(task)", by: worker).isEmpty)

            let claims: [(PlainHTTPClient.Answer, field: String)] = [
                (try await tutti.claim(session, agents: ["other"], by: worker), "/agents/0"),
                (try await tutti.claim(session, agents: ["echo", "other"], by: worker), "/agents/1"),
                (try await tutti.claim(session, agents: [], labels: ["gpu"], by: worker), "/labels"),
                (try await worker.post("/v1/workers", ["name": "x", "agents": ["other"]]), "/agents/0"),
                (try await worker.post("/v1/workers", ["name": "x", "labels": ["gpu"]]), "/labels"),
                (try await worker.post("/v1/runs", ["agent": "echo"]), "/parent_run_id"),
            ]
            for (answer, field) in claims {
                #expect(answer.status == 403 && answer.fields == [field], "\(answer.text)")
            }
            let adopted = try await worker.post("/v1/runs", ["agent": "echo", "parent_run_id": .string(run)])
            #expect(adopted.status == 400 && adopted.fields == ["/parent_run_id"])
            // Foreign sessions are as if they did not exist.
            for answer in [
                try await tutti.claim(foreign, by: worker),
                try await worker.post("/v1/workers/\(foreign)/heartbeat", [:]),
                try await worker.send("DELETE", "/v1/workers/\(foreign)"),
            ] {
                #expect(answer.status == 404, "\(answer.text)")
            }
            #expect(try await tutti.http.post("/v1/workers/\(foreign)/heartbeat", [:]).status == 200)
            #expect(try await tutti.held(try await tutti.session(), agents: ["other"]).map(\.id) == [run])
        }
    }

    @Test func `what is not for workers is refused, and a forged token opens nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let worker = tutti.worker("echo")
            let some = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let closed: [(method: String, path: String, body: JSONValue)] = [
                ("POST", "/v1/runs/\(some)/cancel", [:]), ("POST", "/v1/runs/cancel", ["filter": [:]]),
                ("POST", "/v1/dead-letters/retry", ["filter": [:]]), ("PUT", "/v1/limits/x", ["max_concurrent": 1]),
                ("DELETE", "/v1/limits/x", [:]), ("POST", "/v1/queues/echo/pause", [:]),
                ("POST", "/v1/queues/echo/resume", [:]),
            ]
            for (method, path, body) in closed {
                let answer = try await worker.send(method, path, json: body)
                #expect(answer.status == 403, "\(method) \(path): \(answer.text)")
            }
            for path in ["/v1/workers", "/v1/limits", "/v1/queues", "/v1/dead-letters", "/tasks", "/agents"] {
                let answer = try await worker.get(path)
                #expect(answer.status == 403, "\(path): \(answer.text)")
            }
            let right = WorkerToken.make(agent: "echo", internalKey: Secret(tutti.stack.credentials.internalKey))
                .reveal()
            let code = String(right.dropFirst("echo.".count))
            for token in [
                "other.\(code)", "echo.\(String(code.reversed()))", "echo.\(code.dropLast())", "echo.", code, ".",
            ] {
                let client = tutti.orchestrator.anybody.with("Authorization", "Bearer \(token)")
                    .from("127.3.3.\(token.utf8.count)")
                #expect(try await client.post("/v1/workers", ["name": "x"]).status == 401, "\(token)")
            }
        }
    }
}
