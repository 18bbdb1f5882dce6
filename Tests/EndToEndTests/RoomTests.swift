// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite(.daemonLogs) struct RoomTests {
    @Test func `workspaces are made and listed, and an unknown one is told by name`() async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let person = tutti.orchestrator.person
            let made = try await person.post("/v1/workspaces", ["workspace_id": "ws_team-1", "name": "Team"])
            #expect(made.status == 201)
            #expect(made.json["workspace_id"] == "ws_team-1" && made.json["name"] == "Team")
            let again = try await person.post("/v1/workspaces", ["workspace_id": "ws_team-1", "name": "Other"])
            #expect(again.status == 409 && again.json["code"] == "workspace_exists")
            let named = try await person.post("/v1/workspaces", ["name": "Without an id"]).json(for: 201)
            #expect(named.text("workspace_id").hasPrefix("ws_"))
            for (body, field) in [
                (["name": ""], "/name"), (["workspace_id": "team", "name": "x"], "/workspace_id"), ([:], "/name"),
            ] as [(JSONValue, String)] {
                let refused = try await person.post("/v1/workspaces", body)
                #expect(refused.status == 400 && refused.json["errors"]?.strings("field") == [field], "\(body)")
            }
            let listed = try await tutti.walk("/v1/workspaces?limit=1")
            #expect(Set(listed.map { $0.text("workspace_id") }).isSuperset(of: ["ws_dev", "ws_team-1"]))
            #expect(listed.count == 3)

            // Its default room is there, and nothing of the others is.
            let team = person.with("x-workspace-id", "ws_team-1")
            let rooms = try await team.get("/v1/rooms").json(for: 200)
            #expect(rooms["items"]?.strings("name") == ["default"])
            #expect(rooms["items"]?.strings("workspace_id") == ["ws_team-1"])
            let room = try await team.post("/v1/rooms", ["name": "Ours"]).json(for: 201).text("room_id")
            #expect(try await person.get("/v1/rooms/\(room)").status == 404)
            #expect(try await team.get("/v1/rooms/\(room)").status == 200)

            // Agents and tasks are a workspace's own, too.
            let peer = tutti.orchestrator.peer.with("x-workspace-id", "ws_team-1")
            _ = try await peer.put("/agents/own", ["kind": "http", "endpoint": "http://127.0.0.1:1/"]).json(for: 200)
            #expect(try await team.get("/agents").json["items"]?.strings("name") == ["own"])
            #expect(try await person.get("/agents/own").status == 404)
            let task = try await team.post("/task", ["agent": "own", "roomId": .string(room)]).json(for: 201)
            #expect(task["workspace_id"] == "ws_team-1" && task.text("room_id") == room)
            #expect(try await person.get("/task/\(task.text("id"))").status == 404)
            #expect(try await team.get("/tasks?roomId=\(room)").json["items"]?.array?.count == 1)
            #expect(try await person.get("/tasks").json["items"]?.array?.isEmpty == true)

            let stranger = person.with("x-workspace-id", "ws_nobody")
            for path in ["/v1/rooms", "/tasks", "/agents", "/v1/rooms/\(room)"] {
                let refused = try await stranger.get(path)
                #expect(refused.status == 404 && refused.json["code"] == "workspace_not_found", "\(path)")
                #expect(refused.json["errors"]?.strings("field") == ["x-workspace-id"])
            }
            let post = try await stranger.post("/v1/rooms", ["name": "x"])
            #expect(post.status == 404 && post.json["code"] == "workspace_not_found")
            let malformed = try await person.with("x-workspace-id", "nobody").get("/v1/rooms")
            #expect(malformed.status == 400 && malformed.json["errors"]?.strings("field") == ["x-workspace-id"])
            #expect(try await stranger.get("/health").status == 200, "which is about no workspace")
        }
    }

    @Test func `rooms are made, read, listed, renamed, archived and restored`() async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let person = tutti.orchestrator.person
            let made = try await person.post("/v1/rooms", ["name": "Lobby", "idempotency_key": "lobby"])
            #expect(made.status == 201 && made.header("Idempotency-Replayed") == nil)
            let id = made.json.text("room_id")
            #expect(made.header("Location") == "/v1/rooms/\(id)")
            #expect(made.json["archived_at"] == .null && made.json["version"] == 1)
            #expect(try await person.get("/v1/rooms/\(id)").json == made.json)
            let again = try await person.post("/v1/rooms", ["idempotency_key": "lobby", "name": "Lobby"])
            #expect(again.status == 201 && again.header("Idempotency-Replayed") == "true")
            #expect(again.json.text("room_id") == id)
            let reused = try await person.post("/v1/rooms", ["idempotency_key": "lobby", "name": "Hall"])
            #expect(reused.status == 409 && reused.json["code"] == "idempotency_key_reused")

            let renamed = try await person.patch("/v1/rooms/\(id)", ["name": "Hall", "if_version": 1])
            #expect(renamed.status == 200 && renamed.json["name"] == "Hall" && renamed.json["version"] == 2)
            let stale = try await person.patch("/v1/rooms/\(id)", ["name": "Attic", "if_version": 1])
            #expect(stale.status == 412 && stale.json["code"] == "stale_version")
            #expect(stale.json["current_version"] == 2)
            let archived = try await person.patch("/v1/rooms/\(id)", ["archived": true])
            #expect(archived.status == 200 && archived.json["archived_at"]?.string != nil)
            #expect(try await person.get("/v1/rooms").json["items"]?.strings("name") == ["default"])
            #expect(try await person.get("/v1/rooms?archived=true").json["items"]?.strings("name") == ["Hall"])
            try await tutti.register("echo")
            let task = try await tutti.post(["agent": "echo", "roomId": .string(id)])
            #expect(task.status == 409 && task.json["code"] == "room_archived")
            let run = try await person.post("/v1/runs", ["agent": "echo", "room_id": .string(id)])
            #expect(run.status == 409 && run.json["code"] == "room_archived")
            let thread = try await person.post("/v1/rooms/\(id)/threads", ["title": "x"])
            #expect(thread.status == 409 && thread.json["code"] == "room_archived")
            let restored = try await person.patch("/v1/rooms/\(id)", ["archived": false])
            #expect(restored.json["archived_at"] == .null && restored.json["version"] == 4)
            #expect(try await tutti.post(["agent": "echo", "roomId": .string(id)]).status == 201)

            let byDefault = try await person.get("/v1/rooms").json["items"]?.array?.first?.text("room_id") ?? ""
            let refused = try await person.patch("/v1/rooms/\(byDefault)", ["archived": true])
            #expect(refused.status == 409 && refused.json["code"] == "default_room")

            let bad: [(JSONValue, [String])] = [
                (["name": ""], ["/name"]), (["name": 1], ["/name"]),
                (["name": "a", "if_version": 0], ["/if_version"]), (["archived": "yes"], ["/archived"]),
                ([:], ["/name"]), (["title": "a"], ["/name", "/title"]),
                (["name": .string(String(repeating: "x", count: 201))], ["/name"]),
            ]
            for (body, fields) in bad {
                let answer = try await person.patch("/v1/rooms/\(id)", body)
                #expect(answer.status == 400 && answer.json["errors"]?.strings("field") == fields, "\(body)")
            }
            let unknown = "room_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            #expect(try await person.get("/v1/rooms/\(unknown)").status == 404)
            #expect(try await person.patch("/v1/rooms/\(unknown)", ["name": "x"]).status == 404)
            #expect(try await person.get("/v1/rooms/lobby").json["errors"]?.strings("field") == ["room_id"])
            let nowhere = try await tutti.post(["agent": "echo", "roomId": .string(unknown)])
            #expect(nowhere.status == 400 && nowhere.json["errors"]?.strings("field") == ["/roomId"])
            let noRun = try await person.post("/v1/runs", ["agent": "echo", "room_id": .string(unknown)])
            #expect(noRun.status == 400 && noRun.json["errors"]?.strings("field") == ["/room_id"])
        }
    }

    @Test func `a list of rooms is walked without gap or duplicate while others are made`() async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let person = tutti.orchestrator.person
            for number in 0..<11 {
                _ = try await person.post("/v1/rooms", ["name": .string("\(number)")]).json(for: 201)
            }
            let walked = try await tutti.walk("/v1/rooms?limit=3") { page in
                guard page < 3 else { return }
                _ = try await person.post("/v1/rooms", ["name": .string("later \(page)")]).json(for: 201)
            }
            let first = Array(walked.map { $0.text("name") }.prefix(12))
            #expect(first == ["default"] + (0..<11).map { "\($0)" })
            #expect(walked.map { $0.text("room_id") } == walked.map { $0.text("room_id") }.sorted())
            #expect(walked.count == 14 && Set(walked.map { $0.text("room_id") }).count == 14)
        }
    }

    @Test func `many at once with one key make one room`() async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let person = tutti.orchestrator.person
            let answers = try await withThrowingTaskGroup(of: PlainHTTPClient.Answer.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await person.post("/v1/rooms", ["name": "Once", "idempotency_key": "once"]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map { $0.json.text("room_id") }).count == 1)
            #expect(answers.filter { $0.header("Idempotency-Replayed") == nil }.count == 1)
        }
    }
}

extension Tutti {
    /// All entries of a list, page after page; `between` is told how many pages there were before each next one.
    func walk(
        _ path: String, at client: PlainHTTPClient? = nil, between: (Int) async throws -> Void = { _ in }
    ) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor = ""
        for page in 1...100 {
            let next = cursor.isEmpty ? path : "\(path)\(path.contains("?") ? "&" : "?")cursor=\(cursor)"
            let answer = try await (client ?? orchestrator.person).get(next).json(for: 200)
            items += answer["items"]?.array ?? []
            guard let more = answer["next_cursor"]?.string else { return items }
            cursor = more
            try await between(page)
        }
        throw UnexpectedAnswer(description: "\(path) has no end")
    }
}
