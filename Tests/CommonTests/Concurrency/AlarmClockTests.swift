// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite struct AlarmClockTests {
    private let clock = AlarmClock()

    @Test func `alarms ring in their order and not before their moment`() async throws {
        let rung = Shared<[(Int, ContinuousClock.Instant)]>([])
        let start = ContinuousClock.now
        let moments = [60, 20, 40, 0, -5].map { start + .milliseconds($0) }
        let alarms = moments.enumerated().map { number, moment in
            clock.set(at: moment) { rung.withLock { $0.append((number, .now)) } }
        }
        try await eventually { rung.withLock { $0.count } == moments.count }
        for (number, time) in rung.withLock({ $0 }) { #expect(time >= moments[number]) }
        #expect(rung.withLock { $0.map(\.0).suffix(3) } == [1, 2, 0])
        #expect(alarms.allSatisfy { $0.hasRung })
        #expect(clock.count == 0)
    }

    @Test func `what was called off does not ring, and nothing of it is kept`() async throws {
        let rung = Shared(0)
        let soon = ContinuousClock.now + .milliseconds(20)
        let dismissed = (0..<1000).map { _ in clock.set(at: soon) { rung.withLock { $0 += 1 } } }
        let distant = (0..<1000).map { _ in clock.set(at: soon + .seconds(3600)) {} }
        for alarm in dismissed + distant { clock.dismiss(alarm) }
        #expect(clock.count == 0)
        let last = clock.set(at: soon + .milliseconds(10)) {}
        try await eventually { last.hasRung }
        #expect(rung.withLock { $0 } == 0)
        #expect(!dismissed.contains { $0.hasRung })
    }

    @Test func `an alarm that is set while a later one is waited for rings in time`() async throws {
        let late = clock.set(at: .now + .seconds(3600)) {}
        let soon = clock.set(at: .now + .milliseconds(1)) {}
        try await eventually { soon.hasRung }
        #expect(!late.hasRung)
        #expect(clock.count == 1)
    }

    @Test func `an alarm may set and dismiss others`() async throws {
        let clock = clock
        let second = Shared<AlarmClock.Alarm?>(nil)
        let other = clock.set(at: .now + .seconds(3600)) {}
        let first = clock.set(at: .now) {
            clock.dismiss(other)
            second.withLock { $0 = clock.set(at: .now + .milliseconds(1)) {} }
        }
        try await eventually { second.withLock { $0?.hasRung } == true }
        #expect(first.hasRung && !other.hasRung)
        #expect(clock.count == 0)
    }
}
