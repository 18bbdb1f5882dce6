// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// Runs in lists, and many at a time.
@Suite(.daemonLogs) struct RunListTests {
    @Test func `runs are found by what they are, page by page`() async throws {
        try await Tutti.withWorkers { tutti in
            var ids: [String] = []
            for number in 0..<9 {
                let agent = number < 6 ? "echo" : "other"
                let more: JSONObject = [
                    "correlation_id": .string("c\(number % 3)"), "labels": number % 4 == 0 ? ["gpu", "large"] : [],
                ]
                ids.append(try await tutti.run(more, agent: agent).text("run_id"))
            }
            let middle = try Timestamp.of(try await tutti.state(of: ids[4])["created_at"])
            _ = try await tutti.http.post("/v1/runs/\(ids[0])/cancel", ["reason": "x"]).json(for: 200)
            let parent = ids[1]
            let child = try await tutti.run(["parent_run_id": .string(parent)]).text("run_id")
            let newestFirst = [child] + ids.reversed()
            let expectations: [(query: String, ids: [String])] = [
                ("", newestFirst), ("agent=other", Array(ids[6...].reversed())),
                ("status=cancelled", [ids[0]]), ("status=queued&status=cancelled", newestFirst),
                ("correlation_id=c1", [ids[7], ids[4], ids[1]]), ("correlation_id=c1&agent=other", [ids[7]]),
                ("parent_run_id=\(parent)", [child]), ("label=gpu", [ids[8], ids[4], ids[0]]),
                ("label=large&agent=other", [ids[8]]), ("label=none", []),
                ("room_id=\(try await tutti.state(of: parent).text("room_id"))", newestFirst),
                ("since=\(middle)", [child] + ids[4...].reversed()), ("until=\(middle)", Array(ids[..<4].reversed())),
                ("agent=other&status=cancelled", []),
            ]
            for (query, expected) in expectations {
                for limit in [2, 100] {
                    let found = try await tutti.walk("/v1/runs?limit=\(limit)\(query.isEmpty ? "" : "&\(query)")")
                    #expect(found.map { $0.text("run_id") } == expected, "\(query)")
                }
            }
        }
    }

    @Test func `a key makes a request safe to repeat`() async throws {
        try await Tutti.withWorkers { tutti in
            let body: JSONValue = ["agent": "echo", "input": ["n": 1], "idempotency_key": "k", "labels": ["gpu"]]
            let first = try await tutti.http.post("/v1/runs", body)
            let again = try await tutti.http.post("/v1/runs", body)
            #expect(first.status == 201 && again.status == 201)
            #expect(first.json == again.json && again.header("Idempotency-Replayed") == "true")
            #expect(first.header("Idempotency-Replayed") == nil)
            let other = try await tutti.http.post(
                "/v1/runs", ["agent": "echo", "input": ["n": 1], "idempotency_key": "k", "labels": ["large"]])
            #expect(other.status == 409 && other.code == "idempotency_key_reused")
        }
    }

    @Test func `cancelling by filter counts first and then cancels, with what runs asked for`() async throws {
        try await Tutti.withWorkers { tutti in
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await tutti.run(["correlation_id": "batch"]).text("run_id")) }
            let child = try await tutti.run(["parent_run_id": .string(ids[0])], agent: "other").text("run_id")
            let kept = try await tutti.run().text("run_id")
            let filter: JSONValue = ["correlation_id": "batch"]
            let dry = try await tutti.http.post("/v1/runs/cancel", ["filter": filter, "dry_run": true, "limit": 3])
                .json(for: 200)
            #expect(dry == ["matched": 3, "changed": 0, "has_more": true])
            let some = try await tutti.http.post("/v1/runs/cancel", ["filter": filter, "limit": 3, "reason": "x"])
                .json(for: 200)
            #expect(some == ["matched": 3, "changed": 3, "has_more": true])
            let rest = try await tutti.http.post("/v1/runs/cancel", ["filter": filter]).json(for: 200)
            #expect(rest == ["matched": 2, "changed": 2, "has_more": false])
            for id in ids { #expect(try await tutti.state(of: id)["status"] == "cancelled") }
            try await eventually { try await tutti.state(of: child)["status"] == "cancelled" }
            #expect(try await tutti.state(of: kept)["status"] == "queued")
            // Nothing of it is handed out.
            #expect(try await tutti.held(try await tutti.session(), limit: 100).map(\.id) == [kept])
            let ended = try await tutti.http.post("/v1/runs/\(ids[0])/cancel", [:])
            #expect(ended.status == 409 && ended.code == "illegal_transition")
            let labelled = try await tutti.run(["labels": ["gpu"]]).text("run_id")
            let plain = try await tutti.run(["labels": ["large"]]).text("run_id")
            let byLabel = try await tutti.http.post("/v1/runs/cancel", ["filter": ["label": "gpu"]]).json(for: 200)
            #expect(byLabel == ["matched": 1, "changed": 1, "has_more": false])
            #expect(try await tutti.state(of: labelled)["status"] == "cancelled")
            #expect(try await tutti.state(of: plain)["status"] == "queued")
        }
    }

    @Test func `dead letters are listed, and tried again one by one or by filter`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            var ids: [String] = []
            for number in 0..<6 {
                let id = try await tutti.run().text("run_id")
                ids.append(id)
                let held = try await tutti.holdOne(session)
                let code = number < 4 ? "broken" : "odd"
                _ = try await tutti.http.post(
                    "/v1/runs/\(id)/fail", held.body(["error": ["code": .string(code), "retryable": false]])
                ).json(for: 200)
            }
            let walked = try await tutti.walk("/v1/dead-letters?limit=4")
            #expect(walked.map { $0.text("run_id") } == ids.reversed())
            #expect(try await tutti.walk("/v1/dead-letters?error_code=odd").count == 2)
            #expect(try await tutti.walk("/v1/dead-letters?error_code=none").isEmpty)
            #expect(try await tutti.walk("/v1/dead-letters?agent=other").isEmpty)
            let chosen = try await tutti.http.post(
                "/v1/dead-letters/retry", ["run_ids": [.string(ids[0]), .string(ids[5])]]
            ).json(for: 200)
            #expect(chosen == ["matched": 2, "changed": 2, "has_more": false])
            let dry = try await tutti.http.post(
                "/v1/dead-letters/retry", ["filter": ["error_code": "broken"], "dry_run": true]
            ).json(for: 200)
            #expect(dry == ["matched": 3, "changed": 0, "has_more": false])
            let rest = try await tutti.http.post("/v1/dead-letters/retry", ["filter": [:]]).json(for: 200)
            #expect(rest == ["matched": 4, "changed": 4, "has_more": false])
            #expect(try await tutti.walk("/v1/dead-letters").isEmpty)
            let again = try await tutti.held(session, limit: 100)
            #expect(again.count == 6 && again.allSatisfy { $0.json["number"] == 2 && $0.json["attempt"] == 1 })
        }
    }

    @Test func `runs wait for those before them, whichever room they are in`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let first = try await tutti.run().text("run_id")
            let second = try await tutti.run(["after": [.string(first)]])
            #expect(second["status"] == "scheduled" && second["blocked"] == true)
            let never = try await tutti.run(["after": [.string(first)], "on_dependency_failure": "cancel"])
            let held = try await tutti.held(session, limit: 10)
            #expect(held.map(\.id) == [first])
            // A wait that began before what it waits for was done.
            async let claimed = tutti.claim(session, limit: 10, wait: 20)
            _ = try await tutti.http.post("/v1/runs/\(first)/complete", held[0].body()).json(for: 200)
            var got = try await claimed.json(for: 200)["runs"]?.strings("run_id") ?? []
            if got.count < 2 {
                got += try await tutti.claim(session, limit: 10, wait: 5).json["runs"]?.strings("run_id") ?? []
            }
            #expect(Set(got) == [second.text("run_id"), never.text("run_id")])
            let third = try await tutti.run(["after": [.string(second.text("run_id"))]]).text("run_id")
            _ = try await tutti.http.post("/v1/runs/\(second.text("run_id"))/cancel", [:]).json(for: 200)
            try await eventually { try await tutti.state(of: third)["status"] == "failed" }
            #expect(try await tutti.state(of: third)["error"]?["code"] == "dependency_failed")
        }
    }
}
