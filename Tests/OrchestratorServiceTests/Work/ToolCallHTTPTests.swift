// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing

@Suite struct ToolCallHTTPTests {
    private let nothing = "tc_01ARZ3NDEKTSV4RRFFQ69G5FAV"

    @Test func `a tool call is started, found again by its key, and ends`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let path = "/v1/steps/\(try await work.step(of: run, "a:b"))/toolcalls"
            let body: JSONValue = ["tool": "http.get", "key": "one", "arguments": ["url": "x"]]
            let call = try await holder.post(path, body).object(201)
            let id = try #require(call["tool_call_id"]?.string)
            #expect(call["status"] == "running" && call["tool"] == "http.get" && call["arguments"] == ["url": "x"])
            #expect(call["idempotency_key"]?.string == "\(run.task.id):a%3Ab:one")
            #expect(try await holder.post(path, body).object(200)["tool_call_id"]?.string == id)
            let done = try await holder.post("/v1/toolcalls/\(id)/succeed", ["result": [1]]).object(200)
            #expect(done["status"] == "succeeded" && done["result"] == [1] && done["finished_at"]?.string != nil)
            #expect(try await holder.post(path, body).object(200)["result"] == [1])
            #expect(try await holder.post("/v1/toolcalls/\(id)/succeed", [:]).object(200)["result"] == [1])
            try await holder.post("/v1/toolcalls/\(id)/fail", ["error": ["code": "x"]])
                .expectRefusal(409, code: "already_finished")
            let single = try await holder.post(path, ["tool": "clock"]).object(201)
            #expect(single["key"] == .null && single["idempotency_key"] == .null)
            let other = try #require(single["tool_call_id"]?.string)
            let failed = try await holder.post(
                "/v1/toolcalls/\(other)/fail", ["error": ["code": "x", "message": "y"]]
            ).object(200)
            #expect(failed["error"] == ["code": "x", "message": "y", "retryable": false])
            #expect(try await work.person.get("/v1/toolcalls/\(other)").object(200) == failed)
            #expect(try await work.worker.get("/v1/toolcalls/\(other)").status == 403)
        }
    }

    @Test func `bad input names the member, and what is not there is 404`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let path = "/v1/steps/\(try await work.step(of: run))/toolcalls"
            try await holder.post(path, [:]).expectRefusal(400, fields: ["/tool"])
            try await holder.post(path, ["tool": "a b", "key": 1]).expectRefusal(400, fields: ["/tool", "/key"])
            try await work.worker.post(path, ["tool": "a"]).expectRefusal(400, fields: ["/lease_token"])
            try await work.person.get("/v1/toolcalls?status=done").expectRefusal(400, fields: ["status"])
            try await work.person.get("/v1/toolcalls?run_id=x&step_id=y").expectRefusal(
                400, fields: ["run_id", "step_id"])
            try await holder.post("/v1/steps/step_01ARZ3NDEKTSV4RRFFQ69G5FAV/toolcalls", ["tool": "a"])
                .expectRefusal(404)
            try await work.person.get("/v1/toolcalls/\(nothing)").expectRefusal(404)
            try await holder.post("/v1/toolcalls/\(nothing)/succeed", [:]).expectRefusal(404)
            try await holder.post("/v1/toolcalls/\(nothing)/fail", ["error": ["code": "x"]]).expectRefusal(404)
            #expect(try await work.walk("/v1/toolcalls", "tool_call_id", limit: 10) == [])
        }
    }

    @Test func `a stale lease is 409, as is a call within a step that is over`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let call = try await holder.post("/v1/steps/\(step)/toolcalls", ["tool": "a"]).object(201)
            let id = call["tool_call_id"]?.string ?? ""
            let forged = work.worker.with("X-Lease-Token", String(repeating: "0", count: 64)).with("X-Lease-Epoch", "1")
            try await forged.post("/v1/steps/\(step)/toolcalls", ["tool": "a"]).expectRefusal(409, code: "stale_lease")
            try await forged.post("/v1/toolcalls/\(id)/succeed", [:]).expectRefusal(409, code: "stale_lease")
            try await forged.post("/v1/toolcalls/\(id)/fail", ["error": ["code": "x"]])
                .expectRefusal(409, code: "stale_lease")
            try await holder.post("/v1/steps/\(step)/complete", [:]).expectStatus(200)
            try await holder.post("/v1/steps/\(step)/toolcalls", ["tool": "a"])
                .expectRefusal(409, code: "already_finished")
            try await work.finish(run)
            #expect(try await work.person.get("/v1/toolcalls/\(id)").object(200)["status"] == "abandoned")
        }
    }

    @Test func `lists are read page by page, restricted by each filter`() async throws {
        try await WorkHTTPFixture.with { work in
            var all: [String] = []
            var wanted: [String: [String]] = [:]
            for _ in 0..<2 {
                let run = try await work.claim()
                let holder = work.holder(of: run)
                let step = try await work.step(of: run)
                for index in 0..<4 {
                    let tool = index % 2 == 0 ? "even" : "odd"
                    let call = try await holder.post("/v1/steps/\(step)/toolcalls", ["tool": .string(tool)])
                    let id = try #require(try call.object(201)["tool_call_id"]?.string)
                    var status = "running"
                    if index == 0 {
                        status = "succeeded"
                        try await holder.post("/v1/toolcalls/\(id)/succeed", [:]).expectStatus(200)
                    } else if index == 1 {
                        status = "failed"
                        try await holder.post("/v1/toolcalls/\(id)/fail", ["error": ["code": "x"]]).expectStatus(200)
                    }
                    all.insert(id, at: 0)
                    let filters = [
                        "run_id=\(run.lease.runID)", "step_id=\(step)", "tool=\(tool)", "status=\(status)",
                        "tool=\(tool)&status=\(status)",
                    ]
                    for filter in filters { wanted[filter, default: []].insert(id, at: 0) }
                }
            }
            for limit in [1, 3, 8, 100] {
                #expect(try await work.walk("/v1/toolcalls", "tool_call_id", limit: limit) == all)
            }
            for (filter, ids) in wanted {
                #expect(try await work.walk("/v1/toolcalls?\(filter)", "tool_call_id", limit: 3) == ids, "\(filter)")
            }
        }
    }
}
