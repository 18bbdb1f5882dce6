// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Does what is to be done at a moment, unless it is called off before; one timer for all of it.
///
/// For deadlines, which are hardly ever reached. A `Task.sleep` keeps its job and a timer of its own until its moment comes, also
/// when it was cancelled long before: thousands of calls a second that may take minutes would pile up hundreds of megabytes.
package final class AlarmClock: Sendable {
    package static let shared = AlarmClock()

    /// Something that is to be done once.
    package final class Alarm: Sendable {
        fileprivate let moment: ContinuousClock.Instant
        private let action: @Sendable () -> Void
        private let rung = Atomic<Bool>(false)

        fileprivate init(_ moment: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void) {
            self.moment = moment
            self.action = action
        }

        /// Whether its moment came before it was called off. True before its action begins.
        package var hasRung: Bool { rung.load(ordering: .acquiring) }

        fileprivate func ring() {
            rung.store(true, ordering: .releasing)
            action()
        }
    }

    private struct State {
        var alarms: [ObjectIdentifier: Alarm] = [:]
        /// When the timer fires, no later than the first alarm; it may have been set for one that was called off since.
        var nextFiring: ContinuousClock.Instant?
        var timer: Scheduled<Void>?
        var lastFiring = ContinuousClock.now

        /// When the alarms may be looked at again: each look goes through all of them, so the more there are the more it costs.
        var earliestFiring: ContinuousClock.Instant { lastFiring + AlarmClock.step * (1 + alarms.count / 1000) }
    }

    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let state = Mutex(State())

    private static let step = Duration.milliseconds(2)

    package init() {}

    deinit { state.withLock { $0.timer?.cancel() } }

    /// How many alarms are set.
    package var count: Int { state.withLock { $0.alarms.count } }

    /// Does `action` at `moment`, or at once if that has passed, on an event loop. `action` must not wait for anything.
    package func set(
        at moment: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void
    ) -> Alarm {
        let alarm = Alarm(moment, action)
        state.withLock { state in
            state.alarms[ObjectIdentifier(alarm)] = alarm
            if state.nextFiring.map({ max(moment, state.earliestFiring) < $0 }) ?? true { fire(at: moment, &state) }
        }
        return alarm
    }

    /// Calls an alarm off. One that rings at the same time may still do what it does.
    package func dismiss(_ alarm: Alarm) {
        state.withLock { $0.alarms[ObjectIdentifier(alarm)] = nil }
    }

    private func fire() {
        let due = state.withLock { state -> [Alarm] in
            let now = ContinuousClock.now
            let due = state.alarms.values.filter { $0.moment <= now }
            for alarm in due { state.alarms[ObjectIdentifier(alarm)] = nil }
            state.nextFiring = nil
            state.lastFiring = now
            if let next = state.alarms.values.lazy.map(\.moment).min() { fire(at: next, &state) }
            return due
        }
        for alarm in due.sorted(by: { $0.moment < $1.moment }) { alarm.ring() }
    }

    private func fire(at moment: ContinuousClock.Instant, _ state: inout State) {
        let firing = max(moment, state.earliestFiring)
        state.nextFiring = firing
        state.timer?.cancel()
        state.timer = loop.scheduleTask(in: TimeAmount(max(.zero, firing - .now))) { [weak self] in self?.fire() }
    }
}
