// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct ThreadTests {
    /// An orchestrator, with a room and a thread in it.
    private func withThread(
        _ body: (Tutti, PlainHTTPClient, _ room: String, _ thread: String) async throws -> Void
    ) async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let person = tutti.orchestrator.person
            let room = try await person.post("/v1/rooms", ["name": "Lobby"]).json(for: 201).text("room_id")
            let thread = try await person.post("/v1/rooms/\(room)/threads", ["title": "Plans"]).json(for: 201)
            try await body(tutti, person, room, thread.text("thread_id"))
        }
    }

    @Test func `threads are begun, read, listed, renamed, archived and restored`() async throws {
        try await withThread { tutti, person, room, id in
            let begun = try await person.get("/v1/threads/\(id)").json(for: 200)
            #expect(begun["title"] == "Plans" && begun["version"] == 1 && begun["message_count"] == 0)
            #expect(begun["last_message_at"] == .null && begun.text("room_id") == room)
            let renamed = try await person.patch("/v1/threads/\(id)", ["title": "Better plans", "if_version": 1])
            #expect(renamed.json["title"] == "Better plans" && renamed.json["version"] == 2)
            let stale = try await person.patch("/v1/threads/\(id)", ["archived": true, "if_version": 1])
            #expect(stale.status == 412 && stale.json["current_version"] == 2)
            #expect(try await person.patch("/v1/threads/\(id)", ["archived": true]).status == 200)
            let refused = try await person.post("/v1/threads/\(id)/messages", ["content_md": "too late"])
            #expect(refused.status == 409 && refused.json["code"] == "thread_archived")
            #expect(try await person.get("/v1/rooms/\(room)/threads").json["items"]?.array?.isEmpty == true)
            let archived = try await person.get("/v1/rooms/\(room)/threads?archived=true").json
            #expect(archived["items"]?.strings("thread_id") == [id])
            #expect(try await person.patch("/v1/threads/\(id)", ["archived": false]).status == 200)

            for number in 0..<7 {
                _ = try await person.post("/v1/rooms/\(room)/threads", ["title": .string("\(number)")]).json(for: 201)
            }
            let walked = try await tutti.walk("/v1/rooms/\(room)/threads?limit=3")
            #expect(walked.map { $0.text("title") } == (0..<7).reversed().map(String.init) + ["Better plans"])

            let bad: [(JSONValue, [String])] = [
                (["title": ""], ["/title"]), ([:], ["/title"]), (["archived": 1], ["/archived"]),
                (["name": "x"], ["/title", "/name"]),
            ]
            for (body, fields) in bad {
                let answer = try await person.patch("/v1/threads/\(id)", body)
                #expect(answer.status == 400 && answer.json["errors"]?.strings("field") == fields, "\(body)")
            }
            let titleless = try await person.post("/v1/rooms/\(room)/threads", [:])
            #expect(titleless.status == 400 && titleless.json["errors"]?.strings("field") == ["/title"])
            let nowhere = "room_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            #expect(try await person.post("/v1/rooms/\(nowhere)/threads", ["title": "x"]).status == 404)
            #expect(try await person.get("/v1/rooms/\(nowhere)/threads").status == 404)
            let nothing = "th_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            #expect(try await person.get("/v1/threads/\(nothing)").status == 404)
            #expect(try await person.patch("/v1/threads/\(nothing)", ["title": "x"]).status == 404)
            #expect(try await person.get("/v1/threads/\(nothing)/messages").status == 404)
            #expect(try await person.post("/v1/threads/\(nothing)/messages", ["content_md": "x"]).status == 404)
            #expect(try await person.get("/v1/threads/x").json["errors"]?.strings("field") == ["thread_id"])
        }
    }

    @Test func `messages are numbered, answered, tied to runs, and listed either way without gap or duplicate`()
        async throws
    {
        try await withThread { tutti, person, room, thread in
            let path = "/v1/threads/\(thread)/messages"
            try await tutti.register("echo")
            let task = try await tutti.create([:], ["roomId": .string(room)])
            let run = task.text("run_id")
            let first = try await person.post(
                path, ["content_md": "# Hello\n\n*world*", "run_id": .string(run), "correlation_id": "c-1"])
            #expect(first.status == 201)
            #expect(first.json["sender"] == "user:admin" && first.json["number"] == 1)
            #expect(first.json.text("run_id") == run && first.json["correlation_id"] == "c-1")
            #expect(first.json["content_md"] == "# Hello\n\n*world*" && first.json.text("room_id") == room)
            let answer = try await person.post(
                path, ["content_md": "Yes.", "in_reply_to": .string(first.json.text("message_id"))])
            #expect(answer.json["in_reply_to"] == first.json["message_id"] && answer.json["run_id"] == .null)
            for number in 3...11 {
                _ = try await person.post(path, ["content_md": .string("\(number)")]).json(for: 201)
            }
            let up = try await tutti.walk("\(path)?limit=4") { page in
                if page == 1 { _ = try await person.post(path, ["content_md": "12"]).json(for: 201) }
            }
            #expect(up.compactMap { $0["number"]?.int } == Array(1...12))
            #expect(up.map { $0.text("message_id") } == up.map { $0.text("message_id") }.sorted())
            let down = try await tutti.walk("\(path)?limit=4&order=desc") { page in
                if page == 1 { _ = try await person.post(path, ["content_md": "13"]).json(for: 201) }
            }
            #expect(down.compactMap { $0["number"]?.int } == Array((1...12).reversed()))
            let about = try await person.get("/v1/threads/\(thread)").json
            #expect(about["message_count"] == 13 && about["last_message_at"]?.string != nil && about["version"] == 1)

            // The room's one stream has it all, in order and without gaps.
            let rows = try await tutti.sql(
                """
                SELECT stream_seq, event_type, run_id FROM evt_events WHERE stream_id = \(room) ORDER BY stream_seq
                """)
            #expect(try rows.map { try $0.value("stream_seq", as: Int.self) } == Array(1...16))
            #expect(
                try rows.prefix(4).map { try $0.value("event_type", as: String.self) }
                    == ["room.created", "thread.created", "task.created", "message.posted"])
            #expect(try rows[3].value("run_id", as: String?.self) == run)
        }
    }

    @Test func `what cannot be posted is refused by name`() async throws {
        try await withThread { tutti, person, room, thread in
            let path = "/v1/threads/\(thread)/messages"
            let other = try await person.post("/v1/rooms/\(room)/threads", ["title": "Other"]).json(for: 201)
            let elsewhere = try await person.post(
                "/v1/threads/\(other.text("thread_id"))/messages", ["content_md": "x"]
            ).json(for: 201)
            let longest = String(repeating: "ä", count: 65_536)
            #expect(try await person.post(path, ["content_md": .string(longest)]).status == 201)
            let bad: [(JSONObject, String)] = [
                (["content_md": ""], "/content_md"), ([:], "/content_md"), (["content_md": 1], "/content_md"),
                (["content_md": .string(longest + "x")], "/content_md"),
                (["content_md": "x", "run_id": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/run_id"),
                (["content_md": "x", "run_id": "1"], "/run_id"),
                (["content_md": "x", "in_reply_to": "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/in_reply_to"),
                (["content_md": "x", "in_reply_to": elsewhere["message_id"] ?? ""], "/in_reply_to"),
                (["content_md": "x", "correlation_id": "a b"], "/correlation_id"),
                (["content_md": "x", "idempotency_key": ""], "/idempotency_key"), (["text": "x"], "/text"),
            ]
            for (body, field) in bad {
                let answer = try await person.post(path, .object(body))
                #expect(answer.status == 400, "\(body.names)")
                #expect(answer.json["errors"]?.strings("field").contains(field) == true, "\(body.names)")
            }
            for (query, field) in [("order=up", "order"), ("cursor=x", "cursor"), ("limit=0", "limit")] {
                let answer = try await person.get("\(path)?\(query)")
                #expect(answer.status == 400 && answer.json["errors"]?.strings("field") == [field])
            }
            _ = try await person.patch("/v1/rooms/\(room)", ["archived": true]).json(for: 200)
            let refused = try await person.post(path, ["content_md": "x"])
            #expect(refused.status == 409 && refused.json["code"] == "room_archived")
            #expect(try await person.get(path).json["items"]?.array?.count == 1, "it can still be read")
        }
    }

    @Test func `a message posted again with its key is the same message, with another body a conflict`() async throws {
        try await withThread { tutti, person, room, thread in
            let path = "/v1/threads/\(thread)/messages"
            let body: JSONValue = ["content_md": "once", "idempotency_key": "k"]
            let answers = try await withThrowingTaskGroup(of: PlainHTTPClient.Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await person.post(path, body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map { $0.json.text("message_id") }).count == 1)
            #expect(answers.filter { $0.header("Idempotency-Replayed") == nil }.count == 1)
            let other = try await person.post(path, ["content_md": "twice", "idempotency_key": "k"])
            #expect(other.status == 409 && other.json["code"] == "idempotency_key_reused")
            #expect(other.json["errors"]?.strings("field") == ["/idempotency_key"])
            let second = try await person.post("/v1/rooms/\(room)/threads", ["title": "Other"]).json(for: 201)
            let moved = try await person.post("/v1/threads/\(second.text("thread_id"))/messages", body)
            #expect(moved.status == 409, "in another thread it is another message")
            #expect(try await person.get("/v1/threads/\(thread)").json["message_count"] == 1)
        }
    }
}
