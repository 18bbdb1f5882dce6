// SPDX-License-Identifier: Apache-2.0

/// Where a task stands.
package enum TaskStatus: String, Sendable, CaseIterable {
    /// Ready to be claimed.
    case queued
    /// To be queued later: at `runAt`, at the next try after a failure, or when the tasks before it are done.
    case scheduled
    /// A worker holds its run.
    case running
    /// Its run is held up by something outside, such as an approval.
    case waiting
    case completed, failed, cancelled

    /// The one table of legal transitions: from each status, where a task may go. A replay, which is a new run of a task that
    /// has ended in whatever way, is not in it.
    package static let transitions: [TaskStatus: Set<TaskStatus>] = [
        .queued: [.running, .completed, .failed, .cancelled],
        .scheduled: [.queued, .completed, .failed, .cancelled],
        .running: [.queued, .scheduled, .waiting, .completed, .failed, .cancelled],
        .waiting: [.queued, .scheduled, .running, .completed, .failed, .cancelled],
        .completed: [],
        .failed: [.queued],
        .cancelled: [.queued],
    ]

    /// Whether a task in this status may go to `next`.
    package func mayBecome(_ next: TaskStatus) -> Bool { Self.transitions[self]?.contains(next) ?? false }

    /// Whether nothing more happens by itself.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }

    /// Whether a person may still change what is asked for.
    package var isEditable: Bool { self == .queued || self == .scheduled }
}
