// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import TestKit
import Testing

/// What a schedule decides, from its row and the time alone.
@Suite struct ScheduleTests {
    private let made = Timestamp(microseconds: 1_790_000_000_000_000)  // 2026-09-21T14:13:20Z
    private let request = TaskRequest(
        agent: "echo", input: Array("{}".utf8), priority: 5, timeoutSeconds: 300, retry: .standard, runAt: nil,
        idempotencyHash: nil)

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp("2026-09-\(text)Z")) }

    private func schedule(
        _ cron: String = "*/10 * * * *", jitter: Int = 0, overlap: ScheduleOverlap = .skip,
        catchUp: ScheduleCatchUp = .latest, id: String = "sched_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    ) throws -> Schedule {
        try make(
            ScheduleDefinition(
                name: "sweep", trigger: .cron(try CronExpression(cron), .utc), jitterSeconds: jitter,
                overlap: overlap, catchUp: catchUp, task: request), id: id)
    }

    private func once(_ time: Timestamp, catchUp: ScheduleCatchUp = .latest) throws -> Schedule {
        try make(ScheduleDefinition(name: "once", trigger: .once(time), catchUp: catchUp, task: request))
    }

    private func make(
        _ definition: ScheduleDefinition, id: String = "sched_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    ) throws -> Schedule {
        try #require(
            Schedule.create(definition, at: made).applied(to: nil, key: ID(trusted: id), in: context(made)))
    }

    private func context(_ time: Timestamp) -> EventContext {
        EventContext(
            workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), actor: Principal(.user, "tester"),
            traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: time)
    }

    /// The schedule after an event; as it was when there is none.
    private func after(_ event: ScheduleEvent?, _ schedule: Schedule, at time: Timestamp) throws -> Schedule {
        guard let event else { return schedule }
        return try #require(event.applied(to: schedule, key: schedule.id, in: context(time)))
    }

    @Test func `nothing is due before the next fire, one fire at it`() throws {
        let schedule = try schedule()
        #expect(schedule.nextFireAt == (try at("21T14:20:00")))
        #expect(schedule.due(at: try at("21T14:19:59.999999")) == nil)
        let due = try #require(schedule.due(at: try at("21T14:20:00")))
        #expect(due.fires.map(\.at) == [try at("21T14:20:00")])
        #expect(due.missedSince == nil)
        #expect(due.next == (try at("21T14:30:00")))
    }

    @Test func `after a downtime each policy makes what it says`() throws {
        // Five were missed: 14:20 to 15:00.
        let now = try at("21T15:03:00")
        let first = try at("21T14:20:00")
        let next = try at("21T15:10:00")
        let skip = try #require(try schedule(catchUp: .skip).due(at: now))
        #expect(skip.fires.isEmpty && skip.missedSince == first && skip.next == next)
        let latest = try #require(try schedule(catchUp: .latest).due(at: now))
        #expect(latest.fires.map(\.at) == [try at("21T15:00:00")])
        #expect(latest.missedSince == first && latest.next == next)
        let three = try #require(try schedule(catchUp: .all(limit: 3)).due(at: now))
        #expect(three.fires.map(\.at) == [try at("21T14:40:00"), try at("21T14:50:00"), try at("21T15:00:00")])
        #expect(three.missedSince == first && three.next == next)
        let all = try #require(try schedule(catchUp: .all(limit: 5)).due(at: now))
        #expect(all.fires.count == 5 && all.missedSince == nil && all.next == next)
    }

    @Test func `a fire less than a minute late is in time under every policy`() throws {
        let skip = try schedule(catchUp: .skip)
        #expect(skip.due(at: try at("21T14:20:59.999999"))?.fires.map(\.at) == [try at("21T14:20:00")])
        #expect(skip.due(at: try at("21T14:21:00"))?.fires.isEmpty == true)
        // What was missed before it is not made with it.
        let due = try #require(skip.due(at: try at("21T15:00:30")))
        #expect(due.fires.map(\.at) == [try at("21T15:00:00")])
        #expect(due.missedSince == (try at("21T14:20:00")))
    }

    @Test func `what fires every second is made whole by whoever wakes a little late`() throws {
        let now = try at("21T14:13:50.200")
        let three = [try at("21T14:13:30"), try at("21T14:13:40"), try at("21T14:13:50")]
        let next = try at("21T14:14:00")
        for catchUp in [ScheduleCatchUp.skip, .latest, .all(limit: 1)] {
            let due = try #require(try schedule("*/10 * * * * *", catchUp: catchUp).due(at: now))
            #expect(due.fires.map(\.at) == three && due.missedSince == nil && due.next == next)
        }
        // Two hours later the minute before is in time, and what was before it is not.
        let end = try at("21T16:13:50")
        let late = try #require(try schedule("* * * * * *", catchUp: .all(limit: 100)).due(at: end))
        #expect(late.fires.count == 100 && late.fires.last?.at == end)
        let latest = try #require(try schedule("* * * * * *").due(at: end))
        let since = try at("21T14:13:21")
        #expect(latest.fires.count == 60 && latest.fires.first?.at == end + .seconds(-59))
        #expect(latest.missedSince == since)
    }

    @Test func `years of downtime cost no more than the limit`() throws {
        let schedule = try schedule("* * * 1 *", catchUp: .all(limit: 100))
        let clock = ContinuousClock()
        let start = clock.now
        let end = try #require(Timestamp("2046-06-01T00:00:00Z"))
        let due = try #require(schedule.due(at: end))
        #expect(clock.now - start < .seconds(5))
        #expect(due.fires.count == 100)
        #expect(due.fires.last?.at == Timestamp("2046-01-31T23:59:00Z"))
        #expect(due.fires.first?.at == Timestamp("2046-01-31T22:20:00Z"))
        #expect(due.next == Timestamp("2047-01-01T00:00:00Z"))
    }

    @Test func `the newest fires of a period are the last of all of them`() throws {
        var random = SeededGenerator(seed: 3)
        for text in ["*/7 * * * *", "0 3 * * *", "30 2 * * sun", "15,45 1-3 * * *"] {
            let zone = try #require(ScheduleZone("Europe/Berlin"))
            let trigger = ScheduleTrigger.cron(try CronExpression(text), zone)
            let start = try #require(Timestamp("2026-10-20T00:00:00Z"))
            for _ in 0..<20 {
                let end = start + .seconds(Int.random(in: 0...864_000, using: &random))
                let all = trigger.newest(2000, in: start...end)
                let count = Int.random(in: 1...12, using: &random)
                #expect(trigger.newest(count, in: start...end) == Array(all.suffix(count)))
            }
        }
    }

    @Test func `cancelling the previous task makes only the newest of several fires`() throws {
        let due = try #require(
            try schedule(overlap: .cancelPrevious, catchUp: .all(limit: 10)).due(at: try at("21T15:03:00")))
        #expect(due.fires.map(\.at) == [try at("21T15:00:00")])
        #expect(due.missedSince == (try at("21T14:20:00")))
    }

    @Test func `overlap is decided by what is still live`() {
        let first = ID<WorkTask>(trusted: "task_1")
        let second = ID<WorkTask>(trusted: "task_2")
        for policy in ScheduleOverlap.allCases { #expect(policy.decide(live: []) == .make) }
        #expect(ScheduleOverlap.skip.decide(live: [first]) == .leaveOut)
        #expect(ScheduleOverlap.queue.decide(live: [first, second]) == .makeAfter([first, second]))
        #expect(ScheduleOverlap.cancelPrevious.decide(live: [first, second]) == .cancelAndMake([first, second]))
        let full = (0..<ScheduleOverlap.queueLimit).map { ID<WorkTask>(trusted: "task_\($0)") }
        #expect(ScheduleOverlap.queue.decide(live: full) == .leaveOut)
    }

    @Test func `jitter stays in its bounds, differs between fires and is the same every time`() throws {
        let schedule = try schedule("* * * * *", jitter: 30)
        let fires = schedule.preview(500, after: made)
        for fire in fires { #expect(fire.runAt >= fire.at && fire.runAt <= fire.at + .seconds(30)) }
        #expect(Set(fires.map { $0.runAt - $0.at }).count > 400)
        #expect(fires == (try self.schedule("* * * * *", jitter: 30)).preview(500, after: made))
        let other = try self.schedule("* * * * *", jitter: 30, id: "sched_01ARZ3NDEKTSV4RRFFQ69G5FAW")
        #expect(other.preview(500, after: made).map(\.runAt) != fires.map(\.runAt))
        // Frozen: another version of the same schedule must not fire at another time.
        #expect(fires[0].runAt.description == "2026-09-21T14:14:06.951000Z")
    }

    @Test func `a one-shot schedule fires once and has ended`() throws {
        let schedule = try once(try at("21T20:00:00"))
        #expect(schedule.due(at: try at("21T19:59:59")) == nil)
        let due = try #require(schedule.due(at: try at("22T08:00:00")))
        #expect(due.fires.map(\.at) == [try at("21T20:00:00")])
        #expect(due.next == nil)
        let task = ID<WorkTask>.make()
        let firing = ScheduleFiring(at: due.fires[0].at, outcome: .made, taskID: task, live: [task])
        let ended = try after(.fired(firing, next: due.next), schedule, at: try at("22T08:00:00"))
        #expect(!ended.isActive && ended.fireCount == 1 && ended.lastTaskID == task && ended.liveTaskIDs == [task])
        #expect(ended.due(at: try at("23T08:00:00")) == nil)
        #expect(ended.preview(5, after: made).isEmpty)
    }

    @Test func `a one-shot time that was past when it was set fires at once, and too late under skip only`() throws {
        let past = try at("01T00:00:00")
        #expect(try once(past, catchUp: .skip).due(at: made)?.fires.map(\.at) == [past])
        #expect(try once(past, catchUp: .skip).due(at: made + .seconds(60))?.fires.isEmpty == true)
        #expect(try once(past).due(at: made + .seconds(60))?.fires.map(\.at) == [past])
    }

    @Test func `a pause leaves its fires out for good`() throws {
        let schedule = try schedule()
        let paused = try after(schedule.pause(), schedule, at: try at("21T14:15:00"))
        #expect(paused.due(at: try at("21T16:00:00")) == nil)
        #expect(paused.pause() == nil)
        // What it would do if it were resumed now.
        #expect(
            paused.preview(2, after: try at("21T16:05:00")).map(\.at)
                == [try at("21T16:10:00"), try at("21T16:20:00")])
        #expect(paused.preview(1, after: try at("21T14:16:00")).map(\.at) == [try at("21T14:20:00")])
        let resumed = try after(
            paused.resume(at: try at("21T16:05:00")), paused, at: try at("21T16:05:00"))
        #expect(resumed.nextFireAt == (try at("21T16:10:00")))
        #expect(resumed.version == 3 && resumed.pausedAt == nil && resumed.resume(at: made) == nil)
        // A fire that is still to come is not touched.
        #expect(paused.resume(at: try at("21T14:16:00")) == .resumed(next: schedule.nextFireAt))
        let once = try once(try at("21T15:00:00"))
        let late = try after(once.pause(), once, at: made)
        #expect(late.resume(at: try at("21T16:00:00")) == .resumed(next: nil))
    }

    @Test func `a new trigger starts anew, another change does not, none is no event`() throws {
        let schedule = try schedule()
        let now = try at("21T14:25:00")
        #expect(schedule.edit(schedule.definition, at: now) == nil)
        var renamed = schedule.definition
        renamed.name = "other"
        #expect(schedule.edit(renamed, at: now) == .edited(renamed, next: try at("21T14:20:00")))
        var daily = schedule.definition
        daily.trigger = .cron(try CronExpression("@daily"), .utc)
        #expect(schedule.edit(daily, at: now) == .edited(daily, next: try at("22T00:00:00")))
        let deleted = try after(.deleted, schedule, at: now)
        #expect(deleted.nextFireAt == nil && !deleted.isActive && deleted.deletedAt == now)
    }

    @Test func `a task is asked for at its fire's time`() throws {
        let schedule = try schedule(jitter: 5)
        let fire = schedule.fire(at: try at("21T14:20:00"))
        #expect(schedule.request(for: fire).runAt == fire.runAt)
    }
}
