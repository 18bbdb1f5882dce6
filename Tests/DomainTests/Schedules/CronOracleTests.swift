// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Testing

/// The search against a plain walk: minute for minute through days on which the clock changes, doing what the rules say.
@Suite struct CronOracleTests {
    /// Days around each change: the two of the year, half an hour, a day left out, one at midnight, one under Ramadan.
    private static let weeks = [
        ("Europe/Berlin", "2026-03-27T00:00:00Z"), ("Europe/Berlin", "2026-10-23T00:00:00Z"),
        ("America/New_York", "2026-03-06T00:00:00Z"), ("America/New_York", "2026-10-30T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00:00Z"), ("America/Sao_Paulo", "2018-11-02T00:00:00Z"),
        ("Africa/Casablanca", "2026-02-13T00:00:00Z"), ("Asia/Kolkata", "2026-02-13T00:00:00Z"),
        ("Pacific/Kwajalein", "1993-08-19T00:00:00Z"), ("America/Caracas", "2016-04-29T00:00:00Z"),
    ]

    /// An expression of which the walk knows the meaning without reading it.
    private struct Sample {
        var minutes: Set<Int>
        var hours: Set<Int>
        var text: String
        var namesTimes: Bool

        init(using random: inout SeededGenerator) {
            let hasMinuteStar = Int.random(in: 0..<4, using: &random) == 0
            let hasHourStar = Int.random(in: 0..<3, using: &random) == 0
            let step = [1, 7, 15, 20, 30].randomElement(using: &random) ?? 1
            let some = Set(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...59, using: &random) })
            // The small hours are where clocks change.
            let early = Set(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0...4, using: &random) })
            minutes = hasMinuteStar ? Set(stride(from: 0, through: 59, by: step)) : some
            hours = hasHourStar ? Set(0...23) : early
            let minuteText = hasMinuteStar ? "*/\(step)" : some.map(String.init).joined(separator: ",")
            text = "\(minuteText) \(hasHourStar ? "*" : early.map(String.init).joined(separator: ",")) * * *"
            namesTimes = !hasMinuteStar && !hasHourStar
        }

        func fits(_ reading: Int) -> Bool {
            let minute = (reading % 86_400 + 86_400) % 86_400 / 60
            return reading.isMultiple(of: 60) && hours.contains(minute / 60) && minutes.contains(minute % 60)
        }
    }

    private func walk(_ sample: Sample, in zone: TimeZone, from start: Int, through end: Int) -> [Int] {
        var fires: [Int] = []
        var shown = Int.min
        func reading(_ time: Int) -> Int { time + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time))) }
        // Begins two days early, so that it has seen what the clock repeats.
        for time in stride(from: start - 2 * 86_400, through: end, by: 60) {
            let now = reading(time)
            let before = reading(time - 60) + 60
            var isFire = sample.fits(now)
            if sample.namesTimes {
                isFire = isFire && now > shown
                if now > before {
                    isFire = isFire || stride(from: before, to: now, by: 60).contains(where: sample.fits)
                }
                shown = max(shown, now)
            }
            if isFire, time > start { fires.append(time) }
        }
        return fires
    }

    @Test(arguments: weeks) func `every fire of five days is found, and no other`(name: String, start: String) throws {
        let zone = try #require(ScheduleZone(name))
        let rules = try #require(TimeZone(identifier: name))
        let start = try #require(Timestamp(start)).microseconds / 1_000_000
        var random = SeededGenerator(seed: 7)
        for _ in 0..<40 {
            let sample = Sample(using: &random)
            let expression = try CronExpression(sample.text)
            #expect(expression.namesTimes == sample.namesTimes)
            let end = Int(start) + 5 * 86_400
            let expected = walk(sample, in: rules, from: Int(start), through: end)
            var found: [Int] = []
            var time = Timestamp(microseconds: start * 1_000_000)
            while let next = expression.nextFire(after: time, in: zone), next.microseconds / 1_000_000 <= Int64(end) {
                found.append(Int(next.microseconds / 1_000_000))
                time = next
            }
            #expect(found == expected, "\(sample.text) in \(name)")
            // From wherever one starts, the next fire is the next of the same list.
            for _ in 0..<20 {
                let from = Int.random(in: Int(start)..<end, using: &random)
                let next = expression.nextFire(after: Timestamp(microseconds: Int64(from) * 1_000_000), in: zone)
                guard let listed = expected.first(where: { $0 > from }) else { continue }
                #expect(next?.microseconds == Int64(listed) * 1_000_000, "\(sample.text) in \(name) after \(from)")
            }
        }
    }
}
