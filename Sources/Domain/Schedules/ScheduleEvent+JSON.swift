// SPDX-License-Identifier: Apache-2.0

import Common

extension ScheduleEvent {
    package func body(of row: Schedule) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schedule_id", row.id.rawValue)
        switch self {
        case .created(let definition, _), .edited(let definition, _):
            writer.name("definition")
            writer.write(json: definition.json)
        case .paused, .resumed, .deleted: break
        case .fired(let firing, _):
            writer.name("fire_at")
            writer.write(firing.at)
            writer.member("outcome", firing.outcome.rawValue)
            writer.optional("task_id", firing.taskID?.rawValue)
            writer.write(live: firing.live)
        case .missed(let since, _):
            writer.name("since")
            writer.write(since)
        case .firedByHand(let task, let live):
            writer.member("task_id", task.rawValue)
            writer.write(live: live)
        }
        // Absent once there is none.
        writer.optional("next_fire_at", row.nextFireAt)
        writer.member("version", row.version)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        let next = body.time("next_fire_at")
        switch type {
        case "schedule.created": self = .created(try ScheduleDefinition(try body.nested("definition")), next: next)
        case "schedule.edited": self = .edited(try ScheduleDefinition(try body.nested("definition")), next: next)
        case "schedule.paused": self = .paused
        case "schedule.resumed": self = .resumed(next: next)
        case "schedule.fired": self = .fired(try ScheduleFiring(body), next: next)
        case "schedule.missed": self = .missed(since: try body.timestamp("since"), next: next)
        case "schedule.fired_by_hand":
            self = .firedByHand(try body.id("task_id"), live: body.liveTasks)
        case "schedule.deleted": self = .deleted
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }
}

extension ScheduleFiring {
    fileprivate init(_ body: EventBody) throws(EventDecodingError) {
        guard let outcome = Outcome(rawValue: try body.string("outcome")) else {
            throw EventDecodingError(eventType: body.type, member: "outcome")
        }
        self.init(
            at: try body.timestamp("fire_at"), outcome: outcome, taskID: body.text("task_id").map { ID(trusted: $0) },
            live: body.liveTasks)
    }
}

extension EventBody {
    fileprivate var liveTasks: [ID<WorkTask>] {
        (object["live_task_ids"]?.array ?? []).compactMap { $0.string.map { ID(trusted: $0) } }
    }
}

extension JSONWriter {
    fileprivate mutating func write(live: [ID<WorkTask>]) {
        name("live_task_ids")
        beginArray()
        for task in live { write(task.rawValue) }
        endArray()
    }
}

extension ScheduleDefinition {
    /// As it is in events and in the projection.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name)
        switch trigger {
        case .cron(let expression, let zone):
            writer.member("cron", expression.description)
            writer.member("timezone", zone.description)
        case .once(let time):
            writer.name("run_at")
            writer.write(time)
        }
        writer.member("jitter_seconds", jitterSeconds)
        writer.member("overlap", overlap.rawValue)
        writer.member("catch_up", catchUp.name)
        if case .all(let limit) = catchUp { writer.member("catch_up_limit", limit) }
        writer.optional("correlation_id", correlationID)
        writer.name("task")
        writer.beginObject()
        task.write(to: &writer)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// Reads `json` back.
    package init(_ body: EventBody) throws(EventDecodingError) {
        func wrong(_ member: String) -> EventDecodingError { EventDecodingError(eventType: body.type, member: member) }
        let trigger: ScheduleTrigger
        if let text = body.text("cron") {
            // What was accepted once stays readable: the checks of both only ever get wider.
            guard let expression = try? CronExpression(text) else { throw wrong("cron") }
            guard let zone = ScheduleZone(try body.string("timezone")) else { throw wrong("timezone") }
            trigger = .cron(expression, zone)
        } else {
            trigger = .once(try body.timestamp("run_at"))
        }
        guard let overlap = ScheduleOverlap(rawValue: try body.string("overlap")) else { throw wrong("overlap") }
        let catchUp: ScheduleCatchUp
        switch try body.string("catch_up") {
        case "skip": catchUp = .skip
        case "latest": catchUp = .latest
        case "all": catchUp = .all(limit: try body.int("catch_up_limit"))
        default: throw wrong("catch_up")
        }
        self.init(
            name: try body.string("name"), trigger: trigger, jitterSeconds: try body.int("jitter_seconds"),
            overlap: overlap, catchUp: catchUp, task: try TaskRequest(try body.nested("task")),
            correlationID: body.text("correlation_id"))
    }
}
