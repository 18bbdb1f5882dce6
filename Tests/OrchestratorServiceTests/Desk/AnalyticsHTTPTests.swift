// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import TestKit
import Testing

@Suite struct AnalyticsHTTPTests {
    private func path(_ more: String = "", from: Duration = .seconds(-60), to: Duration = .seconds(60)) -> String {
        "/v1/analytics?since=\(Timestamp.now() + from)&until=\(Timestamp.now() + to)\(more)"
    }

    @Test func `tasks are counted where they were created`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            try await work.finish(run)
            _ = try await work.claim()
            let found = try await work.person.get(path("&buckets=3&sla_seconds=59.5")).object(200)
            #expect(found["complete"] == true && found["counted_from"] == .null && found["sla_seconds"] == 59.5)
            let total = try #require(found["total"]?.object)
            #expect(total["created"] == 2 && total["completed"] == 1 && total["ended"] == 1 && total["failed"] == 0)
            #expect(total["sla"]?["in_time"] == 1 && total["sla"]?["share"] == 1)
            let p50 = try #require(total["duration"]?["p50"]?.double)
            #expect(p50 > 0 && p50 < 60 && total["duration"]?["p99"]?.double == p50)
            #expect(total["wait"]?["p50"]?.double != nil)
            let buckets = found["buckets"]?.array ?? []
            #expect(buckets.map { $0["created"]?.int } == [0, 2, 0])
            #expect(buckets[0]["since"] == found["since"] && buckets[2]["until"] == found["until"])
            #expect(buckets[0]["until"] == buckets[1]["since"] && buckets[0]["duration"] == .null)
            #expect(buckets[0]["sla"]?["share"] == .null)
            let other = try await work.person.get(path("&agent=other")).object(200)
            #expect(
                other["total"]?["created"] == 0 && other["agent"] == "other" && other["buckets"]?.array?.count == 48)
        }
    }

    @Test func `what cannot be counted is refused`() async throws {
        try await WorkHTTPFixture.with { work in
            for (query, fields) in [
                (path("&buckets=0"), ["buckets"]), (path("&buckets=201"), ["buckets"]),
                (path("&sla_seconds=-1"), ["sla_seconds"]), (path("&agent=A"), ["agent"]),
                (path(from: .seconds(60), to: .seconds(-60)), ["until"]),
                (path(from: .seconds(-93 * 86_400), to: .zero), ["until"]),
                ("/v1/analytics", ["since", "until"]), ("/v1/analytics?since=x&until=y", ["since", "until"]),
                ("/v1/analytics?until=2026-11-21T05:00:00Z", ["since"]),
            ] {
                try await work.person.get(query).expectRefusal(400, fields: fields)
            }
            try await work.person.get(path(from: .seconds(-92 * 86_400 + 60), to: .zero)).expectStatus(200)
            try await work.worker.get(path()).expectStatus(403)
        }
    }
}
