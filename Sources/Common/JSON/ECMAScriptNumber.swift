// SPDX-License-Identifier: Apache-2.0

/// Numbers as ECMAScript prints them, which is what RFC 8785 asks of canonical JSON.
enum ECMAScriptNumber {
    /// The shortest digits that read back as `value` (finite), laid out by ECMA-262 `Number::toString`.
    static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        let parts = DecimalNumber(JSONNumber(trusted: plainExponent(value)))
        let digits = parts.digits.map { Character(Unicode.Scalar($0 + UInt8(ascii: "0"))) }
        let point = parts.exponent
        let sign = parts.isNegative ? "-" : ""
        switch point {
        case digits.count...21:
            return sign + String(digits) + String(repeating: "0", count: point - digits.count)
        case 1..<max(2, digits.count) where point < digits.count && point <= 21:
            return sign + String(digits[..<point]) + "." + String(digits[point...])
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + String(digits)
        default:
            let power = point - 1
            let fraction = digits.count > 1 ? "." + String(digits[1...]) : ""
            return sign + String(digits[0]) + fraction + "e" + (power < 0 ? "-" : "+") + String(abs(power))
        }
    }

    /// Swift's own description is shortest round-trip too; only its layout differs (`5e-324`, `1e+16`).
    private static func plainExponent(_ value: Double) -> String { value.description }
}
