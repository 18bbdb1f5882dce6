// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import TestKit
import Testing

@Suite struct SavedViewHTTPTests {
    private let path = "/v1/saved-views"
    private let view: JSONValue = ["place": "tasks", "query": "status=failed&agent=echo"]

    private func names(_ client: PlainHTTPClient, _ query: String = "") async throws -> [String] {
        let page = try await client.get(path + query).object(200)
        #expect(page["next_cursor"] == .null)
        return page["items"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test func `views are saved under names, by whoever saved them`() async throws {
        try await WorkHTTPFixture.with { work in
            #expect(try await names(work.person).isEmpty)
            let saved = try await work.person.put(path + "/Broken%20%E2%98%83%20echo", view).object(200)
            #expect(saved["name"] == "Broken ☃ echo" && saved["query"] == "status=failed&agent=echo")
            try await work.person.put(path + "/all", ["place": "logs"]).expectStatus(200)
            #expect(try await names(work.person) == ["Broken ☃ echo", "all"])
            #expect(try await names(work.person, "?place=logs") == ["all"])
            let changed = try await work.person.put(path + "/all", ["place": "tasks", "query": "q"]).object(200)
            #expect(changed["place"] == "tasks" && changed["query"] == "q")
            #expect(changed["created_at"] != changed["updated_at"])
            // Nobody else has them.
            #expect(try await names(work.service).isEmpty)
            try await work.service.send("DELETE", path + "/all").expectStatus(404)
            try await work.person.send("DELETE", path + "/all").expectStatus(204)
            try await work.person.send("DELETE", path + "/all").expectStatus(404)
            #expect(try await names(work.person) == ["Broken ☃ echo"])
            // Private state is no event.
            let events = try await work.pool.query(
                "SELECT count(*) AS n FROM evt_events WHERE event_type LIKE '%view%'")
            #expect(try events.first?.value("n", as: Int.self) == 0)
        }
    }

    @Test func `there are a hundred at most, whoever saves at the same time`() async throws {
        try await WorkHTTPFixture.with { work in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<110 {
                    group.addTask { try await work.person.put(path + "/view-\(number)", view).status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 100, 409: 10])
            let kept = try await names(work.person)
            #expect(kept.count == SavedView.mostPerReader)
            try await work.person.put(path + "/one-more", view).expectRefusal(409, code: "too_many_saved_views")
            // One that is there can still be changed, and another takes the place of one that is deleted.
            try await work.person.put(path + "/\(kept[0])", ["place": "logs"]).expectStatus(200)
            try await work.person.send("DELETE", path + "/\(kept[1])").expectStatus(204)
            try await work.person.put(path + "/one-more", view).expectStatus(200)
            try await work.service.put(path + "/theirs", view).expectStatus(200)
        }
    }

    @Test func `what is too long or no view is refused`() async throws {
        try await WorkHTTPFixture.with { work in
            let long = String(repeating: "x", count: 81)
            for (name, body, field) in [
                (long, view, "name"), ("a%00b", view, "name"), ("a%0Ab", view, "name"), ("a", [:], "/place"),
                ("a", ["place": "Tasks"], "/place"), ("a", ["place": ""], "/place"),
                ("a", ["place": .string(String(repeating: "t", count: 41))], "/place"),
                ("a", ["place": "tasks", "query": .string(String(repeating: "q", count: 2001))], "/query"),
                ("a", ["place": "tasks", "query": "a\nb"], "/query"), ("a", ["place": "tasks", "more": 1], "/more"),
            ] as [(String, JSONValue, String)] {
                try await work.person.put(path + "/" + name, body).expectRefusal(400, fields: [field])
            }
            let most = String(repeating: "☃", count: 80)
            let encoded = most.utf8.map { "%" + Hex.text([$0]) }.joined()
            let query = JSONValue.string(String(repeating: "☃", count: 2000))
            try await work.person.put(path + "/" + encoded, ["place": "a-view", "query": query]).expectStatus(200)
            #expect(try await names(work.person) == [most])
            try await work.worker.get(path).expectStatus(403)
        }
    }
}
