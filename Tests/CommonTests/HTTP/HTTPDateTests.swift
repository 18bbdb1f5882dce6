// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

struct HTTPDateTests {
    private let now = Timestamp(microseconds: 1_795_237_200 * 1_000_000)  // 2026-11-21T05:00:00Z

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `a date is read in each of its three forms`(text: String) {
        #expect(HTTPDate.read(text, now: now) == Timestamp("1994-11-06T08:49:37Z"))
    }

    @Test func `a year of two digits lies at most 50 years ahead`() {
        #expect(HTTPDate.read("Friday, 01-Jan-76 00:00:00 GMT", now: now) == Timestamp("2076-01-01T00:00:00Z"))
        #expect(HTTPDate.read("Saturday, 01-Jan-77 00:00:00 GMT", now: now) == Timestamp("1977-01-01T00:00:00Z"))
    }

    @Test(arguments: [
        "", "now", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 94999 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37.5 GMT", "Sun, 06 Nov 1994 08:49+01 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-+4 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT\u{301}", "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    ])
    func `what is no date is not read`(text: String) {
        #expect(HTTPDate.read(text, now: now) == nil)
    }

    // Foundation's formatter ended the process at this one.
    @Test func `a header that is not ASCII is no time to wait`() {
        #expect(RetryAfter.read("S/\u{5AC} 2,\u{FFFD}t, 2,\u{0}00:0 0QIT", now: now) == nil)
    }

    @Test(arguments: [
        ("7", 7), (" 7\t", 7), ("-7", 0), ("99999999999", 86_400), ("Sat, 21 Nov 2026 05:00:09 GMT", 9),
        ("Sat, 21 Nov 2026 04:00:00 GMT", 0), ("Fri, 21 Nov 2036 05:00:00 GMT", 86_400),
    ])
    func `a time to wait is between none and a day`(header: String, seconds: Int) {
        #expect(RetryAfter.read(header, now: now) == .seconds(seconds))
    }

    @Test(arguments: [nil, "", "soon", "1.5"])
    func `what is neither seconds nor a date asks for nothing`(header: String?) {
        #expect(RetryAfter.read(header, now: now) == nil)
    }
}
