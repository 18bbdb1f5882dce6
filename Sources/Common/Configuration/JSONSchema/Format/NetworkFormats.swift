// SPDX-License-Identifier: Apache-2.0

/// `ipv4`, `ipv6` and `hostname`.
enum NetworkFormats {
    /// Four decimal numbers without leading zeros.
    static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit),
                    part.count == 1 || part.first != UInt8(ascii: "0")
                else { return false }
                return part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } < 256
            }
    }

    /// Eight groups, of which `::` may stand for one or more, and an IPv4 address for the last two.
    static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count <= 45 else { return false }
        let colon = UInt8(ascii: ":")
        guard let gap = text.indices.dropLast().first(where: { text[$0] == colon && text[$0 + 1] == colon }) else {
            return groups(text, mayEndInIPv4: true) == 8
        }
        let before = text[..<gap]
        let after = text[(gap + 2)...]
        guard let first = before.isEmpty ? 0 : groups(before, mayEndInIPv4: false),
            let last = after.isEmpty ? 0 : groups(after, mayEndInIPv4: true)
        else { return false }
        return first + last < 8
    }

    /// How many 16-bit groups the text holds; nil when some part is none.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> Int? {
        var count = 0
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            if (1...4).contains(part.count), part.allSatisfy(ASCII.isHex) {
                count += 1
            } else if mayEndInIPv4, position == parts.count - 1, isIPv4(part) {
                count += 2
            } else {
                return nil
            }
        }
        return count
    }

    /// RFC 1123: labels of letters, digits and inner hyphens, 63 characters each, 253 in all. A label that begins with
    /// `xn--` must stand for an internationalised one.
    static func isHostname(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...253).contains(text.count) else { return false }
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            let hyphen = UInt8(ascii: "-")
            return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == hyphen }
                && (!isEncoded(label) || Punycode.decode(label.dropFirst(4)).map(InternationalLabel.isValid) ?? false)
        }
    }

    private static func isEncoded(_ label: ArraySlice<UInt8>) -> Bool {
        label.count > 3 && label.prefix(4).map { $0 | 0x20 }.elementsEqual("xn--".utf8.map { $0 | 0x20 })
    }
}
