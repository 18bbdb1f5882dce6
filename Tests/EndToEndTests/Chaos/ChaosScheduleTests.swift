// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct ChaosScheduleTests {
    private static let choices = ChaosFaultKind.allCases.map { kind in
        ChaosSchedule.Choice(kind: kind, targets: ["a", "b", "c"])
    }

    private func schedule(_ seed: UInt64, seconds: Double = 600) -> ChaosSchedule {
        ChaosSchedule(seed: seed, seconds: seconds, choices: Self.choices)
    }

    @Test func `the same seed is the same schedule, and another seed another one`() {
        #expect(schedule(7) == schedule(7))
        #expect(schedule(7).entries != schedule(8).entries)
    }

    @Test func `this seed was this schedule once, and stays it`() {
        let first = schedule(1).entries.prefix(3).map { entry in
            "\(entry.kind.rawValue) \(entry.target) \(Int(entry.begin * 1000))-\(Int(entry.end * 1000))"
        }
        #expect(
            first == ["clock jumped b 4000-16338", "link down b 8152-12894", "slow clients c 11658-23032"])
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `every kind comes, in time and in its place`(seed: UInt64) {
        let schedule = schedule(seed)
        #expect(Set(schedule.entries.map(\.kind)) == Set(ChaosFaultKind.allCases))
        for entry in schedule.entries {
            #expect(entry.begin >= 4 && entry.end <= 600)
            #expect(entry.kind.seconds.contains((entry.end - entry.begin).rounded(toPlaces: 6)))
            #expect((0...1).contains(entry.strength))
        }
        for line in schedule.lines {
            for (one, next) in zip(line, line.dropFirst()) { #expect(next.begin >= one.end + 4) }
        }
        #expect(schedule.lines.joined().count == schedule.entries.count)
    }

    @Test func `ninety seconds are enough for nearly every kind`() {
        for seed in 1...20 {
            let kinds = Set(schedule(UInt64(seed), seconds: 90).entries.map(\.kind))
            #expect(kinds.count >= ChaosFaultKind.allCases.count - 2, "seed \(seed)")
        }
    }

    @Test func `nothing is played where nothing may happen`() {
        #expect(ChaosSchedule(seed: 1, seconds: 600, choices: []).entries.isEmpty)
        #expect(schedule(1, seconds: 3).entries.isEmpty)
    }
}

extension Double {
    /// Rid of what adding and taking away again leaves.
    fileprivate func rounded(toPlaces places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
