// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONNumberTests {
    private func number(_ text: String) -> JSONNumber { JSONNumber(trusted: text) }

    @Test(arguments: [
        ("1", "1.0"), ("100", "1e2"), ("0.001", "1E-3"), ("0", "-0.0"), ("12.50", "1.25e+1"),
        ("123456789012345678901234567890", "1.2345678901234567890123456789e29"), ("1e400", "10e399"),
    ])
    func `numbers of the same value are equal and hash alike`(left: String, right: String) {
        #expect(number(left) == number(right))
        #expect(number(left).hashValue == number(right).hashValue)
    }

    @Test func `numbers that differ far behind the point differ`() {
        #expect(number("0.1") != number("0.10000000000000000001"))
        #expect(number("9007199254740993") != number("9007199254740992"))
        #expect(number("1") != number("-1"))
    }

    @Test(arguments: [
        ("7", 7), ("-7", -7), ("2.0", 2), ("2e3", 2000), ("9223372036854775807", Int.max), ("1.5", nil),
        ("9223372036854775808", nil), ("1e400", nil), ("9007199254740993.0", 9_007_199_254_740_993),
        ("1.00000000000000000001", nil), ("-9223372036854775808.0", Int.min), ("92233720368547758080e-1", nil),
        ("1e18", 1_000_000_000_000_000_000), ("-0.0", 0),
    ])
    func `an integer is one that fits, however it is spelt`(text: String, expected: Int?) {
        #expect(number(text).int == expected)
    }

    @Test func `a double beyond the range is nil`() {
        #expect(number("1e400").double == nil)
        #expect(number("-1.5e2").double == -150)
        #expect(JSONNumber(Double.infinity).text == "0")
    }

    @Test func `decimals are in order`() {
        let ascending = [
            "-1e400", "-10", "-9.99", "-0.1", "0", "1e-400", "0.09", "0.1", "0.11", "1", "9", "10", "1e400",
        ]
        for (position, left) in ascending.enumerated() {
            for (other, right) in ascending.enumerated() {
                let isLess = DecimalNumber(number(left)) < DecimalNumber(number(right))
                #expect(isLess == (position < other), "\(left) < \(right)")
            }
        }
        #expect(DecimalNumber(number("1.5e1")).isInteger)
        #expect(!DecimalNumber(number("1.55e1")).isInteger)
        #expect(DecimalNumber(number("1e999999999999999999999")).isInteger)
    }
}
