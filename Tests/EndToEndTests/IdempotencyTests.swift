// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct IdempotencyTests {
    @Test func `the same key with the same body is the same task, with another body a conflict`() async throws {
        try await Tutti.with { tutti in
            let body: JSONValue = [
                "agent": "echo", "input": ["message": "once", "delayMilliseconds": 0], "idempotencyKey": "order 17",
                "priority": 6,
            ]
            let first = try await tutti.post(body)
            #expect(first.status == 201)
            #expect(first.header("Idempotency-Replayed") == nil)
            let id = first.json.text("id")
            let done = try await tutti.wait(for: id, toBe: "completed")

            // Members in another order and numbers spelt in another way are the same body.
            let respelt: JSONValue = [
                "idempotencyKey": "order 17", "priority": 6,
                "input": ["delayMilliseconds": .number(JSONNumber(trusted: "0.0")), "message": "once"], "agent": "echo",
            ]
            for repeated in [body, respelt] {
                let again = try await tutti.post(repeated)
                #expect(again.status == 201)
                #expect(again.header("Idempotency-Replayed") == "true")
                #expect(again.json.text("id") == id)
                #expect(again.json["status"] == "completed", "it is answered as it is")
                #expect(again.json["version"] == done["version"])
            }
            let others: [JSONObject] = [
                ["input": ["message": "twice"]], ["priority": 5], ["correlationId": "c"], ["timeoutSeconds": 300],
                ["retry": ["maxAttempts": 3]], ["runAt": "2027-01-01T00:00:00Z"],
            ]
            for other in others {
                guard var changed = body.object else { return }
                for (name, value) in other.members { changed[name] = value }
                let refused = try await tutti.post(.object(changed))
                #expect(refused.status == 409, "\(other)")
                #expect(refused.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            }
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks") == 1)
            #expect(try await tutti.task(id).eventTypes == ["task.created", "run.started", "run.completed"])
        }
    }

    @Test func `fifty requests at once with one key make one task, carried out once`() async throws {
        try await Tutti.with { tutti in
            let body: JSONValue = [
                "agent": "echo", "input": ["message": "all at once"], "idempotencyKey": "same",
            ]
            let answers = try await withThrowingTaskGroup(of: PlainHTTPClient.Answer.self) { group in
                for _ in 0..<50 { group.addTask { try await tutti.post(body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map { $0.json.text("id") }).count == 1)
            #expect(answers.filter { $0.header("Idempotency-Replayed") == nil }.count == 1)
            let id = try #require(answers.first).json.text("id")
            let done = try await tutti.wait(for: id, toBe: "completed")
            #expect(done.eventTypes == ["task.created", "run.started", "run.completed"])
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks") == 1)
            try await tutti.expectGaplessLog()
        }
    }
}
