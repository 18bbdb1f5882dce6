// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Names a schedule in a path.
package struct ScheduleInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Schedule>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("schedule_id", "The schedule.", .id())
    }
}

/// `GET /v1/schedules`.
package struct ListSchedulesInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let cursor: ID<Schedule>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// `POST /v1/schedules`.
package struct CreateScheduleInput: WireInput {
    package static let wireName = "NewSchedule"

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>?
    package let definition: ScheduleDefinition

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.optional("room_id", "Where its tasks go; the default room unless given.", .id())
        let name = reader.member("name", "What people call it.", .string(.text, min: 1, max: 200))
        let timing = ScheduleTimingInput(&reader)
        let task = reader.member("task", "What each of its tasks asks for.", .object(ScheduledTaskInput.self))
        var trigger = ScheduleTrigger.once(Timestamp(microseconds: 0))
        if let runAt = timing.runAt {
            trigger = .once(runAt)
            if timing.zone != nil { reader.refuse("/timezone", "does not go with run_at") }
        } else if let cron = timing.cron {
            trigger = .cron(cron, timing.zone ?? .utc)
        }
        reader.requireExactlyOne(of: "cron", "run_at")
        definition = ScheduleDefinition(
            name: name, trigger: trigger, jitterSeconds: timing.jitterSeconds ?? 0, overlap: timing.overlap ?? .skip,
            catchUp: timing.catchUp ?? .latest, task: task.request, correlationID: task.correlationID)
    }
}

/// `PATCH /v1/schedules/{schedule_id}`.
package struct ChangeScheduleInput: WireInput {
    package static let wireName = "ScheduleChange"

    package let workspaceID: ID<Workspace>
    package let id: ID<Schedule>
    package let ifVersion: Int?
    package let name: String?
    package let timing: ScheduleTimingInput
    package let task: ScheduledTaskInput?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("schedule_id", "The schedule.", .id())
        ifVersion = reader.optional(
            "if_version", "The version the caller has seen; 412 when it is another by now.",
            .integer(1...Int(Int32.max)))
        name = reader.optional("name", "Another name.", .string(.text, min: 1, max: 200))
        timing = ScheduleTimingInput(&reader)
        if timing.runAt != nil {
            if timing.hasCron { reader.refuse("/run_at", "does not go with cron") }
            if timing.zone != nil { reader.refuse("/timezone", "does not go with run_at") }
        }
        task = reader.optional("task", "Another task.", .object(ScheduledTaskInput.self))
    }
}

/// The members of a schedule that say when it fires, none of them required.
package struct ScheduleTimingInput: Sendable {
    package let cron: CronExpression?
    package let zone: ScheduleZone?
    package let runAt: Timestamp?
    package let jitterSeconds: Int?
    package let overlap: ScheduleOverlap?
    package let catchUp: ScheduleCatchUp?
    let hasCron: Bool

    init(_ reader: inout InputReader) {
        let text = reader.optional(
            "cron", "Five fields, such as `0 9 * * mon-fri`, six with the second in front, or `@daily` and the like.",
            .string(.text, min: 1, max: CronExpression.maximumLength))
        cron = text.flatMap { reader.cron($0) }
        hasCron = text != nil
        zone = reader.zone(
            reader.optional(
                "timezone", "Whose wall clock, by its IANA name; UTC unless given.", .string(.zone, min: 1, max: 64)))
        runAt = reader.optional("run_at", "The one time at which it fires, instead of `cron`.", .timestamp)
        jitterSeconds = reader.optional(
            "jitter_seconds", "Puts each task off by a time of its own, up to this; 0 unless given.",
            .integer(ScheduleDefinition.jitters))
        overlap = reader.optional(
            "overlap", "What a fire does while an earlier task is not finished; `skip` unless given.",
            .choice(ScheduleOverlap.self))
        catchUp =
            reader.optional(
                "catch_up", "What becomes of fires missed for more than a minute; the latest is made unless given.",
                .object(CatchUpInput.self))?.catchUp
    }
}

/// What becomes of missed fires.
package struct CatchUpInput: WireInput {
    package static let wireName = "CatchUpInput"

    package let catchUp: ScheduleCatchUp

    package init(_ reader: inout InputReader) {
        let policy = reader.member(
            "policy", "`skip` makes none, `latest` the newest, `all` the newest `limit`.",
            .choice(ScheduleCatchUpPolicy.self))
        let limit = reader.optional("limit", "With `all`; 10 unless given.", .integer(ScheduleCatchUp.limits))
        if limit != nil, policy != .all { reader.refuse("/limit", "goes with the policy all only") }
        catchUp =
            switch policy {
            case .skip: .skip
            case .latest: .latest
            case .all: .all(limit: limit ?? 10)
            }
    }
}

/// The words for the policies.
package enum ScheduleCatchUpPolicy: String, WireEnum { case skip, latest, all }

/// What each task of a schedule asks for.
package struct ScheduledTaskInput: WireInput {
    package static let wireName = "ScheduledTaskInput"

    package let request: TaskRequest
    package let correlationID: String?

    package init(_ reader: inout InputReader) {
        let agent = reader.member("agent", "The name of the agent that is to carry it out.", .string(.name, max: 63))
        let input = reader.optional("input", "What the agent gets; checked against its input schema.", .anything)
        let priority = reader.member("priority", "Larger goes first.", .integer(0...9), default: 5)
        let timeout = reader.member(
            "timeout_seconds", "How long one run may take.", .integer(1...86_400), default: 300)
        let retry = reader.optional("retry", "What to do when a run fails.", .object(RunRetryInput.self))
        let labels = reader.optional(
            "labels", "By which its runs can be claimed beside their agent.",
            .array(of: .string(.name, max: 63), max: 8, unique: true))
        let limits = reader.optional(
            "limits", "What its runs count against.",
            .array(of: .object(LimitUseInput.self), max: 4, unique: true))
        correlationID = reader.optional(
            "correlation_id", "Ties tasks and logs together; the schedule's id unless given.",
            .string(.token, max: 128))
        request = TaskRequest(
            agent: agent, input: (input ?? .object([:])).bytes, priority: priority, timeoutSeconds: timeout,
            retry: TaskRetryPolicy(retry), runAt: nil, idempotencyHash: nil, labels: labels ?? [],
            limits: (limits ?? []).map { LimitUse(name: $0.name, key: $0.key) })
    }
}

/// `POST /v1/schedules/{schedule_id}/fire`.
package struct FireScheduleInput: WireInput {
    package static let wireName = "ScheduleFire"

    package let workspaceID: ID<Workspace>
    package let id: ID<Schedule>
    package let idempotencyKey: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("schedule_id", "The schedule.", .id())
        idempotencyKey = reader.optional(
            "idempotency_key", "Makes sending the same request again harmless.", .string(.text, min: 1, max: 255))
    }
}

/// `GET /v1/schedules/{schedule_id}/preview`.
package struct PreviewScheduleInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Schedule>
    package let count: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("schedule_id", "The schedule.", .id())
        count = reader.query("count", "How many at most.", .integer(1...100), default: 5)
    }
}

/// `POST /v1/schedules/preview`.
package struct PreviewCronInput: WireInput {
    package static let wireName = "CronPreviewRequest"

    package let trigger: ScheduleTrigger?
    package let after: Timestamp?
    package let count: Int

    package init(_ reader: inout InputReader) {
        let cron = reader.cron(
            reader.member("cron", "The expression.", .string(.text, min: 1, max: CronExpression.maximumLength)))
        let zone = reader.zone(
            reader.optional(
                "timezone", "Whose wall clock, by its IANA name; UTC unless given.", .string(.zone, min: 1, max: 64)))
        trigger = cron.map { .cron($0, zone ?? .utc) }
        after = reader.optional("after", "From when on; from now unless given.", .timestamp)
        count = reader.member("count", "How many at most.", .integer(1...100), default: 5)
    }
}

extension TaskRetryPolicy {
    fileprivate init(_ input: RunRetryInput?) {
        self = .standard
        maxAttempts = input?.maxAttempts ?? maxAttempts
        initialSeconds = input?.initialSeconds ?? initialSeconds
        maxSeconds = input?.maxSeconds ?? maxSeconds
        factor = input?.factor ?? factor
    }
}

extension TextPattern {
    /// How names of the IANA database are written; whether there is such a place, the database says.
    static let zone = TextPattern(
        "^(UTC|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){1,2})$", words: "UTC or a name of the IANA database"
    ) { text in
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard text != "UTC" else { return true }
        guard (2...3).contains(parts.count), let first = text.utf8.first, isLetter(first) else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    isLetter(byte) || (0x30...0x39).contains(byte) || "_+-".utf8.contains(byte)
                }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}

extension InputReader {
    /// The expression that a member `cron` is; refuses one that is none. Its rules are more than a pattern can say.
    fileprivate mutating func cron(_ text: String) -> CronExpression? {
        do throws(CronError) {
            return try CronExpression(text)
        } catch {
            refuse("/cron", error.description)
            return nil
        }
    }

    /// The time zone that a member `timezone` names.
    fileprivate mutating func zone(_ name: String?) -> ScheduleZone? {
        guard let name else { return nil }
        let zone = ScheduleZone(name)
        if zone == nil { refuse("/timezone", "must be UTC or a name of the IANA database, such as Europe/Berlin") }
        return zone
    }
}
