// SPDX-License-Identifier: Apache-2.0

package import Common

/// What becomes of a fire while tasks of earlier fires are not finished.
package enum ScheduleOverlap: String, Sendable, CaseIterable {
    /// The fire makes no task.
    case skip
    /// Its task waits for those before it, however they end.
    case queue
    /// What is not finished is cancelled, and its task begins.
    case cancelPrevious = "cancel_previous"

    /// Under `queue` no more tasks of one schedule than this are unfinished at a time; further fires make none. A
    /// schedule that fires faster than its tasks finish would else grow its queue for ever.
    package static let queueLimit = 100

    /// What to do about one fire, `live` being the unfinished tasks of the schedule, oldest first; more than
    /// `queueLimit` of them need not be named.
    package func decide(live: [ID<WorkTask>]) -> ScheduleDecision {
        guard !live.isEmpty else { return .make }
        return switch self {
        case .skip: .leaveOut
        case .queue: live.count < Self.queueLimit ? .makeAfter(live) : .leaveOut
        case .cancelPrevious: .cancelAndMake(live)
        }
    }
}

/// What one fire does.
package enum ScheduleDecision: Sendable, Equatable {
    case make
    /// The new task's run starts when all of these are finished: when one of a queue is cancelled, those before it may
    /// still be under way.
    case makeAfter([ID<WorkTask>])
    case cancelAndMake([ID<WorkTask>])
    /// The fire is used up without a task.
    case leaveOut
}

/// What becomes of fires that no orchestrator was there to make in time.
package enum ScheduleCatchUp: Sendable, Hashable {
    /// None of them is made.
    case skip
    /// The newest of them is made.
    case latest
    /// The newest `limit` of them are made, oldest first.
    case all(limit: Int)

    /// The limits that `all` may have.
    package static let limits = 1...100

    /// A fire that is less late than this counts as made in time, under every policy.
    package static let tolerance = Duration.seconds(60)

    /// The word for it.
    package var name: String {
        switch self {
        case .skip: "skip"
        case .latest: "latest"
        case .all: "all"
        }
    }
}
