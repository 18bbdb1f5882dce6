// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1), ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-11-21T05:00:00Z", 1_795_237_200_000_000), ("2026-11-21t06:30:00.5+01:30", 1_795_237_200_500_000),
        ("2000-02-29T00:00:00-00:00", 951_782_400_000_000), ("2026-11-21T05:00:00.1234569z", 1_795_237_200_123_456),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ])
    func `RFC 3339 text is read to the microsecond`(text: String, expected: Int64) {
        #expect(Timestamp(text)?.microseconds == expected)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T05:00:00", "2026-11-21 05:00:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T05:60:00Z",
        "2026-11-21T05:00:61Z", "2026-11-21T05:00:00.Z", "2026-11-21T05:00:00+1:00", "2026-11-21T05:00:00+24:00",
        "2026-11-21T05:00:00Zx", "26-11-21T05:00:00Z", "২026-11-21T05:00:00Z",
    ])
    func `other text is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (1_795_237_200_123_456, "2026-11-21T05:00:00.123456Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
    ])
    func `it is written with six digits in UTC`(microseconds: Int64, expected: String) {
        #expect(Timestamp(microseconds: microseconds).description == expected)
    }

    @Test func `what is written is read back`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let time = Timestamp(
                microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &generator))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func `durations are added and subtracted`() {
        let time = Timestamp(microseconds: 1_000_000)
        #expect((time + .milliseconds(1500)).microseconds == 2_500_000)
        #expect((time + .seconds(-2)).microseconds == -1_000_000)
        #expect(time - Timestamp(microseconds: 250_000) == .milliseconds(750))
        #expect(Timestamp(microseconds: 1) < Timestamp(microseconds: 2))
    }

    @Test(arguments: ["9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00+00:01"])
    func `an offset does not lead out of the years that can be written`(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
