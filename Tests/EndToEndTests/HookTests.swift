// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Foundation
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct HookTests {
    private func make(_ tutti: Tutti, _ more: JSONObject = [:]) async throws -> JSONValue {
        var body: JSONObject = [
            "name": "door", "agent": "echo",
            "template": ["message": "{{/who ?? \"nobody\"}} said {{/what}}", "delayMilliseconds": 0],
        ]
        for (name, value) in more.members { body[name] = value }
        return try await tutti.orchestrator.person.post("/v1/hooks", .object(body)).json(for: 201)
    }

    /// Sends as a sender of Standard Webhooks does, which knows the path and the secret and nothing else.
    private func deliver(
        _ hook: JSONValue, secret: String? = nil, id: String, _ body: JSONValue, at daemon: DaemonProcess,
        age: Duration = .zero, from address: String = "127.0.0.1"
    ) async throws -> PlainHTTPClient.Answer {
        let text = secret ?? hook.text("secret")
        let key = try #require(Data(base64Encoded: String(text.dropFirst("whsec_".count))))
        let seconds = (Timestamp.now() + (.zero - age)).microseconds / 1_000_000
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(id).\(seconds).".utf8) + body.bytes, using: SymmetricKey(data: key))
        return try await PlainHTTPClient(port: daemon.port).from(address)
            .with("webhook-id", id).with("webhook-timestamp", "\(seconds)")
            .with("webhook-signature", "v1,\(Data(code).base64EncodedString())")
            .post(hook.text("path"), body)
    }

    @Test func `a signed delivery makes one task, at whichever orchestrator and however often it comes`() async throws {
        try await Tutti.with { tutti in
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            let hook = try await make(tutti)
            let answers = try await withThrowingTaskGroup(of: PlainHTTPClient.Answer.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await deliver(
                            hook, id: "msg_1", ["who": "Ada", "what": 42],
                            at: number.isMultiple(of: 2) ? tutti.orchestrator : second)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 202 })
            let ids = Set(answers.map { $0.json.text("task_id") })
            #expect(ids.count == 1 && answers.filter { $0.json["duplicate"] == false }.count == 1)
            let task = try await tutti.wait(for: try #require(ids.first), toBe: "completed")
            #expect(task["input"]?["message"] == "Ada said 42")
            #expect(task["input"]?["delayMilliseconds"] == 0)
            let read = try await second.person.get("/v1/hooks/\(hook.text("hook_id"))").json(for: 200)
            #expect(read["delivery_count"] == 1 && read["secret"] == nil)
        }
    }

    @Test func `the door opens to signatures only`() async throws {
        try await Tutti.with { tutti in
            let hook = try await make(tutti)
            let daemon = tutti.orchestrator
            let bare = try await PlainHTTPClient(port: daemon.port).post(hook.text("path"), [:])
            #expect(bare.status == 401 && bare.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            // The credentials of people open the other endpoints, not this one.
            #expect(try await daemon.person.post(hook.text("path"), [:]).status == 401)
            #expect(try await PlainHTTPClient(port: daemon.port).get(hook.text("path")).status == 401)
            let other = try await make(tutti)
            let wrong = try await deliver(
                hook, secret: other.text("secret"), id: "msg_1", ["what": 1], at: daemon)
            #expect(wrong.status == 401)
            #expect(try await deliver(hook, id: "msg_1", ["what": 1], at: daemon, age: .seconds(600)).status == 401)
            #expect(try await deliver(hook, id: "msg_1", ["what": 1], at: daemon, age: .seconds(200)).status == 202)
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks") == 1)
        }
    }

    @Test func `secrets are rotated with a day of grace, and pauses and deletions hold`() async throws {
        try await Tutti.with { tutti in
            let daemon = tutti.orchestrator
            let hook = try await make(tutti)
            let path = hook.text("path")
            let rotated = try await daemon.person.post("\(path)/rotate", [:]).json(for: 200)
            #expect(rotated.text("secret") != hook.text("secret") && rotated["generation"] == 2)
            #expect(try await deliver(hook, id: "a", ["what": 1], at: daemon).status == 202)
            #expect(try await deliver(rotated, id: "b", ["what": 1], at: daemon).status == 202)
            _ = try await daemon.person.patch(path, ["paused": true]).json(for: 200)
            #expect(try await deliver(rotated, id: "c", ["what": 1], at: daemon).status == 409)
            _ = try await daemon.person.patch(path, ["paused": false, "template": ["message": "{{delivery_id}}"]])
                .json(for: 200)
            let answer = try await deliver(rotated, id: "c", [:], at: daemon).json(for: 202)
            let task = try await tutti.wait(for: answer.text("task_id"), toBe: "completed")
            #expect(task["input"]?["message"] == "c")
            #expect(try await daemon.person.send("DELETE", path).status == 204)
            #expect(try await deliver(rotated, id: "d", ["what": 1], at: daemon).status == 404)
        }
    }

    @Test func `too many deliveries and too many wrong ones are told to wait`() async throws {
        try await Tutti.with { tutti in
            let daemon = tutti.orchestrator
            let hook = try await make(tutti, ["deliveries_per_minute": 5])
            for number in 0..<5 {
                #expect(try await deliver(hook, id: "\(number)", ["what": 1], at: daemon).status == 202)
            }
            let over = try await deliver(hook, id: "over", ["what": 1], at: daemon)
            #expect(over.status == 429 && over.json["code"] == "too_many_deliveries")
            #expect(over.header("Retry-After").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            // What came before is still found.
            #expect(try await deliver(hook, id: "0", ["what": 1], at: daemon).json(for: 202)["duplicate"] == true)

            let other = try await make(tutti)
            func forge() async throws -> Int {
                try await deliver(
                    other, secret: hook.text("secret"), id: "f", ["what": 1], at: daemon, from: "127.0.0.9"
                ).status
            }
            for _ in 0..<30 { #expect(try await forge() == 401) }
            #expect(try await forge() == 429)
            // The hook is open to others, and the address to other hooks.
            #expect(try await deliver(other, id: "g", ["what": 1], at: daemon).status == 202)
            let third = try await make(tutti)
            #expect(try await deliver(third, id: "h", ["what": 1], at: daemon, from: "127.0.0.9").status == 202)
        }
    }

    @Test func `a secret is in the answer that shows it and nowhere else`() async throws {
        try await Tutti.with { tutti in
            let daemon = tutti.orchestrator
            for signature in ["standard", "github"] as [JSONValue] {
                let hook = try await make(tutti, ["signature": ["scheme": signature]])
                let rotated = try await daemon.person.post("\(hook.text("path"))/rotate", ["grace_seconds": 0])
                    .json(for: 200)
                _ = try await daemon.person.patch(hook.text("path"), ["name": "other"]).json(for: 200)
                let answers = try await [
                    daemon.person.get(hook.text("path")), daemon.person.get("/v1/hooks"),
                    daemon.person.get("/v1/events?limit=500"),
                ].map(\.text).joined()
                for text in [hook.text("secret"), rotated.text("secret")] {
                    let secret = text.replacing("whsec_", with: "")
                    #expect(secret.utf8.count >= 43)
                    #expect(!answers.contains(secret) && !daemon.log.contains(secret))
                    let rows = try await tutti.number(
                        """
                        SELECT (SELECT count(*) FROM evt_events WHERE position(convert_to(\(secret), 'UTF8') IN body) > 0)
                            + (SELECT count(*) FROM proj_hooks h WHERE h::text LIKE '%' || \(secret) || '%') AS n
                        """)
                    #expect(rows == 0)
                }
            }
        }
    }

    @Test func `what cannot be a hook is refused by member`() async throws {
        try await Tutti.with { tutti in
            for (more, field) in [
                (["template": ["message": "a {{/x"]], "/template/message"),
                (["template": "{{header:authorization}}"], "/template"), (["agent": "nobody"], "/agent"),
                (["signature": ["scheme": "hmac_sha256"]], "/signature/header"),
                (["signature": ["scheme": "hmac_sha256", "header": "Cookie"]], "/signature/header"),
                (["signature": ["scheme": "github", "prefix": "x"]], "/signature/prefix"),
                (["delivery_id": [:]], "/delivery_id/header"),
                (["delivery_id": ["pointer": "x"]], "/delivery_id/pointer"),
                (["correlation_id": ["header": "authorization"]], "/correlation_id/header"),
            ] as [(JSONObject, String)] {
                var body: JSONObject = ["name": "wrong", "agent": "echo", "template": ["message": "x"]]
                for (name, value) in more.members { body[name] = value }
                let answer = try await tutti.orchestrator.person.post("/v1/hooks", .object(body)).json(for: 400)
                #expect(answer["errors"]?.strings("field").contains(field) == true, "\(answer.text)")
            }
        }
    }
}
