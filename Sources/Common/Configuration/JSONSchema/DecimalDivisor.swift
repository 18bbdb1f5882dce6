// SPDX-License-Identifier: Apache-2.0

/// The number of a `multipleOf`, ready to divide others exactly, at any size of theirs.
struct DecimalDivisor: Sendable {
    /// More digits than this are refused, so that remainders fit a machine word.
    static let maximumDigits = 18

    let text: String
    /// The digits as one integer; the value is this × 10^scale.
    private let digits: UInt64
    private let scale: Int

    /// Nil unless the number is above zero and of no more than `maximumDigits` significant digits.
    init?(_ number: JSONNumber) {
        let decimal = DecimalNumber(number)
        guard !decimal.isNegative, !decimal.digits.isEmpty, decimal.digits.count <= Self.maximumDigits else {
            return nil
        }
        text = number.text
        digits = decimal.digits.reduce(0) { $0 * 10 + UInt64($1) }
        scale = decimal.exponent - decimal.digits.count
    }

    /// Whether `number` is this divisor taken a whole number of times.
    func divides(_ number: DecimalNumber) -> Bool {
        if number.digits.isEmpty { return true }
        let shift = number.exponent - number.digits.count - scale
        // Neither side's digits end in zero, so a number of a finer scale than the divisor's cannot be a multiple.
        guard shift >= 0 else { return false }
        var remainder: UInt64 = 0
        for digit in number.digits { remainder = (remainder * 10 + UInt64(digit)) % digits }
        return multiply(remainder, powerOfTen(shift)) == 0
    }

    private func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return digits.dividingFullWidth((product.high % digits, product.low)).remainder
    }

    /// 10^exponent modulo the divisor's digits, by squaring.
    private func powerOfTen(_ exponent: Int) -> UInt64 {
        var result = 1 % digits
        var square = 10 % digits
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square) }
            square = multiply(square, square)
            rest >>= 1
        }
        return result
    }
}
