// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let activity: [Operation] = [
        Operation(.GET, "/services/{serviceId}/events", "list-events") { world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            let start = try call.time("startTime")
            let end = try call.time("endTime")
            let found = world.events.reversed().filter { event in
                event.serviceID == service.id && call.admits("type", event.type)
                    && start.map { event.time >= $0 } != false && end.map { event.time <= $0 } != false
            }
            return try Paging(call).answer(found.map { ($0.id, $0.json) }, as: "event")
        },
        Operation(.GET, "/events/{eventId}", "retrieve-event") { world, call throws(Refusal) in
            guard let event = world.events.last(where: { $0.id == call.parameter("eventId") }) else {
                throw .notFound("event")
            }
            return FakeAnswer(200, event.json)
        },
        Operation(.GET, "/logs", "list-logs", kind: .logs) { world, call throws(Refusal) in
            try world.logs(call)
        },
    ]
}

extension World {
    /// A page of lines of a window of time, by default the last hour and the newest first.
    fileprivate func logs(_ call: FakeCall) throws(Refusal) -> FakeAnswer {
        guard let owner = call.first("ownerId"), owners[owner] != nil else { throw .invalid("ownerId is required") }
        let resources = call.repeated("resource")
        guard !resources.isEmpty else { throw .invalid("resource is required") }
        let limit = try Paging(call).limit
        let direction = call.first("direction") ?? "backward"
        guard ["forward", "backward"].contains(direction) else {
            throw .invalid("direction must be forward or backward")
        }
        let end = try call.time("endTime") ?? now
        let start = try call.time("startTime") ?? end + .seconds(-3600)
        guard start <= end else { throw .invalid("startTime must not be after endTime") }
        let texts = call.repeated("text")
        var found = logs.filter { line in
            resources.contains(line.serviceID) && line.time >= start && line.time <= end && line.time <= now
                && call.admitsRepeated("type", line.text.type) && call.admitsRepeated("level", line.text.level)
                && (texts.isEmpty || texts.contains { line.text.message.contains($0) })
                && services[line.serviceID]?.ownerID == owner
        }
        found.sort { $0.time < $1.time }
        if direction == "backward" { found.reverse() }
        let page = Array(found.prefix(limit))
        let hasMore = found.count > page.count
        // What comes next lies beyond the last line of the page; times are told to the microsecond.
        let edge = page.last?.time ?? (direction == "forward" ? end : start)
        let next =
            direction == "forward"
            ? (hasMore ? edge + .microseconds(1) : end, end)
            : (start, hasMore ? edge + .microseconds(-1) : start)
        return FakeAnswer(
            200,
            [
                "hasMore": .bool(hasMore), "nextStartTime": .string(next.0.description),
                "nextEndTime": .string(next.1.description), "logs": .array(shuffled(page).map(\.json)),
            ])
    }

    /// Lines as a page of Render's has them: here and there two neighbours have changed places.
    private func shuffled(_ page: [FakeLogLine]) -> [FakeLogLine] {
        guard settings.disordersLogs else { return page }
        var lines = page
        for index in stride(from: 3, to: lines.count - 1, by: 5) { lines.swapAt(index, index + 1) }
        return lines
    }
}
