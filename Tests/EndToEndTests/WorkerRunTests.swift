// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Runs in the hands of workers outside, over HTTP.
@Suite(.daemonLogs) struct WorkerRunTests {
    @Test func `a worker outside takes a run from its creation to its result`() async throws {
        try await Tutti.withWorkers { tutti in
            let http = tutti.http
            let created = try await http.post(
                "/v1/runs",
                [
                    "agent": "echo", "input": ["n": 1], "labels": ["gpu"], "priority": 7, "timeout_seconds": 60,
                    "correlation_id": "order-1", "idempotency_key": "k1",
                    "retry": ["max_attempts": 2, "initial_seconds": 0],
                ])
            let run = try created.json(for: 201)
            let id = run.text("run_id")
            #expect(created.header("Location") == "/v1/runs/\(id)")
            #expect(run["status"] == "queued" && run["epoch"] == 0 && run["labels"] == ["gpu"])
            #expect(run["priority"] == 7 && run["max_attempts"] == 2 && run["correlation_id"] == "order-1")
            let session = try await tutti.session()
            let held = try await tutti.holdOne(session)
            #expect(held.id == id && held.epoch == 1 && held.token.utf8.count == 64)
            #expect(held.json["input"] == ["n": 1] && held.json["idempotency_key"] == run["task_id"])
            #expect(held.json["status"] == "running" && held.json["started_at"] == .null)
            let claimed = try Timestamp.of(held.json["claimed_at"])
            #expect(try Timestamp.of(held.json["deadline_at"]) == claimed + .seconds(60))
            #expect(try await tutti.held(session).isEmpty)

            let started = try await http.post("/v1/runs/\(id)/start", held.body()).json(for: 200)
            #expect(started["started_at"] != .null)
            #expect(try await http.post("/v1/runs/\(id)/start", held.body()).json(for: 200) == started)
            let lease = try await http.post("/v1/runs/\(id)/lease/heartbeat", held.body(["progress_seconds": 30]))
                .json(for: 200)
            #expect(lease["lease_epoch"] == 1)
            #expect(try Timestamp.of(lease["deadline_at"]) < claimed + .seconds(59))
            let beat = try await http.post("/v1/workers/\(session)/heartbeat", [:]).json(for: 200)
            #expect(
                beat["leases"] == [
                    [
                        "run_id": .string(id), "agent": "echo", "claimed_at": held.json["claimed_at"] ?? .null,
                        "lease_epoch": 1, "lease_token": .string(held.token),
                    ]
                ])
            // The lease may be in headers, too.
            let done = try await http.with("X-Lease-Token", held.token).with("X-Lease-Epoch", "1")
                .post("/v1/runs/\(id)/complete", ["result": ["sum": 2]]).json(for: 200)
            #expect(done["status"] == "completed")
            let detail = try await tutti.state(of: id)
            #expect(detail["result"] == ["sum": 2] && detail["task_status"] == "completed")
            #expect(detail["finished_at"] != .null)
            let empty = try await http.post("/v1/workers/\(session)/heartbeat", [:]).json(for: 200)
            #expect(empty["leases"] == [])
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `a run that is given back or fails goes on as it should`() async throws {
        try await Tutti.withWorkers { tutti in
            let http = tutti.http
            let session = try await tutti.session()
            let id = try await tutti.run(["retry": ["max_attempts": 1]]).text("run_id")
            let first = try await tutti.holdOne(session)
            let released = try await http.post("/v1/runs/\(id)/lease/release", first.body(["reason": "later"]))
            #expect(released.status == 204)
            #expect(try await tutti.state(of: id)["attempt"] == 0)
            let second = try await tutti.holdOne(session)
            #expect(second.id == id && second.epoch == 2)
            let failed = try await http.post(
                "/v1/runs/\(id)/fail",
                second.body(["error": ["code": "broken", "message": "It broke.", "retryable": true]])
            ).json(for: 200)
            #expect(failed["status"] == "failed" && failed["error"]?["code"] == "broken")
            #expect(failed["run_id"] == .string(id))
            // Where it is tried again, the answer is about the run that failed.
            let other = try await tutti.run(["retry": ["max_attempts": 3, "initial_seconds": 0]]).text("run_id")
            let held = try await tutti.holdOne(session)
            let again = try await http.post("/v1/runs/\(other)/fail", held.body(["error": ["code": "x"]])).json(
                for: 200)
            #expect(again["run_id"] == .string(other) && again["status"] == "failed")
            let all = try await http.get("/v1/runs?task_id=\(again.text("task_id"))").json(for: 200)
            #expect(all["items"]?.array?.count == 2)
            let next = try await eventually { try await tutti.held(session).first }
            #expect(next.json["number"] == 2 && next.id != other)
        }
    }

    @Test func `a lease as it was, or never was, changes nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let http = tutti.http
            let session = try await tutti.session()
            let id = try await tutti.run().text("run_id")
            let old = try await tutti.holdOne(session)
            _ = try await http.post("/v1/runs/\(id)/lease/release", old.body())
            let held = try await tutti.holdOne(session)
            let forged: JSONValue = [
                "lease_token": .string(String(repeating: "0", count: 64)), "lease_epoch": JSONValue(held.epoch),
            ]
            let before = try await tutti.number("SELECT count(*) AS n FROM evt_events")
            let calls: [(path: String, more: JSONObject)] = [
                ("start", [:]), ("complete", ["result": 1]), ("fail", ["error": ["code": "x"]]),
                ("lease/heartbeat", [:]), ("lease/release", [:]),
            ]
            for (path, more) in calls {
                var bodies = [old.body(more)]
                var body = try #require(forged.object)
                for (name, value) in more.members { body[name] = value }
                bodies.append(.object(body))
                for body in bodies {
                    let answer = try await http.post("/v1/runs/\(id)/\(path)", body)
                    #expect(answer.status == 409 && answer.code == "stale_lease", "\(path): \(answer.text)")
                    #expect(answer.json["current_epoch"] == 2, "\(path)")
                }
                let unknown = try await http.post("/v1/runs/run_01ARZ3NDEKTSV4RRFFQ69G5FAV/\(path)", held.body(more))
                #expect(unknown.status == 404, "\(path)")
                let bare = try await http.post("/v1/runs/\(id)/\(path)", .object(more))
                #expect(bare.status == 400 && bare.fields == ["/lease_token"], "\(path): \(bare.text)")
                let half = try await http.with("X-Lease-Token", held.token).post(
                    "/v1/runs/\(id)/\(path)", .object(more))
                #expect(half.status == 400 && half.fields.first == "/lease_epoch", "\(path): \(half.text)")
            }
            #expect(try await tutti.number("SELECT count(*) AS n FROM evt_events") == before)
            #expect(try await tutti.state(of: id)["status"] == "running")
            _ = try await http.post("/v1/runs/\(id)/complete", held.body()).json(for: 200)
            let late = try await http.post("/v1/runs/\(id)/lease/heartbeat", held.body())
            #expect(late.status == 409 && late.json["current_epoch"] == 2)
        }
    }

    @Test func `a session that is ended gives its runs back at once and claims nothing more`() async throws {
        try await Tutti.withWorkers { tutti in
            let http = tutti.http
            let session = try await tutti.session()
            let id = try await tutti.run(["retry": ["max_attempts": 1]]).text("run_id")
            let held = try await tutti.holdOne(session)
            #expect(try await http.send("DELETE", "/v1/workers/\(session)").status == 204)
            try await eventually(within: .seconds(5)) { try await tutti.state(of: id)["status"] == "queued" }
            #expect(try await tutti.state(of: id)["attempt"] == 0)
            for answer in [
                try await tutti.claim(session), try await http.post("/v1/workers/\(session)/heartbeat", [:]),
            ] {
                #expect(answer.status == 409 && answer.code == "session_expired")
            }
            #expect(try await http.post("/v1/runs/\(id)/complete", held.body()).code == "stale_lease")
            try await eventually { try await http.send("DELETE", "/v1/workers/\(session)").status == 404 }
            #expect(try await tutti.holdOne(try await tutti.session()).epoch == 2)
        }
    }

    @Test func `a run whose claim was answered to nobody is found by the next beat`() async throws {
        try await Tutti.withWorkers { tutti in
            let worker = tutti.worker("echo")
            let session = try await tutti.session(worker)
            let beat = "/v1/workers/\(session)/heartbeat"
            let ids = [try await tutti.run().text("run_id"), try await tutti.run().text("run_id")]
            // Nobody reads these answers.
            for _ in ids { _ = try await tutti.claim(session, by: worker) }
            let leases = try await worker.post(beat, [:]).json(for: 200)["leases"]?.array ?? []
            let found = leases.map(HeldRun.init)
            #expect(Set(found.map(\.id)) == Set(ids) && found.allSatisfy { $0.epoch == 1 && $0.token.utf8.count == 64 })
            // One is carried out after all, the other given back.
            let (kept, returned) = (found[0], found[1])
            #expect(try await worker.get("/v1/runs/\(kept.id)").json(for: 200)["input"] == ["n": 1])
            _ = try await worker.post("/v1/runs/\(kept.id)/start", kept.body()).json(for: 200)
            _ = try await worker.post("/v1/runs/\(kept.id)/complete", kept.body()).json(for: 200)
            #expect(try await worker.post("/v1/runs/\(returned.id)/lease/release", returned.body()).status == 204)
            let again = try await tutti.claim(session, by: worker).json(for: 200)["runs"]?.array ?? []
            #expect(again.map(HeldRun.init).map(\.epoch) == [2])
            // Others may keep the session alive, and learn no token of it.
            for other in [tutti.http, tutti.orchestrator.person] {
                let answer = try await other.post(beat, [:]).json(for: 200)
                let lease = try #require(answer["leases"]?.array?.first)
                #expect(lease.text("run_id") == returned.id && lease["lease_token"] == .null)
            }
        }
    }

    @Test func `claims that are broken off at any moment hide no run`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            for round in 0..<15 {
                _ = try await tutti.run()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try? await tutti.claim(session, limit: 5, wait: round % 2 == 0 ? 0 : 5) }
                    for _ in 0..<(round * 60) { await Task.yield() }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) == 0 }
            let beat = try await tutti.http.post("/v1/workers/\(session)/heartbeat", [:]).json(for: 200)
            for lost in (beat["leases"]?.array ?? []).map(HeldRun.init) {
                #expect(
                    try await tutti.http.post("/v1/runs/\(lost.id)/lease/release", lost.body()).status == 204)
            }
            #expect(try await tutti.held(session, limit: 100).count == 15)
            #expect(try await tutti.number("SELECT count(*) AS n FROM leases") == 15)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `sessions are walked by cursor, and no dead one is among them`() async throws {
        try await Tutti.withWorkers { tutti in
            var sessions: [String] = []
            for _ in 0..<7 { sessions.append(try await tutti.session()) }
            _ = try await tutti.http.send("DELETE", "/v1/workers/\(sessions[3])")
            sessions.remove(at: 3)
            let walked = try await tutti.walk("/v1/workers?limit=2")
            #expect(walked.map { $0.text("worker_session_id") } == sessions.sorted())
            let first = try #require(walked.first)
            #expect(first["name"] == "tester" && first["agents"] == ["echo"] && first["capacity"] == .null)
            #expect(first["heartbeat_seconds"] == 3 && first["lifetime_seconds"] == 15 && first["held"] == 0)
        }
    }

    @Test func `what cannot be right is refused by the name of its field`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let some = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let cases: [(method: String, path: String, body: JSONValue, field: String)] = [
                ("POST", "/v1/runs", ["input": 1], "/agent"),
                ("POST", "/v1/runs", ["agent": "nobody"], "/agent"),
                ("POST", "/v1/runs", ["agent": "echo", "priority": 10], "/priority"),
                ("POST", "/v1/runs", ["agent": "echo", "labels": ["Not One"]], "/labels/0"),
                ("POST", "/v1/runs", ["agent": "echo", "timeout_seconds": 0], "/timeout_seconds"),
                ("POST", "/v1/runs", ["agent": "echo", "retry": ["max_attempts": 0]], "/retry/max_attempts"),
                ("POST", "/v1/runs", ["agent": "echo", "after": [.string(some)]], "/after/0"),
                ("POST", "/v1/runs", ["agent": "echo", "on_dependency_failure": "wait"], "/on_dependency_failure"),
                ("POST", "/v1/runs", ["agent": "echo", "parent_run_id": .string(some)], "/parent_run_id"),
                ("POST", "/v1/runs", ["agent": "echo", "limits": [["name": "none"]]], "/limits/0/name"),
                ("POST", "/v1/runs/claim", ["agents": ["echo"]], "/worker_session_id"),
                ("POST", "/v1/runs/claim", ["worker_session_id": .string(session)], "/agents"),
                (
                    "POST", "/v1/runs/claim",
                    ["worker_session_id": .string(session), "agents": ["echo"], "limit": 101], "/limit"
                ),
                (
                    "POST", "/v1/runs/claim",
                    ["worker_session_id": .string(session), "agents": ["echo"], "wait_seconds": 31], "/wait_seconds"
                ),
                ("POST", "/v1/workers", ["agents": ["echo"]], "/name"),
                ("POST", "/v1/workers", ["name": "x", "capacity": 0], "/capacity"),
                ("POST", "/v1/runs/cancel", [:], "/filter"),
                ("POST", "/v1/runs/cancel", ["filter": ["status": ["completed"]]], "/filter/status"),
                ("POST", "/v1/dead-letters/retry", [:], "/filter"),
                ("POST", "/v1/dead-letters/retry", ["run_ids": []], "/run_ids"),
                ("POST", "/v1/dead-letters/retry", ["filter": ["status": ["failed"]]], "/filter/status"),
                ("PUT", "/v1/limits/customer", [:], "/max_concurrent"),
                ("PUT", "/v1/limits/customer", ["max_concurrent": 0], "/max_concurrent"),
                ("PUT", "/v1/limits/customer", ["rate": ["count": 1]], "/rate/per_seconds"),
                ("PUT", "/v1/limits/customer", ["rate": ["count": 1, "per_seconds": 0]], "/rate/per_seconds"),
            ]
            for (method, path, body, field) in cases {
                let answer = try await tutti.http.send(method, path, json: body)
                #expect(answer.status == 400 && answer.fields.contains(field), "\(method) \(path): \(answer.text)")
            }
            for path in [
                "/v1/runs?status=gone", "/v1/runs?limit=0", "/v1/runs?since=now", "/v1/dead-letters?limit=501",
            ] {
                let answer = try await tutti.http.get(path)
                #expect(answer.status == 400 && answer.fields.count == 1, "\(path): \(answer.text)")
            }
            #expect(try await tutti.http.get("/v1/runs/\(some)").status == 404)
            #expect(try await tutti.http.post("/v1/runs/\(some)/cancel", [:]).status == 404)
            #expect(try await tutti.http.post("/v1/queues/nobody/pause", [:]).status == 404)
            #expect(try await tutti.http.send("DELETE", "/v1/limits/none").status == 404)
        }
    }
}
