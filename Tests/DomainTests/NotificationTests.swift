// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Testing

/// What people should know of, by the events as they are on disk.
@Suite struct NotificationTests {
    private func event(_ type: String, _ body: String, on stream: StreamKey = .room(Room.defaultID)) -> RecordedEvent {
        RecordedEvent(
            event: Event(
                id: UUID(), workspaceID: Workspace.defaultID, stream: stream, type: type,
                actor: Principal(.service, "orchestrator-svc"), traceID: "0af7651916cd43dd8448eb211c80319c",
                occurredAt: Timestamp(microseconds: 1), body: Array(body.utf8)),
            position: 7, streamSequence: 3)
    }

    private func notification(_ type: String, _ body: String, agent: String? = nil) throws -> NotificationItem {
        let event = event(type, body)
        return NotificationItem(try #require(NotificationKind(event.event)), event, agent: agent)
    }

    @Test func `every kind is told by events that there are, and what ends well by none`() {
        let names =
            TaskEvent.names + ApprovalEvent.names + IncidentEvent.names + MessageEvent.names + ScheduleEvent.names
            + QueueEvent.names + StepEvent.names + RoomEvent.names + ThreadEvent.names + HookEvent.names
        var told: [NotificationKind: [String]] = [:]
        for name in names {
            if let kind = NotificationKind(event(name, "{}").event) { told[kind, default: []].append(name) }
        }
        #expect(Set(told.keys) == Set(NotificationKind.allCases))
        #expect(told[.taskFailed] == ["run.failed", "task.failed"])
        #expect(told.values.reduce(0) { $0 + $1.count } == NotificationKind.allCases.count + 1)
        for quiet in ["run.completed", "task.cancelled", "run.queued", "incident.closed", "step.failed"] {
            #expect(names.contains(quiet) && NotificationKind(event(quiet, "{}").event) == nil)
        }
    }

    @Test func `a failure that is tried again is no news, one that is not is`() throws {
        let error = #""error":{"code":"broken","message":"It broke.","retryable":true}"#
        let again = #"{"epoch":1,\#(error),"next_run_id":"run_2","run_at":"2026-11-21T05:00:00.000000Z"}"#
        #expect(NotificationKind(event("run.failed", again).event) == nil)
        let last = try notification("run.failed", #"{"epoch":1,\#(error),"status":"failed"}"#, agent: "echo")
        #expect(
            last.kind == .taskFailed && last.code == "broken" && last.summary == "It broke." && last.agent == "echo")
        // What an agent writes cannot pass for a run to come.
        let sly = ##"{"error":{"code":"x","message":"\"next_run_id\":\"run_2\"","retryable":false}}"##
        #expect(NotificationKind(event("run.failed", sly).event) == .taskFailed)
    }

    @Test func `the facts of each kind are members, whatever else the event says`() throws {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        let asked = try notification(
            "approval.requested",
            #"{"approval_id":"appr_\#(id)","action":{"kind":"external.write","target":"mail"},"summary":"Send it."}"#)
        #expect(asked.approvalID?.rawValue == "appr_\(id)" && asked.code == "external.write")
        #expect(asked.summary == "Send it." && asked.roomID == Room.defaultID && asked.severity == nil)
        let unsaid = try notification(
            "approval.requested", #"{"approval_id":"appr_\#(id)","action":{"kind":"k","target":"mail"}}"#)
        #expect(unsaid.summary == "mail")
        let expired = try notification("approval.expired", #"{"approval_id":"appr_\#(id)"}"#)
        #expect(expired.approvalID?.rawValue == "appr_\(id)" && expired.summary == nil && expired.code == nil)
        let incident = try notification(
            "incident.opened",
            #"{"incident_id":"inc_\#(id)","kind":"worker_lost","severity":"high","title":"T","description":"D"}"#)
        #expect(incident.incidentID?.rawValue == "inc_\(id)" && incident.severity == .high)
        #expect(incident.code == "worker_lost" && incident.summary == "T")
        let message = try notification(
            "message.posted",
            ##"{"message_id":"msg_\##(id)","thread_id":"th_\##(id)","number":1,"content_md":"# Hello\n\n*you*"}"##)
        #expect(message.messageID?.rawValue == "msg_\(id)" && message.threadID?.rawValue == "th_\(id)")
        #expect(message.summary == "# Hello *you*")
        let paused = event(
            "queue.paused", #"{"agent":"echo","reason":"Maintenance"}"#, on: .workspace(Workspace.defaultID))
        let queue = NotificationItem(.queuePaused, paused, agent: nil)
        #expect(queue.agent == "echo" && queue.summary == "Maintenance" && queue.roomID == nil)
        let missed = try notification("schedule.missed", #"{"schedule_id":"sch_\#(id)","since":"x"}"#)
        #expect(missed.scheduleID?.rawValue == "sch_\(id)" && missed.summary == nil)
    }

    private static let many = String(repeating: "a", count: 200)
    private static let accent = "\u{301}"
    /// What was written, as JSON has it, and what is told of it.
    private static let lines: [(text: String, line: String?)] = [
        ("", nil), (" \\n\\t ", nil), ("one", "one"), ("  one \\r\\n\\u0000 two  ", "one two"),
        (many, many), (many + "a", many + "…"), (many + " \\n", many), (many + " \\n b", many + "…"),
        ("e" + String(repeating: accent, count: 1000), "e" + String(repeating: accent, count: 199) + "…"),
    ]

    @Test(arguments: lines)
    func `what was written is told in one bounded line`(text: String, line: String?) throws {
        let posted = try notification("message.posted", #"{"content_md":"\#(text)"}"#)
        #expect(posted.summary == line)
    }

    @Test func `an event without a body is still told`() throws {
        let told = try notification("incident.opened", "")
        #expect(told.kind == .incidentOpened && told.incidentID == nil && told.summary == nil)
    }
}
