// SPDX-License-Identifier: Apache-2.0

/// A set of Unicode scalars: ranges and properties, any part of it or all of it turned around.
struct ScalarSet: Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    private(set) var properties: [(property: ScalarProperty, negated: Bool)] = []
    /// Sets that were turned around before they were put in, such as the `\D` in `[a\D]`.
    private var parts: [ScalarSet] = []
    var isNegated = false

    init() {}

    init(_ ranges: ClosedRange<UInt32>...) { self.ranges = ranges }

    init(_ property: ScalarProperty, negated: Bool) { properties = [(property, negated)] }

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    mutating func insert(_ other: ScalarSet) {
        if other.isNegated {
            parts.append(other)
        } else {
            ranges += other.ranges
            properties += other.properties
            parts += other.parts
        }
    }

    /// The same set with ranges in order and none touching another.
    var sorted: ScalarSet {
        var copy = self
        copy.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = copy.ranges.last, range.lowerBound <= last.upperBound else {
                copy.ranges.append(range)
                continue
            }
            copy.ranges[copy.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        copy.parts = parts.map(\.sorted)
        return copy
    }

    /// About how many steps one question takes.
    var cost: Int { 1 + ranges.count.bitWidth - ranges.count.leadingZeroBitCount + properties.count * 4 + partsCost }

    private var partsCost: Int { parts.reduce(0) { $0 + $1.cost } }

    var negated: ScalarSet {
        var copy = self
        copy.isNegated.toggle()
        return copy
    }

    /// Whether the scalar is in the set, whose ranges must be sorted.
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isIn =
            hasRange(of: scalar.value)
            || properties.contains { $0.property.holds(for: scalar) != $0.negated }
            || parts.contains { $0.contains(scalar) }
        return isIn != isNegated
    }

    private func hasRange(of value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }

    static let digits = ScalarSet(0x30...0x39)
    static let wordCharacters = ScalarSet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
    /// What ECMA-262 calls white space and line terminators.
    static let spaces = ScalarSet(
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF)
    /// What `.` does not match.
    static let lineTerminators = ScalarSet(0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029)
}

/// A set that answers for ASCII from two words and searches only for the rest.
struct CompiledScalarSet: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let rest: ScalarSet
    /// Steps to count for one question beyond ASCII.
    let cost: Int

    init(_ set: ScalarSet) {
        rest = set.sorted
        cost = rest.cost
        var halves: [UInt64] = [0, 0]
        for value in UInt8(0)..<128 where rest.contains(Unicode.Scalar(value)) {
            halves[Int(value >> 6)] |= 1 << UInt64(value & 63)
        }
        (low, high) = (halves[0], halves[1])
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<64: low >> UInt64(scalar.value) & 1 == 1
        case 64..<128: high >> UInt64(scalar.value - 64) & 1 == 1
        default: rest.contains(scalar)
        }
    }
}
