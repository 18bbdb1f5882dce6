// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// Our fires beside those of another implementation.
@Suite struct CronFixtureTests {
    private struct Row {
        let text: String
        let expression: CronExpression
        let zone: ScheduleZone
        let start: Timestamp
        let theirs: [String]

        init(_ text: Substring) throws {
            self.text = String(text)
            let parts = text.split(separator: "|").map(String.init)
            try #require(parts.count == 4)
            expression = try CronExpression(parts[0])
            zone = try #require(ScheduleZone(parts[1]))
            start = try #require(Timestamp(parts[2]))
            theirs = parts[3].split(separator: " ").map(String.init)
        }

        func ours(_ count: Int) -> [String] {
            ScheduleTrigger.cron(expression, zone).next(count, after: start).map {
                $0.description.replacing(":00.000000Z", with: "Z")
            }
        }
    }

    private func rows(_ table: String) throws -> [Row] { try table.split(separator: "\n").map { try Row($0) } }

    @Test func `both agree on any moment, and where the clock changes and the rules are the same`() throws {
        let rows = try rows(CronFixture.agreed)
        #expect(rows.count >= 300)
        for row in rows { #expect(row.ours(3) == row.theirs, "\(row.text)") }
    }

    @Test func `a named time that comes twice is one fire here and two there`() throws {
        for row in try rows(CronFixture.twice) {
            #expect(row.expression.namesTimes)
            let ours = row.ours(3)
            // Theirs is ours with the second coming put in.
            let extra = row.theirs.filter { !ours.contains($0) }
            #expect(extra.count == 1, "\(row.text)")
            #expect(row.theirs.filter { ours.contains($0) } == Array(ours.prefix(2)), "\(row.text)")
        }
    }

    @Test func `starred minutes of an hour that is left out are no fire here and one there`() throws {
        for row in try rows(CronFixture.madeUp) {
            #expect(!row.expression.namesTimes)
            #expect(Array(row.theirs.dropFirst()) == row.ours(2), "\(row.text)")
        }
    }
}
