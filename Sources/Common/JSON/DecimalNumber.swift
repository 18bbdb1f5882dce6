// SPDX-License-Identifier: Apache-2.0

/// A JSON number taken apart into digits and a power of ten, to compare numbers exactly at any size.
package struct DecimalNumber: Hashable, Sendable {
    package let isNegative: Bool
    /// Significant digits as values 0…9, without leading or trailing zeros; empty for zero.
    package let digits: [UInt8]
    /// The value is 0.d₁d₂d₃… × 10^exponent; zero for zero.
    package let exponent: Int

    /// Exponents go no further, in either direction: no real input does.
    private static let farthest = 1_000_000_000

    /// Takes the source text apart. An exponent beyond ±10⁹ is held there.
    package init(_ number: JSONNumber) {
        var digits: [UInt8] = []
        var pointShift = 0
        var seenPoint = false
        var written = 0
        var negative = false
        var rest = Substring(number.text).utf8
        if rest.first == UInt8(ascii: "-") {
            negative = true
            rest = rest.dropFirst()
        }
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "."): seenPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                let text = String(Substring(rest.first == UInt8(ascii: "+") ? rest.dropFirst() : rest))
                written = Self.held(Int(text) ?? (text.hasPrefix("-") ? Int.min : Int.max))
                rest = rest.dropFirst(rest.count)
            default:
                digits.append(byte - UInt8(ascii: "0"))
                if !seenPoint { pointShift += 1 }
            }
        }
        let leading = digits.prefix { $0 == 0 }.count
        digits.removeFirst(leading)
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        isNegative = negative && !digits.isEmpty
        // Held again, so that what is written of this number is read as this number.
        exponent = digits.isEmpty ? 0 : Self.held(pointShift - leading + written)
    }

    private static func held(_ exponent: Int) -> Int { max(-farthest, min(farthest, exponent)) }

    /// Whether the value has no fractional part.
    package var isInteger: Bool { digits.count <= exponent || digits.isEmpty }

    /// The value when it is an integer of a size that fits.
    package var int: Int? {
        // No word has more than 19 digits.
        guard isInteger, exponent <= 19 else { return nil }
        var value = 0
        for place in 0..<exponent {
            let digit = place < digits.count ? Int(digits[place]) : 0
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
            guard !isTooLarge, !isBeyond else { return nil }
            value = sum
        }
        return value
    }
}

extension DecimalNumber: Comparable {
    package static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
    }

    private func isSmallerInMagnitude(than other: DecimalNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}
