// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing

@Suite struct NotificationHTTPTests {
    private let path = "/v1/notifications"

    private func open(_ work: WorkHTTPFixture, _ title: String, _ severity: Incident.Severity = .low) async throws {
        let caller = Caller(
            principal: Principal(.user, "else"), audience: .human, traceID: LiveFixture.trace, requestID: "test")
        _ = try await IncidentOperations(pool: work.pool, commit: work.commit)
            .open(.init(title: title, severity: severity), in: WorkHTTPFixture.workspace, by: caller)
    }

    @Test func `a person reads what there is to know, page by page, and says how far`() async throws {
        try await WorkHTTPFixture.with { work in
            for number in 1...5 { try await open(work, "Incident \(number)", .high) }
            let first = try await work.person.get(path + "?limit=2").object(200)
            #expect(first["unread"] == 5 && first["unread_is_more"] == false && first["read_position"] == 0)
            #expect(first["read_at"] == .null)
            let items = first["items"]?.array ?? []
            #expect(items.map { $0["summary"]?.string } == ["Incident 5", "Incident 4"])
            let item = try #require(items.first)
            #expect(item["kind"] == "incident_opened" && item["severity"] == "high" && item["actor"] == "user:else")
            #expect(item["position"] == first["newest_position"] && item["task_id"] == .null)
            let incident = try #require(item["incident_id"]?.string)
            #expect(incident.hasPrefix("inc_") && item["event_id"]?.string?.count == 36)
            #expect(try await work.walk(path, "summary", limit: 2) == (1...5).reversed().map { "Incident \($0)" })
            #expect(try await work.walk(path + "?kind=task_failed&kind=run_lost", "summary", limit: 2).isEmpty)
            #expect(try await work.walk(path + "?kind=incident_opened", "summary", limit: 200).count == 5)
            let position = try #require(items.last?["position"])
            let read = try await work.person.put(path + "/read", ["position": position]).object(200)
            #expect(read["unread"] == 1 && read["read_position"] == position && read["read_at"]?.string != nil)
            let back = try await work.person.put(path + "/read", ["position": 0]).object(200)
            #expect(back["read_position"] == position)
            let forced = try await work.person.put(path + "/read", ["position": 0, "allow_back": true]).object(200)
            #expect(forced["read_position"] == 0 && forced["unread"] == 5)
            // A service has a place of its own.
            let service = try await work.service.get(path).object(200)
            #expect(service["read_at"] == .null && service["unread"] == 5)
        }
    }

    @Test func `what cannot be asked is refused, and workers have no business here`() async throws {
        try await WorkHTTPFixture.with { work in
            for (query, field) in [
                ("?limit=0", "limit"), ("?limit=201", "limit"), ("?cursor=x", "cursor"), ("?cursor=0", "cursor"),
                ("?kind=none", "kind"), ("?unread=true", "unread"),
            ] {
                try await work.person.get(path + query).expectRefusal(400, fields: [field])
            }
            try await work.person.put(path + "/read", [:]).expectRefusal(400, fields: ["/position"])
            try await work.person.put(path + "/read", ["position": -1]).expectRefusal(400, fields: ["/position"])
            try await work.person.put(path + "/read", ["position": 1_000_000])
                .expectRefusal(400, fields: ["/position"])
            #expect(try await work.person.get(path).object(200)["read_at"] == .null)
            try await work.worker.get(path).expectStatus(403)
            try await work.anybody.put(path + "/read", ["position": 1]).expectStatus(401)
        }
    }
}
