// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// The events as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct ScheduleEventTests {
    private static let definition = """
        {"name":"sweep","cron":"0 9 * * mon-fri","timezone":"Europe/Berlin","jitter_seconds":30,"overlap":"queue",\
        "catch_up":"all","catch_up_limit":5,"correlation_id":"sweeps","task":{"agent":"echo","input":{"message":"hi"},\
        "priority":5,"timeout_seconds":300,"retry":{"max_attempts":3,"initial_seconds":1,"max_seconds":300,"factor":2},\
        "labels":["gpu"],"limits":["tenants:a"]}}
        """
    private static let once = """
        {"name":"once","run_at":"2026-11-21T05:00:00.000000Z","jitter_seconds":0,"overlap":"skip","catch_up":"latest",\
        "task":{"agent":"echo","input":null,"priority":5,"timeout_seconds":300,"retry":{"max_attempts":3,\
        "initial_seconds":1,"max_seconds":300,"factor":2}}}
        """
    private static let id = #""schedule_id":"sched_01ARZ3NDEKTSV4RRFFQ69G5FAV""#
    private static let next = #""next_fire_at":"2026-11-23T08:00:00.000000Z""#
    private static let task = "task_01ARZ3NDEKTSV4RRFFQ69G5FAV"

    private static let frozen: [(type: String, body: String)] = [
        ("schedule.created", "{\(id),\"definition\":\(definition),\(next),\"version\":1}"),
        ("schedule.edited", "{\(id),\"definition\":\(once),\(next),\"version\":2}"),
        ("schedule.paused", "{\(id),\(next),\"version\":2}"),
        ("schedule.resumed", "{\(id),\"version\":2}"),
        (
            "schedule.fired",
            """
            {\(id),"fire_at":"2026-11-20T08:00:00.000000Z","outcome":"queued","task_id":"\(task)",\
            "live_task_ids":["task_01ARZ3NDEKTSV4RRFFQ69G5FAU","\(task)"],\(next),"version":2}
            """
        ),
        (
            "schedule.fired",
            """
            {\(id),"fire_at":"2026-11-20T08:00:00.000000Z","outcome":"overlapped","live_task_ids":[],"version":2}
            """
        ),
        ("schedule.missed", "{\(id),\"since\":\"2026-11-20T08:00:00.000000Z\",\(next),\"version\":2}"),
        (
            "schedule.fired_by_hand",
            "{\(id),\"task_id\":\"\(task)\",\"live_task_ids\":[\"\(task)\"],\(next),\"version\":2}"
        ),
        ("schedule.deleted", "{\(id),\"version\":2}"),
    ]

    private let key = ID<Schedule>(trusted: "sched_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    private let context = EventContext(
        workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), actor: Principal(.user, "tester"),
        traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: Timestamp(microseconds: 0))

    @Test func `every name has its frozen text`() {
        #expect(Set(Self.frozen.map(\.type)) == Set(ScheduleEvent.names))
    }

    @Test(arguments: 0..<9) func `what is on disk is read and written back byte for byte`(index: Int) throws {
        let (type, text) = Self.frozen[index]
        let body = EventBody(type: type, object: try #require(try JSONValue.parse(text).object))
        let event = try ScheduleEvent(type: type, body: body)
        #expect(event.name == type)
        #expect(try ScheduleEvent.key(in: context, body) == key)
        let made = try ScheduleEvent(
            type: "schedule.created",
            body: EventBody(
                type: "schedule.created", object: try #require(try JSONValue.parse(Self.frozen[0].body).object)))
        let row = type == "schedule.created" ? nil : made.applied(to: nil, key: key, in: context)
        let after = try #require(event.applied(to: row, key: key, in: context))
        #expect(String(decoding: event.body(of: after), as: UTF8.self) == text)
    }

    @Test func `nothing but its beginning can happen to a schedule that is not there`() {
        #expect(ScheduleEvent.paused.applied(to: nil, key: key, in: context) == nil)
    }

    @Test func `a body that cannot be read is told by its member`() throws {
        for (member, value) in [
            ("cron", "0 0 30 2 *"), ("timezone", "Mars/Base"), ("overlap", "maybe"), ("catch_up", "some"),
        ] as [(String, JSONValue)] {
            var definition = try #require(try JSONValue.parse(Self.definition).object)
            definition[member] = value
            let error = #expect(throws: EventDecodingError.self) {
                try ScheduleDefinition(EventBody(type: "schedule.created", object: definition))
            }
            #expect(error?.member == member)
        }
    }
}
