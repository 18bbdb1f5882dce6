// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto

/// One time at which a schedule makes a task.
package struct ScheduleFire: Sendable, Hashable {
    /// What the trigger says; names the fire.
    package let at: Timestamp
    /// When the task is to run: `at` and the jitter.
    package let runAt: Timestamp

    package init(at: Timestamp, runAt: Timestamp) {
        self.at = at
        self.runAt = runAt
    }
}

/// What is to be done about a schedule at some moment.
package struct DueFires: Sendable, Equatable {
    /// To be made now, oldest first.
    package let fires: [ScheduleFire]
    /// The oldest fire that is left out by the catch-up policy, if any is.
    package let missedSince: Timestamp?
    /// The first fire that is still to come.
    package let next: Timestamp?
}

extension Schedule {
    /// The fires that are due; nil when there is nothing to do. Never more than those of a minute and the catch-up
    /// policy's limit, and found in a time that does not grow with the length of a downtime.
    ///
    /// Depends on the schedule and `now` only, so every orchestrator that looks at the same row decides the same.
    package func due(at now: Timestamp) -> DueFires? {
        guard isActive, let first = nextFireAt, first <= now else { return nil }
        var times = made(in: first...now)
        // An earlier one would be cancelled in the same breath.
        if definition.overlap == .cancelPrevious { times = times.suffix(1) }
        return DueFires(
            fires: times.map(fire), missedSince: times.first == first ? nil : first,
            next: definition.trigger.next(after: now))
    }

    private func made(in period: ClosedRange<Timestamp>) -> [Timestamp] {
        let now = period.upperBound
        // A one-shot time may have been past when it was set; from then on it counts as late.
        if case .once(let moment) = definition.trigger {
            return definition.catchUp == .skip && isLate(max(moment, updatedAt), at: now) ? [] : [moment]
        }
        // Whoever wakes a second late makes what is due every second, too.
        let edge = Timestamp(microseconds: (now + (.zero - ScheduleCatchUp.tolerance)).microseconds + 1)
        let inTime = definition.trigger.newest(Self.perMinute, in: max(period.lowerBound, edge)...now)
        guard period.lowerBound < edge else { return inTime }
        let late = period.lowerBound...Timestamp(microseconds: edge.microseconds - 1)
        return switch definition.catchUp {
        case .skip: inTime
        case .latest: inTime.isEmpty ? definition.trigger.newest(1, in: late) : inTime
        case .all(let limit):
            inTime.count < limit ? definition.trigger.newest(limit - inTime.count, in: late) + inTime : inTime
        }
    }

    /// No expression fires more often than this within the tolerance.
    private static let perMinute = 60

    private func isLate(_ time: Timestamp, at now: Timestamp) -> Bool { now - time >= ScheduleCatchUp.tolerance }

    /// Up to `count` fires after `now`, as they would be if nothing changed: the next one also when it is overdue. Of a
    /// paused schedule those that it would have if it were resumed now.
    package func preview(_ count: Int, after now: Timestamp) -> [ScheduleFire] {
        guard deletedAt == nil, count > 0, let first = nextFireAt else { return [] }
        if pausedAt != nil, first <= now { return definition.trigger.next(count, after: now).map(fire) }
        return ([first] + definition.trigger.next(count - 1, after: max(first, now))).map(fire)
    }

    /// The fire that the trigger puts at `time`.
    package func fire(at time: Timestamp) -> ScheduleFire {
        ScheduleFire(at: time, runAt: time + jitter(at: time))
    }

    /// From nothing to `jitterSeconds`, in milliseconds; follows from the schedule's id and the fire's time, so that it
    /// is the same wherever and however often it is asked for.
    private func jitter(at time: Timestamp) -> Duration {
        guard definition.jitterSeconds > 0 else { return .zero }
        let digest = SHA256.hash(data: Array("jitter:\(id):\(time.microseconds)".utf8))
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return .milliseconds(Int64(number % (UInt64(definition.jitterSeconds) * 1000 + 1)))
    }

    /// What the task of a fire asks for.
    package func request(for fire: ScheduleFire) -> TaskRequest {
        var request = definition.task
        request.runAt = fire.runAt
        return request
    }
}
