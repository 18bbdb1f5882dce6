// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite(.daemonLogs) struct LogTests {
    @Test func `the log frames of a task's whole way are found by its trace`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let client = tutti.orchestrator.person.with("traceparent", "00-\(trace)-00f067aa0ba902b7-01")
            let answer = try await client.post(
                "/task", ["agent": "echo", "input": ["message": "follow me"], "correlationId": "case-9"])
            #expect(answer.json["trace_id"]?.string == trace)
            let task = try await tutti.wait(for: answer.json.text("id"), toBe: "completed")
            #expect(task["result"]?["trace_id"]?.string == trace)

            func frames(_ query: String) async throws -> [JSONValue] {
                let answer = try await tutti.logging.person.get("/logs?" + query)
                #expect(answer.status == 200, "\(answer.text)")
                return answer.json["logs"]?.array ?? []
            }
            let found = try await eventually { () async throws -> [JSONValue]? in
                let found = try await frames("traceId=\(trace)")
                let services = Set(found.map { $0.text("service") })
                return services == ["echo-agent-svc", "orchestrator-svc"] ? found : nil
            }
            #expect(found.allSatisfy { $0["trace_id"]?.string == trace })
            #expect(
                try await frames("traceId=\(trace)&service=echo-agent-svc").allSatisfy {
                    $0["service"] == "echo-agent-svc"
                })
            #expect(try await !frames("correlationId=case-9").isEmpty)
            #expect(try await frames("traceId=0af7651916cd43dd8448eb211c80319c").isEmpty)

            // Another task's frames are not among them, and secrets are in none.
            _ = try await tutti.create(["message": "another"])
            #expect(try await frames("traceId=\(trace)").allSatisfy { $0["trace_id"]?.string == trace })
            let everything = try await tutti.logging.person.get("/logs?limit=1000").text
            let credentials = tutti.stack.credentials
            for secret in [credentials.password, credentials.internalKey, credentials.signingKey, credentials.basic] {
                #expect(!everything.contains(secret))
            }
        }
    }

    @Test func `daemons go on without logging-svc, and their frames arrive when it is back`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            try await tutti.logging.kill()
            let during = try await tutti.create(["message": "while it is away"])
            _ = try await tutti.wait(for: during.text("id"), toBe: "completed")
            #expect(try await tutti.orchestrator.readiness() == 200)
            try await tutti.logging.start()
            try await eventually(within: .seconds(30)) {
                let answer = try await tutti.logging.person.get("/logs?traceId=\(during.text("trace_id"))")
                return answer.json["logs"]?.array?.isEmpty == false
            }
        }
    }
}
