// SPDX-License-Identifier: Apache-2.0

package import Common

/// One thing that a person should know of: an event of the log, and the facts by which it can be told in a line.
///
/// The facts are read from the event each time, so there is no second copy of what people wrote.
package struct NotificationItem: Sendable {
    /// Characters of `summary`.
    package static let longestSummary = 200

    package let kind: NotificationKind
    package let recorded: RecordedEvent
    /// The agent of the task, or of the queue; nil when it is about neither.
    package let agent: String?
    /// A stable word: the code of a failure, the kind of an incident or of an action.
    package let code: String?
    package let severity: Incident.Severity?
    /// The beginning of what somebody wrote, in one line; nil when nothing was.
    package let summary: String?
    package let incidentID: ID<Incident>?
    package let approvalID: ID<Approval>?
    package let threadID: ID<RoomThread>?
    package let messageID: ID<Message>?
    package let scheduleID: ID<Schedule>?

    /// - Parameter agent: The agent of the event's task, which its body does not tell.
    package init(_ kind: NotificationKind, _ recorded: RecordedEvent, agent: String?) {
        let body = EventBody(
            type: recorded.event.type, object: (try? JSONValue.parse(recorded.event.body))?.object ?? [:])
        let failure = body.object["error"]
        let action = body.object["action"]
        self.kind = kind
        self.recorded = recorded
        self.agent = agent ?? (kind == .queuePaused ? body.text("agent") : nil)
        severity = kind == .incidentOpened ? body.text("severity").flatMap(Incident.Severity.init) : nil
        incidentID = kind == .incidentOpened ? body.text("incident_id").map { ID(trusted: $0) } : nil
        approvalID = body.text("approval_id").map { ID(trusted: $0) }
        threadID = body.text("thread_id").map { ID(trusted: $0) }
        messageID = body.text("message_id").map { ID(trusted: $0) }
        scheduleID = body.text("schedule_id").map { ID(trusted: $0) }
        let told: (code: String?, text: String?) =
            switch kind {
            case .taskFailed: (failure?["code"]?.string, failure?["message"]?.string)
            case .approvalRequested: (action?["kind"]?.string, body.text("summary") ?? action?["target"]?.string)
            case .incidentOpened: (body.text("kind"), body.text("title"))
            case .messagePosted: (nil, body.text("content_md"))
            case .queuePaused: (nil, body.text("reason"))
            case .approvalExpired, .runLost, .scheduleMissed: (nil, nil)
            }
        code = told.code
        summary = told.text.flatMap(Self.line)
    }

    /// The room it happened in; nil when it concerns the workspace as a whole.
    package var roomID: ID<Room>? {
        if case .room(let id) = recorded.event.stream { id } else { nil }
    }

    /// The beginning of a text in one line, nil when there is nothing but blanks. Counted by code points, since one character
    /// can have any number of them.
    private static func line(_ text: String) -> String? {
        var line = ""
        var count = 0
        var isBehindBlank = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
                isBehindBlank = count > 0
                continue
            }
            guard count + (isBehindBlank ? 1 : 0) < longestSummary else { return line + "…" }
            if isBehindBlank {
                line += " "
                count += 1
            }
            line.unicodeScalars.append(scalar)
            count += 1
            isBehindBlank = false
        }
        return line.isEmpty ? nil : line
    }
}

/// How far somebody has read what they should know of.
package struct ReadState: Sendable, Equatable {
    /// Counting ends here.
    package static let mostUnread = 1000

    /// Everything up to this position of the workspace's log has been read.
    package let position: Int64
    /// When that was said; nil when it never was.
    package let readAt: Timestamp?
    package let unread: Int
    /// Whether there may be more than `unread` says.
    package let isMore: Bool
    /// Where the newest is; 0 when there is none.
    package let newest: Int64

    package init(position: Int64, readAt: Timestamp?, unread: Int, isMore: Bool, newest: Int64) {
        self.position = position
        self.readAt = readAt
        self.unread = unread
        self.isMore = isMore
        self.newest = newest
    }
}
