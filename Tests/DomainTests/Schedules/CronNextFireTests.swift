// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// Fires against the real rules of real places. Times are UTC; what the wall clock shows is said beside them.
@Suite struct CronNextFireTests {
    private func fires(_ expression: String, _ zone: String, after start: String, count: Int) throws -> [String] {
        let expression = try CronExpression(expression)
        let zone = try #require(ScheduleZone(zone))
        var time = try #require(Timestamp(start))
        var fires: [String] = []
        while fires.count < count, let next = expression.nextFire(after: time, in: zone) {
            fires.append(next.description.replacing(":00.000000Z", with: "Z"))
            time = next
        }
        return fires
    }

    @Test func `a time that a jump forward leaves out fires once, right after it`() throws {
        // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z.
        for expression in ["30 2 * * *", "0,15,30,45 2 * * *", "0 2,3 * * *"] {
            #expect(
                try fires(expression, "Europe/Berlin", after: "2026-03-28T12:00:00Z", count: 1) == ["2026-03-29T01:00Z"]
            )
        }
        #expect(
            try fires("30 2 * * *", "Europe/Berlin", after: "2026-03-27T12:00:00Z", count: 3)
                == ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"])
        #expect(
            try fires("0 2,3 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", count: 2)
                == ["2026-03-29T01:00Z", "2026-03-30T00:00Z"])
        // New York, 8 March 2026: 02:00 becomes 03:00 at 07:00Z.
        #expect(
            try fires("30 2 * * *", "America/New_York", after: "2026-03-07T12:00:00Z", count: 2)
                == ["2026-03-08T07:00Z", "2026-03-09T06:30Z"])
    }

    @Test func `asked just before the jump or at it, the answer is the same`() throws {
        for (start, next) in [
            ("2026-03-29T00:59:59.999999Z", "2026-03-29T01:00Z"), ("2026-03-29T01:00:00Z", "2026-03-30T00:30Z"),
        ] { #expect(try fires("30 2 * * *", "Europe/Berlin", after: start, count: 1) == [next]) }
    }

    @Test func `a time that comes twice fires the first time`() throws {
        // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00Z.
        #expect(
            try fires("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", count: 2)
                == ["2026-10-25T00:30Z", "2026-10-26T01:30Z"])
        // Asked between the two: the second one is none.
        #expect(
            try fires("30 2 * * *", "Europe/Berlin", after: "2026-10-25T00:45:00Z", count: 1) == ["2026-10-26T01:30Z"])
        // Asked while the clock repeats itself.
        #expect(
            try fires("30,59 2 * * *", "Europe/Berlin", after: "2026-10-25T01:10:00Z", count: 1)
                == ["2026-10-26T01:30Z"])
        // New York, 1 November 2026: 02:00 becomes 01:00 at 06:00Z.
        #expect(
            try fires("0 1 * * *", "America/New_York", after: "2026-10-31T12:00:00Z", count: 2)
                == ["2026-11-01T05:00Z", "2026-11-02T06:00Z"])
    }

    @Test func `wildcards run on through both jumps`() throws {
        #expect(
            try fires("*/30 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", count: 4)
                == ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-29T02:00Z"])
        #expect(
            try fires("*/30 * * * *", "Europe/Berlin", after: "2026-10-25T00:00:00Z", count: 4)
                == ["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:00Z"])
        #expect(
            try fires("0 * * * *", "America/New_York", after: "2026-11-01T04:30:00Z", count: 3)
                == ["2026-11-01T05:00Z", "2026-11-01T06:00Z", "2026-11-01T07:00Z"])
        // With a star, what is left out does not happen, and what comes twice happens twice.
        #expect(
            try fires("*/30 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", count: 2)
                == ["2026-03-30T00:00Z", "2026-03-30T00:30Z"])
        #expect(
            try fires("*/30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", count: 5)
                == [
                    "2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z",
                    "2026-10-26T01:00Z",
                ])
    }

    @Test func `Lord Howe jumps by half an hour`() throws {
        // 4 October 2026: 02:00 (+10:30) becomes 02:30 (+11) at 15:30Z on the 3rd.
        #expect(
            try fires("15 2 * * *", "Australia/Lord_Howe", after: "2026-10-02T20:00:00Z", count: 2)
                == ["2026-10-03T15:30Z", "2026-10-04T15:15Z"])
        #expect(
            try fires("30 2 * * *", "Australia/Lord_Howe", after: "2026-10-02T20:00:00Z", count: 2)
                == ["2026-10-03T15:30Z", "2026-10-04T15:30Z"])
        // 5 April 2026: 02:00 (+11) becomes 01:30 (+10:30) at 15:00Z on the 4th.
        #expect(
            try fires("45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T12:00:00Z", count: 2)
                == ["2026-04-04T14:45Z", "2026-04-05T15:15Z"])
        #expect(
            try fires("45 * * * *", "Australia/Lord_Howe", after: "2026-04-04T14:00:00Z", count: 3)
                == ["2026-04-04T14:45Z", "2026-04-04T15:15Z", "2026-04-04T16:15Z"])
    }

    @Test func `zones with odd offsets keep to their own minutes`() throws {
        #expect(
            try fires("0 9 * * *", "Asia/Kolkata", after: "2026-01-01T00:00:00Z", count: 1) == ["2026-01-01T03:30Z"])
        #expect(
            try fires("@hourly", "Asia/Kathmandu", after: "2026-01-01T00:00:00Z", count: 1) == ["2026-01-01T00:15Z"])
        #expect(try fires("@daily", "UTC", after: "2026-01-01T00:00:00Z", count: 1) == ["2026-01-02T00:00Z"])
    }

    @Test func `the day that Apia left out fires at the beginning of the next`() throws {
        // 30 December 2011 did not happen: 29 December 24:00 (-10) was 31 December 00:00 (+14), at 10:00Z on the 30th.
        #expect(
            try fires("0 12 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", count: 3)
                == ["2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"])
        #expect(
            try fires("0 8 30 12 *", "Pacific/Apia", after: "2011-01-01T00:00:00Z", count: 2)
                == ["2011-12-30T10:00Z", "2012-12-29T18:00Z"])
        #expect(
            try fires("0 */12 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", count: 3)
                == ["2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"])
        // Midnight is both in the gap and right after it: one fire.
        #expect(
            try fires("0 0 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", count: 2)
                == ["2011-12-30T10:00Z", "2011-12-31T10:00Z"])
    }

    @Test func `leap days, month ends and year ends`() throws {
        #expect(
            try fires("0 0 29 2 *", "UTC", after: "2096-03-01T00:00:00Z", count: 2)
                == ["2104-02-29T00:00Z", "2108-02-29T00:00Z"])
        #expect(
            try fires("0 0 29 2 */6", "UTC", after: "2072-03-01T00:00:00Z", count: 1).first?.prefix(4) == "2076")
        #expect(
            try fires("0 0 31 * *", "UTC", after: "2026-01-31T00:00:00Z", count: 3)
                == ["2026-03-31T00:00Z", "2026-05-31T00:00Z", "2026-07-31T00:00Z"])
        #expect(
            try fires("59 23 31 12 *", "America/New_York", after: "2026-12-31T12:00:00Z", count: 2)
                == ["2027-01-01T04:59Z", "2028-01-01T04:59Z"])
        #expect(try fires("@yearly", "UTC", after: "2026-12-31T23:59:59.999999Z", count: 1) == ["2027-01-01T00:00Z"])
        #expect(
            try fires("0 0 L 2 *", "UTC", after: "2027-01-01T00:00:00Z", count: 2)
                == ["2027-02-28T00:00Z", "2028-02-29T00:00Z"])
    }

    @Test func `the fire itself is not after itself, and fractions of a second count`() throws {
        #expect(try fires("0 0 * * *", "UTC", after: "2026-01-01T00:00:00Z", count: 1) == ["2026-01-02T00:00Z"])
        #expect(try fires("0 0 * * *", "UTC", after: "2025-12-31T23:59:59.5Z", count: 1) == ["2026-01-01T00:00Z"])
        #expect(try fires("0 0 * * *", "UTC", after: "2026-01-01T00:00:00.000001Z", count: 1) == ["2026-01-02T00:00Z"])
    }

    @Test func `before 1970 and at the end of time it stays sane`() throws {
        #expect(try fires("0 0 1 1 *", "UTC", after: "1969-06-01T00:00:00Z", count: 1) == ["1970-01-01T00:00Z"])
        #expect(try fires("0 0 * * *", "Europe/Berlin", after: "9999-12-31T23:30:00Z", count: 1).isEmpty)
        let daily = try CronExpression("@daily")
        #expect(daily.nextFire(after: Timestamp(microseconds: .max), in: .utc) == nil)
        _ = daily.nextFire(after: Timestamp(microseconds: .min + 1), in: .utc)
    }
}
