// SPDX-License-Identifier: Apache-2.0

/// Reading of the encoding that puts Unicode into host names, RFC 3492.
enum Punycode {
    private static let base = 36
    private static let leastThreshold = 1
    private static let mostThreshold = 26

    /// The label behind `xn--`, given without that prefix; nil when it is not such text or holds only ASCII.
    static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        var output: [UInt32] = []
        var rest = text
        if let hyphen = text.lastIndex(of: UInt8(ascii: "-")) {
            guard text[..<hyphen].allSatisfy({ $0 < 0x80 }) else { return nil }
            output = text[..<hyphen].map(UInt32.init)
            rest = text[(hyphen + 1)...]
        }
        guard !rest.isEmpty else { return nil }
        var codePoint = 128
        var position = 0
        var bias = 72
        var isFirst = true
        while !rest.isEmpty {
            guard let delta = integer(&rest, bias: bias) else { return nil }
            let total = position + delta
            let count = output.count + 1
            bias = adapt(delta: delta, count: count, isFirst: isFirst)
            isFirst = false
            codePoint += total / count
            position = total % count
            guard codePoint <= 0x10FFFF else { return nil }
            output.insert(UInt32(codePoint), at: position)
            position += 1
        }
        let scalars = output.compactMap(Unicode.Scalar.init)
        return scalars.count == output.count ? scalars : nil
    }

    /// One number of variable length.
    private static func integer(_ text: inout ArraySlice<UInt8>, bias: Int) -> Int? {
        var value = 0
        var weight = 1
        var step = base
        while let byte = text.popFirst() {
            guard let digit = digit(byte) else { return nil }
            value += digit * weight
            guard value <= 0x7FFF_FFFF else { return nil }
            let threshold = min(max(step - bias, leastThreshold), mostThreshold)
            if digit < threshold { return value }
            weight *= base - threshold
            guard weight <= 0x7FFF_FFFF else { return nil }
            step += base
        }
        return nil
    }

    private static func digit(_ byte: UInt8) -> Int? {
        if ASCII.isLetter(byte) { return Int((byte | 0x20) - UInt8(ascii: "a")) }
        return ASCII.isDigit(byte) ? Int(byte - UInt8(ascii: "0")) + 26 : nil
    }

    private static func adapt(delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var step = 0
        while delta > (base - leastThreshold) * mostThreshold / 2 {
            delta /= base - leastThreshold
            step += base
        }
        return step + (base - leastThreshold + 1) * delta / (delta + 38)
    }
}
