// SPDX-License-Identifier: Apache-2.0

/// `email` by RFC 5321 and `idn-email` by RFC 6531.
enum MailFormats {
    static func isAddress(_ text: ArraySlice<UInt8>, allowsUnicode: Bool) -> Bool {
        // A quoted local part may hold an @ of its own, so the last one parts it from the domain.
        guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return isLocalPart(text[..<at], allowsUnicode) && isDomain(text[(at + 1)...], allowsUnicode)
    }

    private static func isLocalPart(_ text: ArraySlice<UInt8>, _ allowsUnicode: Bool) -> Bool {
        let quote = UInt8(ascii: "\"")
        if text.count >= 2, text.first == quote, text.last == quote {
            return isQuoted(text.dropFirst().dropLast(), allowsUnicode)
        }
        let atoms = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return atoms.allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { byte in
                    ASCII.isLetter(byte) || ASCII.isDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
                        || allowsUnicode && byte >= 0x80
                }
        }
    }

    private static func isQuoted(_ text: ArraySlice<UInt8>, _ allowsUnicode: Bool) -> Bool {
        var isEscaped = false
        for byte in text {
            guard (0x20..<0x7F).contains(byte) || allowsUnicode && byte >= 0x80 else { return false }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return false
            }
        }
        return !isEscaped
    }

    private static func isDomain(_ text: ArraySlice<UInt8>, _ allowsUnicode: Bool) -> Bool {
        guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else {
            let plain = allowsUnicode ? text.map { $0 >= 0x80 ? UInt8(ascii: "x") : $0 }[...] : text
            return NetworkFormats.isHostname(plain)
        }
        let literal = text.dropFirst().dropLast()
        let tag = Array("IPv6:".utf8)
        if literal.starts(with: tag) { return NetworkFormats.isIPv6(literal.dropFirst(tag.count)) }
        return NetworkFormats.isIPv4(literal)
    }
}
