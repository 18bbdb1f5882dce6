// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Orchestration
import TestKit
import Testing

@Suite struct StepHTTPTests {
    private let nothing = "step_01ARZ3NDEKTSV4RRFFQ69G5FAV"

    @Test func `a step is started, found again, completed and read`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let path = "/v1/runs/\(run.lease.runID)/steps"
            let body: JSONValue = ["key": "fetch", "name": "Fetch it", "kind": "http", "input": ["n": 1]]
            let step = try await holder.post(path, body).object(201)
            let id = try #require(step["step_id"]?.string)
            #expect(step["status"] == "running" && step["number"] == 1 && step["epoch"] == 1 && step["attempt"] == 1)
            #expect(step["name"] == "Fetch it" && step["kind"] == "http" && step["input"] == ["n": 1])
            #expect(step["run_id"]?.string == run.lease.runID.rawValue && step["output"] == .null)
            #expect(try await holder.post(path, ["key": "fetch"]).object(200)["step_id"]?.string == id)
            let done = try await holder.post("/v1/steps/\(id)/complete", ["output": ["rows": 3]]).object(200)
            #expect(done["status"] == "completed" && done["output"] == ["rows": 3])
            #expect(done["finished_at"]?.string != nil)
            let again = try await holder.post(path, ["key": "fetch"]).object(200)
            #expect(again["status"] == "completed" && again["output"] == ["rows": 3])
            let read = try await work.person.get("/v1/steps/\(id)").object(200)
            #expect(read == again)
            #expect(try await work.service.get("/v1/steps/\(id)").status == 200)
            #expect(try await work.worker.get("/v1/steps/\(id)").status == 403)
            // The lease may as well be in the body.
            let token = JSONValue.string(WorkHTTPFixture.signer.token(of: run.lease).reveal())
            let second = try await work.worker.post(path, ["key": "b", "lease_token": token, "lease_epoch": 1])
            let failed = try await holder.post(
                "/v1/steps/\(try second.object(201)["step_id"]?.string ?? "")/fail",
                ["error": ["code": "full", "message": "No room.", "retryable": true]]
            ).object(200)
            #expect(failed["status"] == "failed")
            #expect(failed["error"] == ["code": "full", "message": "No room.", "retryable": true])
        }
    }

    @Test func `bad input names the member and changes nothing`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let path = "/v1/runs/\(run.lease.runID)/steps"
            try await holder.post(path, [:]).expectRefusal(400, fields: ["/key"])
            try await holder.post(path, ["key": "a b"]).expectRefusal(400, fields: ["/key"])
            try await holder.post(path, ["key": "", "extra": 1]).expectRefusal(400, fields: ["/key", "/extra"])
            let long = JSONValue.string(String(repeating: "x", count: 129))
            try await holder.post(path, ["key": long]).expectRefusal(400, fields: ["/key"])
            try await holder.post(path, ["key": "a", "name": 1]).expectRefusal(400, fields: ["/name"])
            try await work.worker.post(path, ["key": "a"]).expectRefusal(400, fields: ["/lease_token"])
            try await work.worker.with("X-Lease-Epoch", "1").post(path, ["key": "a"])
                .expectRefusal(400, fields: ["/lease_token", "/lease_token"])
            let step = try await work.step(of: run)
            try await holder.post("/v1/steps/\(step)/fail", [:]).expectRefusal(400, fields: ["/error"])
            try await holder.post("/v1/steps/\(step)/fail", ["error": ["code": 1]])
                .expectRefusal(400, fields: ["/error/code"])
            try await holder.post("/v1/steps/x/complete", [:]).expectRefusal(400, fields: ["step_id"])
            try await work.person.get(path + "?cursor=x").expectRefusal(400, fields: ["cursor"])
            try await work.person.get(path + "?limit=0").expectRefusal(400, fields: ["limit"])
            let huge: JSONValue = ["key": "a", "input": .string(String(repeating: "x", count: 1_100_000))]
            #expect(try await holder.post(path, huge).status == 413)
            #expect(try await work.walk(path, "step_id", limit: 10) == [step])
            #expect(try await work.person.get("/v1/steps/\(step)").object(200)["status"] == "running")
        }
    }

    @Test func `what is not there is 404, also in another workspace`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let stranger = "/v1/runs/run_01ARZ3NDEKTSV4RRFFQ69G5FAV/steps"
            try await holder.post(stranger, ["key": "a"]).expectRefusal(404)
            try await work.person.get(stranger).expectRefusal(404)
            try await work.person.get("/v1/steps/\(nothing)").expectRefusal(404)
            try await holder.post("/v1/steps/\(nothing)/complete", [:]).expectRefusal(404)
            try await holder.post("/v1/steps/\(nothing)/fail", ["error": ["code": "x"]]).expectRefusal(404)
            let elsewhere = work.person.with("x-workspace-id", "ws_other")
            try await elsewhere.get("/v1/steps/\(step)").expectRefusal(404)
            #expect(try await work.person.get(stranger.replacing("01ARZ", with: "0XXXX")).status != 200)
        }
    }

    @Test func `a stale lease is 409 with the current epoch, a run that ended leaves abandoned steps`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let step = try await work.step(of: run)
            let path = "/v1/runs/\(run.lease.runID)/steps"
            let forged = work.worker.with("X-Lease-Token", String(repeating: "0", count: 64)).with("X-Lease-Epoch", "1")
            let early = work.worker.with("X-Lease-Token", WorkHTTPFixture.signer.token(of: run.lease).reveal())
                .with("X-Lease-Epoch", "2")
            for stranger in [forged, early] {
                let answer = try await stranger.post(path, ["key": "b"])
                answer.expectRefusal(409, code: "stale_lease")
                #expect(answer.json["current_epoch"] == 1)
                try await stranger.post("/v1/steps/\(step)/complete", [:]).expectRefusal(409, code: "stale_lease")
            }
            try await work.holder(of: run).post("/v1/steps/\(step)/complete", ["output": 1]).expectStatus(200)
            try await work.holder(of: run).post("/v1/steps/\(step)/fail", ["error": ["code": "x"]])
                .expectRefusal(409, code: "already_finished")
            let open = try await work.step(of: run, "open")
            try await work.finish(run)
            try await work.holder(of: run).post(path, ["key": "c"]).expectRefusal(409, code: "stale_lease")
            #expect(try await work.person.get("/v1/steps/\(open)").object(200)["status"] == "abandoned")
            #expect(try await work.walk(path, "status", limit: 1) == ["completed", "abandoned"])
        }
    }

    @Test func `a long list is read page by page`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            var ids: [String] = []
            for index in 0..<7 { ids.append(try await work.step(of: run, "k\(index)")) }
            for limit in [1, 3, 7, 100] {
                #expect(
                    try await work.walk("/v1/runs/\(run.lease.runID)/steps", "step_id", limit: limit) == ids)
            }
        }
    }

    @Test func `nobody gets in without credentials, or with those of another kind`() async throws {
        try await WorkHTTPFixture.with { work in
            let walk = RouteWalk(
                baseURL: try BaseURL("http://127.0.0.1:\(work.port)"), password: Secret(LiveFixture.password),
                internalKey: Secret(WorkHTTPFixture.key))
            #expect(try await walk.faults(WorkHTTPFixture.catalogue) == [])
        }
    }
}

extension PlainHTTPClient.Answer {
    func expectStatus(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
    }
}
