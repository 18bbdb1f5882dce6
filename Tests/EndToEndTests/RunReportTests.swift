// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Claims that start what they take, and reports of many runs in one request, over HTTP.
@Suite(.daemonLogs) struct RunReportTests {
    private func report(_ run: HeldRun, _ ending: String = "completed", _ more: JSONObject = [:]) -> JSONValue {
        var members: JSONObject = ["run_id": .string(run.id), "ending": .string(ending)]
        for (name, value) in more.members { members[name] = value }
        return run.body(members)
    }

    private func finish(_ reports: [JSONValue], _ tutti: Tutti) async throws -> PlainHTTPClient.Answer {
        try await tutti.http.post("/v1/runs/finish", ["reports": .array(reports)])
    }

    private func events(of run: JSONValue, _ tutti: Tutti) async throws -> [String] {
        try await tutti.walk("/v1/events?run_id=\(run.text("run_id"))").map { $0.text("event_type") }
    }

    private func claimStarted(_ session: String, limit: Int, _ tutti: Tutti) async throws -> [HeldRun] {
        let answer = try await tutti.http.post(
            "/v1/runs/claim",
            [
                "worker_session_id": .string(session), "agents": ["echo"], "limit": JSONValue(limit), "start": true,
            ])
        return try answer.json(for: 200)["runs"]?.array?.map(HeldRun.init) ?? []
    }

    @Test func `a claim with start needs no start, and one is harmless`() async throws {
        try await Tutti.withWorkers { tutti in
            let id = try await tutti.run(["timeout_seconds": 60]).text("run_id")
            let session = try await tutti.session()
            let run = try #require(try await claimStarted(session, limit: 1, tutti).first)
            #expect(run.id == id && run.epoch == 1 && run.json["status"] == "running")
            #expect(run.json["started_at"] != .null && run.json["started_at"] == run.json["claimed_at"])
            let deadline = try Timestamp.of(run.json["deadline_at"])
            #expect(try deadline == Timestamp.of(run.json["claimed_at"]) + .seconds(60))
            let before = try await tutti.number("SELECT count(*) AS n FROM evt_events")
            let started = try await tutti.http.post("/v1/runs/\(id)/start", run.body()).json(for: 200)
            #expect(started["started_at"] == run.json["started_at"])
            #expect(try await tutti.number("SELECT count(*) AS n FROM evt_events") == before)
            let done = try await tutti.http.post("/v1/runs/\(id)/complete", run.body()).json(for: 200)
            #expect(done["status"] == "completed")
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `each report is answered by itself, and one that is stale spoils no other`() async throws {
        try await Tutti.withWorkers { tutti in
            for _ in 0..<5 { _ = try await tutti.run(["retry": ["max_attempts": 1]]) }
            let session = try await tutti.session()
            let runs = try await claimStarted(session, limit: 5, tutti)
            try #require(runs.count == 5)
            _ = try await tutti.http.post("/v1/runs/\(runs[1].id)/lease/release", runs[1].body())
            let taken = try await tutti.holdOne(try await tutti.session())
            #expect(taken.id == runs[1].id && taken.epoch == 2)
            var stranger = try #require(report(runs[4]).object)
            stranger["run_id"] = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let reports = [
                report(runs[0], "completed", ["result": ["n": 1]]), report(runs[1]),
                report(runs[2], "failed", ["error": ["code": "broken", "retryable": false]]),
                report(runs[3], "released", ["reason": "later"]), .object(stranger), report(runs[4]),
            ]
            let outcomes = try #require(try await finish(reports, tutti).json(for: 200)["outcomes"]?.array)
            let runIDs = reports.map { $0["run_id"] }
            #expect(outcomes.map { $0["run_id"] } == runIDs)
            let statuses = outcomes.map { $0["run"]?["status"]?.string ?? "" }
            #expect(statuses == ["completed", "", "failed", "queued", "", "completed"])
            #expect(outcomes.map { $0["problem"]?["status"]?.int } == [nil, 409, nil, nil, 404, nil])
            #expect(outcomes[1]["problem"]?["code"] == "stale_lease" && outcomes[1]["problem"]?["current_epoch"] == 2)
            #expect(try await tutti.state(of: runs[0].id)["result"] == ["n": 1])
            #expect(try await tutti.state(of: runs[2].id)["error"]?["code"] == "broken")
            #expect(try await tutti.state(of: taken.id)["status"] == "running")
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `what is said again is answered again, and recorded once`() async throws {
        try await Tutti.withWorkers { tutti in
            for _ in 0..<3 { _ = try await tutti.run(["retry": ["max_attempts": 2, "initial_seconds": 0]]) }
            let runs = try await claimStarted(try await tutti.session(), limit: 3, tutti)
            try #require(runs.count == 3)
            let failure: JSONObject = ["error": ["code": "broken", "message": "It broke."]]
            let reports = [
                report(runs[0], "completed", ["result": ["n": 1]]), report(runs[1], "failed", failure),
                report(runs[2]),
            ]
            let first = try await finish(reports, tutti).json(for: 200)
            let again = try await finish(reports, tutti).json(for: 200)
            let statuses = again["outcomes"]?.array?.map { $0["run"]?["status"] }
            #expect(statuses == ["completed", "failed", "completed"])
            #expect(statuses == first["outcomes"]?.array?.map { $0["run"]?["status"] })
            // One by one as well, and not in other words.
            let alone = try await tutti.http.post("/v1/runs/\(runs[0].id)/complete", runs[0].body(["result": ["n": 1]]))
            #expect(try alone.json(for: 200)["finished_at"] == first["outcomes"]?.array?[0]["run"]?["finished_at"])
            #expect(
                try await tutti.http.post("/v1/runs/\(runs[1].id)/fail", runs[1].body(failure)).json(for: 200)["status"]
                    == "failed")
            let other = try await tutti.http.post("/v1/runs/\(runs[0].id)/complete", runs[0].body(["result": 2]))
            #expect(other.status == 409 && other.code == "stale_lease")
            #expect(
                try await tutti.number("SELECT count(*) AS n FROM evt_events WHERE event_type IN ('run.completed')")
                    == 2)
            #expect(
                try await tutti.number("SELECT count(*) AS n FROM evt_events WHERE event_type = 'run.failed'") == 1)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `a request that cannot be read names what is wrong and changes nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            for _ in 0..<2 { _ = try await tutti.run() }
            let runs = try await claimStarted(try await tutti.session(), limit: 2, tutti)
            try #require(runs.count == 2)
            let good = report(runs[0])
            let before = try await tutti.number("SELECT count(*) AS n FROM evt_events")
            func without(_ name: String) throws -> JSONValue {
                var members = try #require(report(runs[1]).object)
                members[name] = nil
                return .object(members)
            }
            let cases: [(reports: [JSONValue], fields: [String])] = [
                ([], ["/reports"]), (Array(repeating: good, count: 101), ["/reports"]),
                ([good, report(runs[1]), good], ["/reports/2/run_id"]),
                ([good, try without("run_id")], ["/reports/1/run_id"]),
                ([good, try without("lease_token")], ["/reports/1/lease_token"]),
                ([good, try without("lease_epoch")], ["/reports/1/lease_epoch"]),
                ([good, try without("ending")], ["/reports/1/ending"]),
                ([good, report(runs[1], "cancelled")], ["/reports/1/ending"]),
                ([good, report(runs[1], "failed")], ["/reports/1/error"]),
                ([good, report(runs[1], "completed", ["reason": "x"])], ["/reports/1/reason"]),
                ([good, report(runs[1], "released", ["result": 1])], ["/reports/1/result"]),
                (
                    [good, report(runs[1], "completed", ["error": ["code": "x"], "retry_after_seconds": 1])],
                    ["/reports/1/error", "/reports/1/retry_after_seconds"]
                ),
                ([good, report(runs[1], "completed", ["ended": 1])], ["/reports/1/ended"]),
                ([good, 7], ["/reports/1"]),
            ]
            for (reports, fields) in cases {
                let answer = try await finish(reports, tutti)
                #expect(answer.status == 400 && answer.fields == fields, "\(answer.text)")
            }
            #expect(try await tutti.http.post("/v1/runs/finish", [:]).fields == ["/reports"])
            #expect(try await tutti.number("SELECT count(*) AS n FROM evt_events") == before)
            #expect(try await tutti.state(of: runs[0].id)["status"] == "running")
        }
    }

    @Test func `a hundred runs are finished by one request`() async throws {
        try await Tutti.withWorkers { tutti in
            let many = try await tutti.http.put("/agents/echo", ["kind": "worker", "concurrency": 100])
            #expect(many.status == 200)
            for _ in 0..<100 { _ = try await tutti.run() }
            let worker = tutti.worker("echo")
            let session = try await tutti.session(worker)
            let claim = try await worker.post(
                "/v1/runs/claim",
                ["worker_session_id": .string(session), "agents": ["echo"], "limit": 100, "start": true]
            ).json(for: 200)
            let runs = claim["runs"]?.array?.map(HeldRun.init) ?? []
            try #require(runs.count == 100)
            let blocks = try await tutti.number("SELECT count(*) AS n FROM evt_blocks")
            let answer = try await worker.post("/v1/runs/finish", ["reports": .array(runs.map { report($0) })])
            let outcomes = try #require(try answer.json(for: 200)["outcomes"]?.array)
            #expect(outcomes.count == 100 && outcomes.allSatisfy { $0["run"]?["status"] == "completed" })
            // Queued at once, they are one block of the log.
            #expect(try await tutti.number("SELECT count(*) AS n FROM evt_blocks") == blocks + 1)
            try await tutti.expectGaplessLog()
        }
    }
}
