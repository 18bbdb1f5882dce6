// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Runs that are done again from one of their steps on.
@Suite(.daemonLogs) struct ReplayTests {
    /// Starts a step, and completes it with an output unless that is nil.
    @discardableResult
    private func step(
        _ key: String, of run: HeldRun, output: JSONValue?, expecting status: Int = 201, _ tutti: Tutti
    ) async throws -> JSONValue {
        let step = try await tutti.http.post("/v1/runs/\(run.id)/steps", run.body(["key": .string(key)]))
            .json(for: status)
        guard let output else { return step }
        return try await tutti.http.post(
            "/v1/steps/\(step.text("step_id"))/complete", run.body(["output": output])
        ).json(for: 200)
    }

    @Test func `a replay takes over what was completed before a step and does the rest again`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let id = try await tutti.run().text("run_id")
            let first = try await tutti.holdOne(session)
            let fetched = try await step("fetch", of: first, output: ["rows": 3], tutti)
            try await step("skipped", of: first, output: nil, tutti)
            let mapped = try await step("map", of: first, output: ["rows": 2], tutti)
            try await step("send", of: first, output: "sent", tutti)
            let early = try await tutti.http.post("/v1/runs/\(id)/replay", [:])
            #expect(early.status == 409 && early.code == "illegal_transition", "\(early.text)")
            _ = try await tutti.http.post("/v1/runs/\(id)/complete", first.body(["result": 1])).json(for: 200)

            let from: JSONValue = ["from_step": .string(mapped.text("step_id"))]
            let answer = try await tutti.http.post("/v1/runs/\(id)/replay", from)
            let again = try answer.json(for: 201)
            #expect(answer.header("Location") == "/v1/runs/\(again.text("run_id"))")
            #expect(again["task_id"] == first.json["task_id"] && again["number"] == 2 && again["status"] == "queued")
            #expect(again["replay_of_run_id"] == .string(id) && again["result"] == .null && again["attempt"] == 0)
            let second = try await tutti.holdOne(session)
            #expect(second.id == again.text("run_id") && second.json["input"] == ["n": 1])
            #expect(second.json["idempotency_key"] == first.json["idempotency_key"])
            let taken = try await step("fetch", of: second, output: nil, expecting: 200, tutti)
            #expect(taken["status"] == "completed" && taken["output"] == ["rows": 3])
            #expect(taken["carried_from_step_id"] == fetched["step_id"] && taken["step_id"] != fetched["step_id"])
            // It was not completed, or comes later.
            for key in ["skipped", "map", "send"] {
                let fresh = try await step(key, of: second, output: "again", tutti)
                #expect(fresh["carried_from_step_id"] == .null && fresh["output"] == "again")
            }
            _ = try await tutti.http.post("/v1/runs/\(second.id)/complete", second.body(["result": 2])).json(for: 200)
            #expect(try await tutti.state(of: second.id)["result"] == 2)
            // The earlier run is still what it was, and may be replayed as well, from its beginning.
            #expect(try await tutti.state(of: id)["status"] == "completed")
            let whole = try await tutti.http.post("/v1/runs/\(id)/replay", [:]).json(for: 201)
            #expect(whole["number"] == 3)
            let third = try await tutti.holdOne(session)
            try await step("fetch", of: third, output: "anew", tutti)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `what cannot be replayed is refused and changes nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let room = try await tutti.http.post("/v1/rooms", ["name": "a room"]).json(for: 201).text("room_id")
            let id = try await tutti.run(["room_id": .string(room)]).text("run_id")
            let held = try await tutti.holdOne(session)
            try await step("fetch", of: held, output: 1, tutti)
            _ = try await tutti.http.post("/v1/runs/\(id)/complete", held.body()).json(for: 200)
            _ = try await tutti.run()
            let other = try await tutti.holdOne(session)
            let foreign = try await step("fetch", of: other, output: nil, tutti)
            let before = try await tutti.number("SELECT count(*) AS n FROM evt_events")
            for step in [foreign.text("step_id"), "step_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
                let answer = try await tutti.http.post("/v1/runs/\(id)/replay", ["from_step": .string(step)])
                #expect(answer.status == 400 && answer.fields == ["/from_step"], "\(answer.text)")
            }
            let unknown = try await tutti.http.post("/v1/runs/run_01ARZ3NDEKTSV4RRFFQ69G5FAV/replay", [:])
            #expect(unknown.status == 404)
            let worker = try await tutti.worker("echo").post("/v1/runs/\(id)/replay", [:])
            #expect(worker.status == 403, "a worker may not")
            #expect(try await tutti.number("SELECT count(*) AS n FROM evt_events") == before)
            _ = try await tutti.http.patch("/v1/rooms/\(room)", ["archived": true]).json(for: 200)
            let archived = try await tutti.http.post("/v1/runs/\(id)/replay", [:])
            #expect(archived.status == 409 && archived.code == "room_archived", "\(archived.text)")
        }
    }
}
