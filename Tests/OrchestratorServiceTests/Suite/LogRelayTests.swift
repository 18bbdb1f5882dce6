// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Synchronization
import TestKit
import Testing
import orchestrator_svc

/// What people who talk to the orchestrator alone see of the log.
@Suite struct LogRelayTests {
    private static let range = "since=2026-11-21T05%3A00%3A00%2B01:00&until=2026-11-21T06:00:00Z"

    @Test func `a page is passed on as it came, and asked for as it was asked for`() async throws {
        let asked = Mutex<[ListLogs]>([])
        try await SuiteFixture.withLogging { input in
            asked.withLock { $0.append(input) }
            return SuiteFixture.page(["Ünïcode 🦊", "two"])
        } _: { logging in
            try await SuiteFixture.with(logging: logging) { client in
                let query =
                    "service=a,b&service=c&level=warning&field=a%5C:b:%3D%26%20%2B&without=message:x%F0%9F%A6%8A&"
                    + "text=n%C3%A4h%20%2B&limit=7&order=oldest&after=3&before=90&since=2026-11-21T05%3A00%3A00%2B01:00"
                let answer = try await client.asPerson.get("/v1/logs?" + query)
                let direct = try await PlainHTTPClient(port: logging).asPerson.get("/logs?" + query)
                #expect(answer.status == 200)
                #expect(answer.header("Content-Type") == "application/json")
                // Two pages of the moment differ by their times.
                #expect(answer.json["logs"]?.array?.count == 2)
                #expect(answer.text.contains(#""fields":{"n": 1.0}"#))
                #expect(answer.json.object?.names == direct.json.object?.names)
                let (first, second) = asked.withLock { ($0[0], $0[1]) }
                #expect(first.filter == second.filter)
                #expect(first.filter.with == [LogMatch(.member("a:b"), "=& +")])
                #expect(first.filter.without == [LogMatch(.message, "x🦊")])
                #expect(first.filter.services == ["a", "b", "c"])
                #expect(first.limit == 7 && first.order == .oldest && first.after == 3 && first.before == 90)
                #expect(first.since == second.since && first.since != nil)
            }
        }
    }

    @Test func `a histogram is passed on`() async throws {
        try await SuiteFixture.withLogging { logging in
            try await SuiteFixture.with(logging: logging) { client in
                let path = "/logs/histogram?\(Self.range)&buckets=3"
                let answer = try await client.asPerson.get("/v1" + path)
                let direct = try await PlainHTTPClient(port: logging).asPerson.get(path)
                #expect(answer.status == 200)
                #expect(answer.body == direct.body)
                #expect(answer.json["buckets"]?.array?.first?["error"] == 3)
                #expect(answer.json["complete"] == false)
            }
        }
    }

    @Test(arguments: [
        (Problem(.invalid, "No.", code: "odd", fields: [.init("text", "is odd")]), 400, "odd"),
        (Problem(.rateLimited, "Slowly.", retryAfter: .seconds(7)), 429, "rate_limited"),
        (Problem(.timeout, "Narrow it down.", details: ["retryable": false]), 504, "timeout"),
        (Problem(.internal, "Oh."), 503, "logging_unavailable"),
        (Problem(.unavailable, "Later.", retryAfter: .seconds(3)), 503, "logging_unavailable"),
        (Problem(.notFound, "What?"), 503, "logging_unavailable"),
    ])
    func `what logging-svc says about a request reaches who sent it`(
        problem: Problem, status: Int, code: String
    ) async throws {
        try await SuiteFixture.withLogging { _ in
            throw problem
        } _: { logging in
            try await SuiteFixture.with(logging: logging) { client in
                let answer = try await client.asPerson.get("/v1/logs")
                #expect(answer.status == status)
                #expect(answer.json["code"]?.string == code)
                if status != 503 { #expect(answer.json["detail"]?.string == problem.message) }
                #expect(answer.json["errors"]?.array?.count == (problem.fields.isEmpty ? nil : 1))
                if let wait = problem.retryAfter {
                    #expect(answer.header("Retry-After") == "\(wait.components.seconds)")
                }
            }
        }
    }

    @Test func `a logging-svc that is away, has another key or hangs is told as such`() async throws {
        func expectUnavailable(_ client: PlainHTTPClient, _ words: String) async throws {
            for path in ["/v1/logs", "/v1/logs/histogram?\(Self.range)"] {
                let answer = try await client.asPerson.get(path)
                #expect(answer.status == 503)
                #expect(answer.json["code"] == "logging_unavailable")
                #expect(answer.json["detail"]?.string?.contains(words) == true, "\(answer.text)")
                #expect(answer.header("Retry-After") != nil)
            }
        }
        try await SuiteFixture.with(logging: 1) { try await expectUnavailable($0, "LOGGING_SVC_URL") }
        try await SuiteFixture.withLogging(key: "another key of more than 32 characters") { logging in
            try await SuiteFixture.with(logging: logging) { try await expectUnavailable($0, "INTERNAL_KEY") }
        }
        try await SuiteFixture.withLogging { logging in
            try await BlackholeProxy.with(target: logging) { proxy in
                proxy.drop()
                try await SuiteFixture.with(logging: proxy.port, patience: .milliseconds(300)) { client in
                    let start = ContinuousClock.now
                    try await expectUnavailable(client, "did not answer in time")
                    #expect(start.duration(to: .now) < .seconds(10))
                }
            }
        }
    }

    @Test func `a page that is too large is asked for in parts`() async throws {
        let message = String(repeating: "x", count: 65_536)
        try await SuiteFixture.withLogging { input in
            SuiteFixture.page(Array(repeating: message, count: input.limit))
        } _: { logging in
            try await SuiteFixture.with(logging: logging) { client in
                let answer = try await client.asPerson.get("/v1/logs?limit=200")
                #expect(answer.status == 400)
                #expect(answer.json["code"] == "page_too_large")
                #expect(answer.json["errors"]?.array?.first?["field"] == "limit")
                #expect(try await client.asPerson.get("/v1/logs?limit=50").status == 200)
            }
        }
    }

    @Test func `what is wrong with a request is told without asking, and only people are answered`() async throws {
        try await SuiteFixture.with(logging: 1) { client in
            let queries: [(String, [String])] = [
                ("/v1/logs?limt=1", ["limt"]), ("/v1/logs?field=x&limit=0", ["field", "limit"]),
                ("/v1/logs/histogram", ["since", "until"]),
                ("/v1/logs/histogram?\(Self.range)&buckets=1000", ["buckets"]),
            ]
            for (path, fields) in queries {
                let answer = try await client.asPerson.get(path)
                #expect(answer.status == 400)
                #expect(answer.json["errors"]?.array?.compactMap { $0["field"]?.string } == fields)
            }
            #expect(try await client.get("/v1/logs").status == 401)
            #expect(try await client.with("X-Internal-Key", LiveFixture.key).get("/v1/logs").status == 403)
        }
    }
}
