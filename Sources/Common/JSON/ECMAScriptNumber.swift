// SPDX-License-Identifier: Apache-2.0

/// Numbers as ECMAScript prints them, which is what RFC 8785 asks of canonical JSON.
enum ECMAScriptNumber {
    /// The shortest digits that read back as `value` (finite), laid out by ECMA-262 `Number::toString`.
    static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        let parts = DecimalNumber(JSONNumber(trusted: plainExponent(value)))
        let digits = text(parts.digits)
        let point = parts.exponent
        let sign = parts.isNegative ? "-" : ""
        switch point {
        case digits.utf8.count...21:
            return sign + digits + String(repeating: "0", count: point - digits.utf8.count)
        case 1..<max(2, digits.utf8.count) where point < digits.utf8.count && point <= 21:
            return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + digits
        default: return withExponent(parts)
        }
    }

    /// All digits, the first of them before the point; not of zero.
    static func withExponent(_ parts: DecimalNumber) -> String {
        let fraction = parts.digits.count > 1 ? "." + text(Array(parts.digits.dropFirst())) : ""
        let power = parts.exponent - 1
        return (parts.isNegative ? "-" : "") + text(Array(parts.digits.prefix(1))) + fraction + "e"
            + (power < 0 ? "-" : "+") + String(abs(power))
    }

    private static func text(_ digits: [UInt8]) -> String {
        String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }

    /// Swift's own description is shortest round-trip too; only its layout differs (`5e-324`, `1e+16`).
    private static func plainExponent(_ value: Double) -> String { value.description }
}
