// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// Many runs replayed by one request.
@Suite(.daemonLogs) struct BulkReplayTests {
    private let path = "/v1/runs/replay"

    /// Runs that have ended, oldest first; every third has failed, the others completed.
    private func ended(_ count: Int, _ tutti: Tutti, _ more: JSONObject = [:]) async throws -> [String] {
        let session = try await tutti.session()
        var ids: [String] = []
        for number in 0..<count {
            let id = try await tutti.run(more).text("run_id")
            ids.append(id)
            try await end(try await tutti.holdOne(session), fails: number % 3 == 0, tutti)
        }
        return ids
    }

    private func end(_ held: HeldRun, fails: Bool, _ tutti: Tutti) async throws {
        let more: JSONObject = fails ? ["error": ["code": "broken", "retryable": false]] : ["result": 1]
        _ = try await tutti.http.post("/v1/runs/\(held.id)/\(fails ? "fail" : "complete")", held.body(more))
            .json(for: 200)
    }

    private func replayed(_ answer: JSONValue) -> [String] { answer["runs"]?.strings("replay_of_run_id") ?? [] }

    @Test func `a filter's runs are counted first and then replayed, part by part`() async throws {
        try await Tutti.withWorkers { tutti in
            let ids = try await ended(6, tutti, ["correlation_id": "batch"])
            let waiting = try await tutti.run(["correlation_id": "batch"], agent: "other").text("run_id")
            _ = try await ended(1, tutti)
            let filter: JSONValue = ["correlation_id": "batch"]
            let dry = try await tutti.http.post(path, ["filter": filter, "dry_run": true]).json(for: 200)
            #expect(dry["matched"] == 6 && dry["changed"] == 0 && dry["has_more"] == false && dry["runs"] == [])
            #expect(try await tutti.walk("/v1/runs?correlation_id=batch&status=queued").count == 1)
            let first = try await tutti.http.post(path, ["filter": filter, "limit": 4]).json(for: 200)
            #expect(first["matched"] == 4 && first["changed"] == 4 && first["has_more"] == true)
            #expect(replayed(first) == Array(ids.reversed().prefix(4)))
            let cursor = try #require(first["next_cursor"])
            let rest = try await tutti.http.post(path, ["filter": filter, "limit": 4, "cursor": cursor]).json(for: 200)
            #expect(rest["changed"] == 2 && rest["has_more"] == false && rest["next_cursor"] == .null)
            #expect(replayed(rest) == [ids[1], ids[0]])
            for (id, new) in zip(replayed(first), first["runs"]?.strings("run_id") ?? []) {
                let run = try await tutti.state(of: new)
                #expect(run["replay_of_run_id"]?.string == id && run["number"] == 2 && run["status"] == "queued")
            }
            #expect(try await tutti.state(of: waiting)["number"] == 1)
            let failed = try await tutti.http.post(path, ["filter": ["status": ["failed"]]]).json(for: 200)
            #expect(failed["changed"] == 1)
        }
    }

    @Test func `with a key it means the same for ever, however often it is sent`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let ids = try await ended(5, tutti)
            let body: JSONValue = ["filter": [:], "limit": 3, "idempotency_key": "again"]
            let dry: JSONValue = ["filter": [:], "limit": 3, "idempotency_key": "again", "dry_run": true]
            #expect(try await tutti.http.post(path, dry).json(for: 200)["matched"] == 3)
            // All at once.
            let answers = try await withThrowingTaskGroup(of: JSONValue.self) { group in
                for _ in 0..<8 { group.addTask { try await tutti.http.post(path, body).json(for: 200) } }
                return try await group.reduce(into: [JSONValue]()) { $0.append($1) }
            }
            let first = try #require(answers.first)
            #expect(answers.allSatisfy { $0 == first } && replayed(first) == Array(ids.reversed().prefix(3)))
            let held = try await tutti.held(session, limit: 100)
            #expect(held.count == 3)
            for run in held { try await end(run, fails: false, tutti) }
            // They have ended again, and would fit.
            let later = try await tutti.http.post(path, body)
            #expect(try later.json(for: 200) == first && later.header("Idempotency-Replayed") == "true")
            #expect(try await tutti.held(session, limit: 100).isEmpty)
            let other = try await tutti.http.post(path, ["filter": [:], "limit": 4, "idempotency_key": "again"])
            #expect(other.status == 409 && other.code == "idempotency_key_reused")
            let fresh = try await tutti.http.post(path, ["filter": [:], "limit": 3, "idempotency_key": "fresh"])
            #expect(fresh.header("Idempotency-Replayed") == nil)
            #expect(try fresh.json(for: 200)["changed"] == 3)
        }
    }

    @Test func `what cannot be replayed is refused or left out`() async throws {
        try await Tutti.withWorkers { tutti in
            for (body, field) in [
                ([:], "/filter"), (["filter": ["status": ["running"]]], "/filter/status"),
                (["filter": [:], "limit": 1001], "/limit"), (["filter": [:], "cursor": "x"], "/cursor"),
                (["filter": [:], "idempotency_key": ""], "/idempotency_key"),
            ] as [(JSONValue, String)] {
                let answer = try await tutti.http.post(path, body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.json["errors"]?.strings("field") == [field], "\(body)")
            }
            let none = try await tutti.http.post(path, ["filter": ["label": "none"]]).json(for: 200)
            #expect(none["matched"] == 0 && none["changed"] == 0 && none["has_more"] == false)
        }
    }
}
