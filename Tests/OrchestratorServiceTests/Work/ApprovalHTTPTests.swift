// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing

@Suite struct ApprovalHTTPTests {
    private let nothing = "appr_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    private let action: JSONValue = ["kind": "external.write", "target": "mail", "arguments": ["to": "x", "n": 1.0]]

    @Test func `a worker asks, its run waits, a person answers`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let runID = JSONValue.string(run.lease.runID.rawValue)
            let body: JSONValue = [
                "run_id": runID, "step_id": .string(step), "action": action, "summary": "Send it.",
                "expires_in_seconds": 60,
            ]
            let approval = try await holder.post("/v1/approvals", body).object(201)
            let id = try #require(approval["approval_id"]?.string)
            #expect(approval["status"] == "pending" && approval["run_id"] == runID && approval["holds_run"] == true)
            #expect(approval["step_id"]?.string == step && approval["requested_by"] == "agent:echo")
            #expect(
                approval["arguments"] == ["to": "x", "n": 1.0] && approval["room_id"]?.string == Room.defaultID.rawValue
            )
            // SHA-256 of {"n":1,"to":"x"}
            let hash = Hex.text(ArtifactContent(Array(#"{"n":1,"to":"x"}"#.utf8)).hash)
            #expect(
                approval["action"] == ["kind": "external.write", "target": "mail", "arguments_hash": .string(hash)])
            #expect(try await work.worker.get("/v1/approvals/\(id)").object(200) == approval)
            #expect(try await work.status(of: run) == "waiting")
            let path = "/v1/approvals/\(id)/decide"
            for other in [work.worker, work.service] {
                #expect(try await other.post(path, ["decision": "approve"]).status == 403)
            }
            let held = try await work.person.post(path, ["decision": "hold", "note": "Later."]).object(200)
            #expect(held["status"] == "held" && held["note"] == "Later." && held["version"] == 2)
            let approved = try await work.person.post(path, ["decision": "approve"]).object(200)
            #expect(approved["status"] == "approved" && approved["decided_by"] == "user:admin")
            #expect(approved["note"] == .null && approved["decided_at"]?.string != nil && approved["version"] == 3)
            #expect(try await work.status(of: run) == "running")
            let late = try await work.person.post(path, ["decision": "deny"])
            late.expectRefusal(409, code: "approval_decided")
            #expect(late.json["current_status"] == "approved")
            try await holder.post("/v1/steps/\(step)/complete", [:]).expectStatus(200)
        }
    }

    @Test func `others ask about a run or a room, and nothing waits`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let runID = JSONValue.string(run.lease.runID.rawValue)
            let about = try await work.service.post("/v1/approvals", ["run_id": runID, "action": action]).object(201)
            #expect(about["holds_run"] == false && about["requested_by"]?.string?.hasPrefix("service:") == true)
            #expect(try await work.status(of: run) == "running")
            let plain = try await work.person.post("/v1/approvals", ["action": ["kind": "k"]]).object(201)
            #expect(plain["run_id"] == .null && plain["arguments"] == [:] && plain["task_id"] == .null)
            let room = JSONValue.string(Room.defaultID.rawValue)
            try await work.person.post("/v1/approvals", ["action": action, "room_id": room]).expectStatus(201)
            try await work.person.post("/v1/approvals", ["action": action, "room_id": room, "run_id": runID])
                .expectStatus(201)
            // A worker knows only what its agent has asked for.
            let id = about["approval_id"]?.string ?? ""
            try await work.worker.get("/v1/approvals/\(id)").expectRefusal(404)
            #expect(try await work.worker.get("/v1/approvals").status == 403)
            try await work.finish(run)
            #expect(try await work.person.get("/v1/approvals/\(id)").object(200)["status"] == "cancelled")
            try await work.person.post("/v1/approvals", ["run_id": runID, "action": action])
                .expectRefusal(409, code: "run_ended")
        }
    }

    @Test func `bad input names the member, and what is not there is 404`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let runID = JSONValue.string(run.lease.runID.rawValue)
            let path = "/v1/approvals"
            try await work.person.post(path, [:]).expectRefusal(400, fields: ["/action"])
            try await work.person.post(path, ["action": [:]]).expectRefusal(400, fields: ["/action/kind"])
            try await work.person.post(path, ["action": ["kind": "a b", "extra": 1]])
                .expectRefusal(400, fields: ["/action/kind", "/action/extra"])
            for seconds in [0, 2_592_001] {
                try await work.person.post(path, ["action": action, "expires_in_seconds": JSONValue(seconds)])
                    .expectRefusal(400, fields: ["/expires_in_seconds"])
            }
            try await holder.post(path, ["action": action]).expectRefusal(400, fields: ["/run_id"])
            try await work.worker.post(path, ["action": action]).expectRefusal(400, fields: ["/run_id"])
            try await work.worker.post(path, ["action": action, "run_id": runID])
                .expectRefusal(400, fields: ["/lease_token"])
            try await work.worker.with("X-Lease-Token", String(repeating: "0", count: 64))
                .post(path, ["action": action, "run_id": runID]).expectRefusal(400, fields: ["/lease_epoch"])
            let other = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
            try await work.person.post(path, ["action": action, "room_id": .string("room_\(other)")])
                .expectRefusal(400, fields: ["/room_id"])
            try await holder.post(path, ["action": action, "run_id": runID, "room_id": .string("room_\(other)")])
                .expectRefusal(400, fields: ["/room_id"])
            try await holder.post(path, ["action": action, "run_id": runID, "step_id": .string("step_\(other)")])
                .expectRefusal(400, fields: ["/step_id"])
            try await work.person.post(path, ["action": action, "step_id": .string("step_\(other)")])
                .expectRefusal(400, fields: ["/run_id"])
            try await holder.post(path, ["action": action, "run_id": .string("run_\(other)")]).expectRefusal(404)
            try await work.person.get("\(path)/\(nothing)").expectRefusal(404)
            try await work.person.post("\(path)/\(nothing)/decide", ["decision": "approve"]).expectRefusal(404)
            try await work.person.post("\(path)/\(nothing)/decide", ["decision": "maybe"])
                .expectRefusal(400, fields: ["/decision"])
            try await work.person.get(path + "?status=open&room_id=x").expectRefusal(
                400, fields: ["status", "room_id"])
            let forged = work.worker.with("X-Lease-Token", String(repeating: "0", count: 64)).with("X-Lease-Epoch", "1")
            try await forged.post(path, ["action": action, "run_id": runID]).expectRefusal(409, code: "stale_lease")
            #expect(try await work.walk(path, "approval_id", limit: 10) == [])
            #expect(try await work.status(of: run) == "running")
        }
    }

    @Test func `lists are read page by page, restricted by each filter`() async throws {
        try await WorkHTTPFixture.with { work in
            var all: [String] = []
            var denied: [String] = []
            var ofRun: [String] = []
            let run = try await work.claim()
            for index in 0..<7 {
                var body: JSONObject = ["action": action]
                if index % 3 == 0 { body["run_id"] = .string(run.lease.runID.rawValue) }
                let id =
                    try await work.person.post("/v1/approvals", .object(body)).object(201)["approval_id"]?.string ?? ""
                all.insert(id, at: 0)
                if index % 3 == 0 { ofRun.insert(id, at: 0) }
                guard index % 2 == 0 else { continue }
                try await work.person.post("/v1/approvals/\(id)/decide", ["decision": "deny"]).expectStatus(200)
                denied.insert(id, at: 0)
            }
            for limit in [1, 3, 7, 100] {
                #expect(try await work.walk("/v1/approvals", "approval_id", limit: limit) == all)
                #expect(try await work.walk("/v1/approvals?status=denied", "approval_id", limit: limit) == denied)
                let path = "/v1/approvals?run_id=\(run.lease.runID)&room_id=\(Room.defaultID)"
                #expect(try await work.walk(path, "approval_id", limit: limit) == ofRun)
            }
        }
    }
}
