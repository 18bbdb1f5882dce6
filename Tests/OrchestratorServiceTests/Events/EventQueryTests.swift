// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Looking back into the log over real HTTP.
@Suite struct EventQueryTests {
    /// All pages of a query.
    private func pages(
        _ fixture: EventFixture, _ query: String, limit: Int, headers: [(String, String)] = []
    ) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let path = "/v1/events?\(query)&limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? "")
            let answer = try await fixture.get(path, headers)
            guard answer.status == 200 else { throw answer }
            items += answer.json["items"]?.array ?? []
            cursor = answer.json["next_cursor"]?.string
        } while cursor != nil
        return items
    }

    private func positions(_ items: [JSONValue]) -> [Int] { items.compactMap { $0["position"]?.int } }

    @Test func `every restriction finds what it names, in pages of any size and in both directions`() async throws {
        try await EventFixture.run { fixture in
            var tasks: [WorkTask] = []
            let robot = Principal(.service, "robot")
            for number in 0..<12 {
                let correlation = number % 3 == 0 ? "order-\(number % 2)" : nil
                let task =
                    number == 5
                    ? try await fixture.createTask(correlation: correlation, by: robot)
                    : try await fixture.createTask(correlation: correlation)
                tasks.append(number % 4 == 0 ? try await fixture.cancel(task) : task)
            }
            let all = try await pages(fixture, "order=asc", limit: 500)
            let count = all.count
            #expect(positions(all) == Array(1...count))
            let middle = try #require(all[count / 2]["occurred_at"]?.string)
            let room = Room.defaultID.rawValue
            let cases: [(String, (JSONValue) -> Bool)] = [
                ("", { _ in true }),
                ("task_id=\(tasks[0].id)", { $0["task_id"] == .string(tasks[0].id.rawValue) }),
                ("run_id=\(tasks[4].runID)", { $0["run_id"] == .string(tasks[4].runID.rawValue) }),
                ("correlation_id=order-0", { $0["correlation_id"] == "order-0" }),
                ("event_type=task.cancelled", { $0["event_type"] == "task.cancelled" }),
                ("actor=service:robot", { $0["actor"] == "service:robot" }),
                ("stream_type=room&stream_id=\(room)", { $0["stream_id"] == .string(room) }),
                ("stream_type=workspace&stream_id=ws_dev", { $0["stream_type"] == "workspace" }),
                (
                    "stream_type=room&stream_id=\(room)&from_seq=7",
                    { ($0["stream_seq"]?.int ?? 0) >= 7 && $0["stream_type"] == "room" }
                ),
                ("since=\(middle)", { ($0["occurred_at"]?.string ?? "") >= middle }),
                ("until=\(middle)", { ($0["occurred_at"]?.string ?? "") < middle }),
                ("since=\(middle)&until=\(middle)", { _ in false }),
                (
                    "stream_type=room&stream_id=\(room)&since=\(middle)&event_type=task.created",
                    { ($0["occurred_at"]?.string ?? "") >= middle && $0["event_type"] == "task.created" }
                ),
                (
                    "run_id=\(tasks[4].runID)&task_id=\(tasks[4].id)&correlation_id=order-0&stream_type=room&stream_id=\(room)",
                    { _ in false }
                ),
                (
                    "task_id=\(tasks[0].id)&event_type=task.created&actor=user:tester",
                    {
                        $0["task_id"] == .string(tasks[0].id.rawValue) && $0["event_type"] == "task.created"
                    }
                ),
            ]
            for (query, isWanted) in cases {
                let wanted = all.filter(isWanted)
                for limit in [1, 4, 500] {
                    #expect(try await pages(fixture, query, limit: limit) == wanted, "\(query)")
                    #expect(
                        try await pages(fixture, query + "&order=desc", limit: limit) == wanted.reversed(), "\(query)")
                }
            }
            #expect(try await pages(fixture, "", limit: 5, headers: [("X-Workspace-Id", "ws_other")]).isEmpty)
        }
    }

    @Test func `what cannot be served is refused by name`() async throws {
        try await EventFixture.run { fixture in
            for _ in 0..<3 { try await fixture.createTask() }
            let first = try await fixture.get("/v1/events?limit=1")
            let cursor = try #require(first.json["next_cursor"]?.string)
            let cases = [
                ("stream_id=room_1", "stream_id"), ("stream_type=room", "stream_type"), ("from_seq=1", "from_seq"),
                ("order=desc&cursor=\(cursor)", "order"), ("cursor=x1", "cursor"),
                ("stream_type=room&stream_id=\(Room.defaultID)&cursor=\(cursor)", "cursor"), ("limit=501", "limit"),
                ("color=red", "color"), ("run_id=task_1", "run_id"),
            ]
            for (query, field) in cases {
                let answer = try await fixture.get("/v1/events?\(query)")
                #expect(answer.status == 400, "\(query)")
                #expect(answer.json["errors"]?.array?.compactMap { $0["field"]?.string } == [field], "\(query)")
            }
            let id = UUID().uuidString.lowercased()
            #expect(try await fixture.get("/v1/events/\(id)").status == 404)
            #expect(try await fixture.get("/v1/events/\(id.uppercased())").status == 400)
            let known = try #require(first.json["items"]?.array?.first?["event_id"]?.string)
            #expect(try await fixture.get("/v1/events/\(known)").status == 200)
            #expect(try await fixture.get("/v1/events/\(known)", [("X-Workspace-Id", "ws_other")]).status == 404)
        }
    }

    @Test func `no restriction makes the database read without bound`() async throws {
        try await EventFixture.run { fixture in
            try await fixture.fill(100_000)
            let run = ID<Run>.make()
            let old = Timestamp.now() + .seconds(-50_000)
            var filters: [(String, EventFilter)] = [("none", EventFilter())]
            func add(_ name: String, _ change: (inout EventFilter) -> Void) {
                var filter = EventFilter()
                change(&filter)
                filters.append((name, filter))
                // Together with the most telling of what an index does not answer.
                filter.type = "never.happened"
                filters.append((name + " and a type", filter))
                filter.since = old
                filter.until = old + .seconds(1000)
                filters.append((name + ", a type and a time", filter))
            }
            add("run") { $0.runID = run }
            add("task") { $0.taskID = ID(trusted: "task_00000000000000000000000007") }
            add("correlation") { $0.correlationID = "correlation-7" }
            add("stream") { $0.stream = .room(Room.defaultID) }
            add("stream and task") { filter in
                filter.stream = .room(Room.defaultID)
                filter.taskID = ID(trusted: "task_00000000000000000000000007")
            }
            add("actor") { $0.actor = "user:nobody" }
            add("time") { $0.since = old }
            for (name, filter) in filters {
                for isAscending in [true, false] {
                    var window = EventWindow(isAscending: isAscending, limit: 51)
                    window.after = 20
                    for sql in [
                        EventStore.events(filter, in: EventFixture.workspace, window).sql,
                        EventStore.lastPlace(filter, in: EventFixture.workspace, window).sql,
                    ] {
                        let plan = try await fixture.plan(sql)
                        #expect(plan.most <= EventWindow.reach, "\(name): \(plan.text)")
                        #expect(
                            !plan.text.contains("Sort Key") && !plan.text.contains("Seq Scan"), "\(name): \(plan.text)")
                        #expect(plan.removed <= EventWindow.reach, "\(name): \(plan.text)")
                    }
                }
            }
            for stream in [nil, .room(Room.defaultID)] as [StreamKey?] {
                let search = EventStore.place(of: old, in: stream, of: EventFixture.workspace)
                let plan = try await fixture.plan(search.sql)
                #expect(plan.most < 100, "\(plan.text)")
                let place = try search.decode(try await fixture.pool.query(search.sql))
                #expect((49_000...51_000).contains(place), "\(place)")
            }
            // A page of what is rare says where to go on, until the end.
            var rare = EventFilter()
            rare.type = "never.happened"
            let operations = EventOperations(pool: fixture.pool)
            var place: Int64?
            var asked = 0
            repeat {
                let found = try await operations.find(
                    rare, in: EventFixture.workspace, isAscending: false, from: place, limit: 50)
                #expect(found.events.isEmpty)
                place = found.next
                asked += 1
            } while place != nil
            #expect(asked == 11)
        }
    }
}

/// What EXPLAIN says of a statement that was carried out.
struct Plan {
    let text: String
    /// The most rows that any step gave, and that any step looked at in vain.
    let most: Int
    let removed: Int
}

extension EventFixture {
    func plan(_ sql: SQL) async throws -> Plan {
        let rows = try await pool.query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + sql)
        let lines: [String] = try rows.map { try $0.value("QUERY PLAN") }
        let text = lines.joined(separator: "\n")
        let given = text.matches(of: /actual rows=(\d+)/).compactMap { Int($0.1) }
        let removed = text.matches(of: /Rows Removed by [A-Za-z ]+: (\d+)/).compactMap { Int($0.1) }
        return Plan(text: text, most: given.max() ?? 0, removed: removed.max() ?? 0)
    }

    /// Adds events of the default room, one a second up to now, without going through the lanes.
    func fill(_ count: Int) async throws {
        try await withOwner { owner in
            _ = try await owner.pipeline([
                """
                INSERT INTO evt_events (
                    workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type, schema_version,
                    actor, zone, task_id, run_id, correlation_id, trace_id, leaf, body_hash, salt, body, occurred_at)
                SELECT 'ws_dev', head.position + n, 'room', room.stream_id, room.stream_seq + n, gen_random_uuid(),
                    'task.created', 1, 'user:tester', 'supervised', 'task_' || lpad((n / 10)::text, 26, '0'),
                    'run_' || lpad((n / 5)::text, 26, '0'),
                    CASE WHEN n % 3 = 0 THEN 'correlation-' || n % 100 END, \(LiveFixture.trace),
                    sha256(n::text::bytea), sha256(n::text::bytea), '\\x00', convert_to('{}', 'UTF8'),
                    now() - (\(count) - n) * interval '1 second'
                FROM evt_workspace_heads head, evt_stream_heads room, generate_series(1, \(count)) n
                WHERE head.workspace_id = 'ws_dev' AND room.stream_type = 'room'
                """,
                "UPDATE evt_workspace_heads SET position = position + \(count) WHERE workspace_id = 'ws_dev'",
                "UPDATE evt_stream_heads SET stream_seq = stream_seq + \(count) WHERE stream_type = 'room'",
                "ANALYZE evt_events",
            ])
        }
    }
}
