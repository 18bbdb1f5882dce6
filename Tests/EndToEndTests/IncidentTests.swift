// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct IncidentTests {
    private func withIdleTutti(_ body: (Tutti, PlainHTTPClient) async throws -> Void) async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            try await body(tutti, tutti.orchestrator.person)
        }
    }

    @Test func `an incident is opened, acknowledged, linked and closed for good`() async throws {
        try await withIdleTutti { tutti, person in
            try await tutti.register("echo")
            let room = try await person.post("/v1/rooms", ["name": "Lobby"]).json(for: 201).text("room_id")
            let task = try await tutti.create([:], ["roomId": .string(room)])
            let run = task.text("run_id")
            let event =
                try await person.get("/task/\(task.text("id"))/events").json["items"]?.array?.first?
                .text("event_id") ?? ""
            let opened = try await person.post(
                "/v1/incidents",
                [
                    "title": "It is slow", "severity": "high", "kind": "latency", "description": "Very.",
                    "run_id": .string(run), "event_id": .string(event),
                ])
            #expect(opened.status == 201)
            let id = opened.json.text("incident_id")
            #expect(opened.header("Location") == "/v1/incidents/\(id)")
            #expect(opened.json.text("room_id") == room, "the run's")
            #expect(opened.json["status"] == "open" && opened.json["opened_by"] == "user:admin")
            #expect(opened.json["event_ids"] == [.string(event)] && opened.json["run_ids"] == [.string(run)])
            #expect(opened.json["kind"] == "latency" && opened.json["severity"] == "high")
            #expect(try await person.get("/v1/incidents/\(id)").json == opened.json)

            let other = try await tutti.create([:]).text("run_id")
            let linked = try await person.post(
                "/v1/incidents/\(id)/links",
                ["run_ids": [.string(other), .string(run)], "event_ids": [.string(event)]])
            #expect(linked.status == 200 && linked.json["run_ids"] == [.string(run), .string(other)])
            #expect(linked.json["version"] == 2 && linked.json["event_ids"] == [.string(event)])
            let acknowledged = try await person.post("/v1/incidents/\(id)/acknowledge", ["note": "looking"])
            #expect(acknowledged.json["status"] == "acknowledged" && acknowledged.json["note"] == "looking")
            #expect(acknowledged.json["acknowledged_by"] == "user:admin")
            let again = try await tutti.orchestrator.peer.send("POST", "/v1/incidents/\(id)/acknowledge")
            #expect(again.status == 200 && again.json == acknowledged.json, "it stays as it is")
            let noteless = try await person.post("/v1/incidents/\(id)/close", [:])
            #expect(noteless.status == 400 && noteless.json["errors"]?.strings("field") == ["/note"])
            let closed = try await person.post("/v1/incidents/\(id)/close", ["note": "It was the disk."])
            #expect(closed.json["status"] == "closed" && closed.json["note"] == "It was the disk.")
            #expect(closed.json["closed_at"]?.string != nil && closed.json["version"] == 4)
            for (path, body) in [
                ("acknowledge", [:]), ("close", ["note": "again"]), ("links", ["run_ids": [.string(run)]]),
            ] as [(String, JSONValue)] {
                let refused = try await person.post("/v1/incidents/\(id)/\(path)", body)
                #expect(refused.status == 409 && refused.json["code"] == "incident_closed", "\(path)")
            }
            let rows = try await tutti.sql(
                """
                SELECT event_type FROM evt_events WHERE stream_id = \(room) AND event_type LIKE 'incident.%'
                ORDER BY stream_seq
                """)
            #expect(
                try rows.map { try $0.value("event_type", as: String.self) } == [
                    "incident.opened", "incident.linked", "incident.acknowledged", "incident.closed",
                ])
        }
    }

    @Test func `a key finds what is not closed, also from many at once, and then opens another one`() async throws {
        try await withIdleTutti { _, person in
            let body: JSONValue = ["title": "Full", "severity": "low", "idempotency_key": "disk"]
            let answers = try await withThrowingTaskGroup(of: PlainHTTPClient.Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await person.post("/v1/incidents", body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == Array(repeating: 200, count: 19) + [201])
            #expect(Set(answers.map { $0.json.text("incident_id") }).count == 1)
            let id = try #require(answers.first).json.text("incident_id")
            #expect(try await person.post("/v1/incidents/\(id)/acknowledge", [:]).status == 200)
            let acknowledged = try await person.post("/v1/incidents", body)
            #expect(acknowledged.status == 200 && acknowledged.json.text("incident_id") == id)
            #expect(try await person.post("/v1/incidents/\(id)/close", ["note": "done"]).status == 200)
            let next = try await person.post("/v1/incidents", body)
            #expect(next.status == 201 && next.json.text("incident_id") != id)
            #expect(next.json["room_id"] == .null)
        }
    }

    @Test func `incidents are found by status, severity, kind, room and run, page by page`() async throws {
        try await withIdleTutti { tutti, person in
            try await tutti.register("echo")
            let room = try await person.post("/v1/rooms", ["name": "Lobby"]).json(for: 201).text("room_id")
            let run = try await tutti.create([:], ["roomId": .string(room)]).text("run_id")
            var ids: [String] = []
            for number in 0..<9 {
                var body: JSONObject = [
                    "title": .string("\(number)"), "severity": number < 3 ? "low" : "critical",
                    "kind": number % 2 == 0 ? "even" : "odd",
                ]
                if number == 4 { body["run_id"] = .string(run) }
                if number == 5 { body["room_id"] = .string(room) }
                ids.append(try await person.post("/v1/incidents", .object(body)).json(for: 201).text("incident_id"))
            }
            _ = try await person.post("/v1/incidents/\(ids[0])/close", ["note": "done"]).json(for: 200)
            _ = try await person.post("/v1/incidents/\(ids[1])/acknowledge", [:]).json(for: 200)
            func found(_ query: String) async throws -> [Int] {
                try await tutti.walk("/v1/incidents?limit=2\(query)").compactMap { Int($0.text("title")) }
            }
            #expect(try await found("") == Array((0..<9).reversed()))
            #expect(try await found("&status=open") == Array((2..<9).reversed()))
            #expect(try await found("&status=closed&status=acknowledged") == [1, 0])
            #expect(try await found("&severity=low") == [2, 1, 0])
            #expect(try await found("&kind=odd&severity=critical") == [7, 5, 3])
            #expect(try await found("&room_id=\(room)") == [5, 4])
            #expect(try await found("&run_id=\(run)") == [4])
        }
    }

    @Test func `what cannot be is refused by name`() async throws {
        try await withIdleTutti { _, person in
            let good: JSONObject = ["title": "x", "severity": "low"]
            let bad: [(JSONObject, String)] = [
                (["title": ""], "/title"), (["title": .null], "/title"), (["severity": "bad"], "/severity"),
                (["severity": .null], "/severity"), (["kind": "Not a word"], "/kind"),
                (["kind": "chain_mismatch"], "/kind"), (["room_id": "x"], "/room_id"),
                (["room_id": "room_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/room_id"),
                (["run_id": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/run_id"),
                (["event_id": "01900000-0000-7000-8000-000000000000"], "/event_id"), (["event_id": "1"], "/event_id"),
                (["status": "closed"], "/status"),
            ]
            for (change, field) in bad {
                var body = good
                for (name, value) in change.members { body[name] = value }
                let answer = try await person.post("/v1/incidents", .object(body))
                #expect(answer.status == 400, "\(change)")
                #expect(answer.json["errors"]?.strings("field") == [field], "\(change)")
            }
            let id = try await person.post("/v1/incidents", .object(good)).json(for: 201).text("incident_id")
            for (body, field) in [
                (["run_ids": ["run_01ARZ3NDEKTSV4RRFFQ69G5FAV"]], "/run_ids/0"),
                (["event_ids": ["01900000-0000-7000-8000-000000000000"]], "/event_ids/0"), ([:], "/run_ids"),
            ] as [(JSONValue, String)] {
                let answer = try await person.post("/v1/incidents/\(id)/links", body)
                #expect(answer.status == 400 && answer.json["errors"]?.strings("field") == [field], "\(body)")
            }
            let unknown = "/v1/incidents/inc_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            #expect(try await person.get(unknown).status == 404)
            #expect(try await person.post(unknown + "/acknowledge", [:]).status == 404)
            #expect(try await person.post(unknown + "/close", ["note": "x"]).status == 404)
            #expect(try await person.get("/v1/incidents?status=shut").json["errors"]?.strings("field") == ["status"])
            #expect(try await person.get("/v1/incidents/x").json["errors"]?.strings("field") == ["incident_id"])

            let room = try await person.post("/v1/rooms", ["name": "Old"]).json(for: 201).text("room_id")
            _ = try await person.patch("/v1/rooms/\(room)", ["archived": true]).json(for: 200)
            var body = good
            body["room_id"] = .string(room)
            let refused = try await person.post("/v1/incidents", .object(body))
            #expect(refused.status == 409 && refused.json["code"] == "room_archived")
        }
    }
}
