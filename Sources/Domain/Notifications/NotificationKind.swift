// SPDX-License-Identifier: Apache-2.0

import Common

/// What a person should know of, out of all that happens in a workspace, each with its reason. The flush, the replay of the
/// log and the API all go by this one list.
///
/// Left out is what ends well or is a step on the way (`run.completed`, `run.started`, a failure that is tried again), what
/// somebody else has decided and nobody has to answer (a cancelled task, a closed incident, a renamed room), and what is told
/// by another kind already (limits and leases behind an incident).
package enum NotificationKind: String, Sendable, CaseIterable {
    /// A run failed and nothing tries it again by itself, or somebody said that its task has failed: it stays so until a
    /// person retries it.
    case taskFailed = "task_failed"
    /// A run waits for a person's answer, and for no longer than the approval lives.
    case approvalRequested = "approval_requested"
    /// Nobody answered in time, so what was asked for was not done.
    case approvalExpired = "approval_expired"
    /// Somebody, or the orchestrator itself, says that something is wrong. A worker that went silent is one of these.
    case incidentOpened = "incident_opened"
    /// A run was stuck, or its worker lost, and it was taken back. It starts again by itself, but one that is lost over and
    /// over needs somebody to look at its worker.
    case runLost = "run_lost"
    /// Somebody says something to the people of a room.
    case messagePosted = "message_posted"
    /// Fires of a schedule were left out because nobody was there to make them; no task will ever tell.
    case scheduleMissed = "schedule_missed"
    /// Nothing of an agent starts until somebody resumes its queue.
    case queuePaused = "queue_paused"

    /// What an event is to people; nil when it is no news.
    package init?(_ event: Event) {
        switch event.type {
        case "run.failed":
            guard Self.isLast(event.body) else { return nil }
            self = .taskFailed
        case "task.failed": self = .taskFailed
        case "approval.requested": self = .approvalRequested
        case "approval.expired": self = .approvalExpired
        case "incident.opened": self = .incidentOpened
        case "run.lease_lost": self = .runLost
        case "message.posted": self = .messagePosted
        case "schedule.missed": self = .scheduleMissed
        case "queue.paused": self = .queuePaused
        default: return nil
        }
    }

    /// Whether no run follows the failed one.
    private static func isLast(_ body: [UInt8]) -> Bool {
        guard let body = try? JSONValue.parse(body) else { return true }
        return body["next_run_id"] == nil
    }
}
