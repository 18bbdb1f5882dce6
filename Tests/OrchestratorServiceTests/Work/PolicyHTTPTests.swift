// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing

@Suite struct PolicyHTTPTests {
    private let path = "/v1/policy/evaluate"
    private let action: JSONValue = ["kind": "external.write", "target": "mail", "arguments": ["to": "x"]]

    @Test func `a worker asks, is approved, and asks again`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let first = try await work.worker.post(path, ["action": action]).object(200)
            #expect(first["decision"] == "require_approval" && first["reason_code"] == "external_write")
            #expect(first["zone"] == "supervised" && first["action"]?["kind"] == "external.write")
            let asked = try await work.holder(of: run).post(
                "/v1/approvals", ["run_id": .string(run.lease.runID.rawValue), "action": action]
            ).object(201)
            let id = try #require(asked["approval_id"])
            let question: JSONValue = ["action": action, "approval_id": id]
            #expect(try await work.worker.post(path, question).object(200)["reason_code"] == "approval_pending")
            let answer: JSONValue = ["decision": "approve"]
            try await work.person.post("/v1/approvals/\(id.string ?? "")/decide", answer).expectStatus(200)
            #expect(try await work.worker.post(path, question).object(200)["decision"] == "allow")
            let other: JSONValue = ["action": ["kind": "external.write", "target": "mail"], "approval_id": id]
            #expect(try await work.worker.post(path, other).object(200)["reason_code"] == "approval_mismatch")
        }
    }

    @Test func `the kill switch is a setting`() async throws {
        try await WorkHTTPFixture.with(settings: ["POLICY_KILL_SWITCH_EXTERNAL_WRITE": "true"]) { work in
            let decided = try await work.service.post(path, ["action": action]).object(200)
            #expect(decided["decision"] == "deny" && decided["reason_code"] == "kill_switch")
        }
    }

    @Test func `what cannot be asked is refused`() async throws {
        try await WorkHTTPFixture.with { work in
            try await work.person.post(path, [:]).expectRefusal(400, fields: ["/action"])
            try await work.person.post(path, ["action": action, "zone": "moon"]).expectRefusal(400, fields: ["/zone"])
            let unknown: JSONValue = ["action": action, "approval_id": "appr_01ARZ3NDEKTSV4RRFFQ69G5FAV"]
            try await work.person.post(path, unknown).expectStatus(404)
            try await work.anybody.post(path, ["action": action]).expectStatus(401)
        }
    }
}
