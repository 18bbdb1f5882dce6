// SPDX-License-Identifier: Apache-2.0

/// `uri` and `uri-reference` by RFC 3986, `iri` and `iri-reference` by RFC 3987.
enum URIFormats {
    static func isReference(_ text: String, absolute: Bool, allowsUnicode: Bool) -> Bool {
        let reference = URIReference(text)
        guard reference.scheme != nil || !absolute else { return false }
        if let authority = reference.authority {
            guard isAuthority(authority, allowsUnicode) else { return false }
        } else if reference.scheme == nil {
            // `1:b` would read as a scheme, were it a valid one.
            let firstSegment = reference.path.utf8.prefix { $0 != UInt8(ascii: "/") }
            guard !firstSegment.contains(UInt8(ascii: ":")) else { return false }
        }
        let query = Allowed(extra: ":@/?", unicode: allowsUnicode, privateUse: allowsUnicode)
        let fragment = Allowed(extra: ":@/?", unicode: allowsUnicode)
        return Allowed(extra: ":@/", unicode: allowsUnicode).covers(reference.path)
            && reference.query.map(query.covers) ?? true && reference.fragment.map(fragment.covers) ?? true
    }

    private static func isAuthority(_ text: String, _ allowsUnicode: Bool) -> Bool {
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            guard Allowed(extra: ":", unicode: allowsUnicode).covers(String(rest[..<at])) else { return false }
            rest = rest[rest.index(after: at)...]
        }
        let host: Substring
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]"), isLiteral(rest[rest.index(after: rest.startIndex)..<end]) else {
                return false
            }
            rest = rest[rest.index(after: end)...]
            host = ""
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
        }
        guard rest.isEmpty || rest.hasPrefix(":"), rest.dropFirst().utf8.allSatisfy(ASCII.isDigit) else { return false }
        return Allowed(extra: "", unicode: allowsUnicode).covers(String(host))
    }

    /// What may stand in brackets: an IPv6 address, or `v`, a hexadecimal version, a dot and an address to come.
    private static func isLiteral(_ text: Substring) -> Bool {
        guard text.utf8.first.map({ $0 | 0x20 }) == UInt8(ascii: "v") else {
            return NetworkFormats.isIPv6(Array(text.utf8)[...])
        }
        let parts = text.utf8.dropFirst().split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(ASCII.isHex), !parts[1].isEmpty,
            !parts[1].contains(UInt8(ascii: "%"))
        else { return false }
        return Allowed(extra: ":").covers(String(Substring(parts[1])))
    }

    /// The characters one part of a URI may have as they are; all others must be percent-encoded.
    private struct Allowed {
        let extra: String
        var unicode = false
        var privateUse = false

        func covers(_ text: String) -> Bool {
            var escapeDigits = 0
            for scalar in text.unicodeScalars {
                if escapeDigits > 0 {
                    guard scalar.isASCII, ASCII.isHex(UInt8(scalar.value)) else { return false }
                    escapeDigits -= 1
                } else if scalar == "%" {
                    escapeDigits = 2
                } else if !contains(scalar) {
                    return false
                }
            }
            return escapeDigits == 0
        }

        private func contains(_ scalar: Unicode.Scalar) -> Bool {
            if scalar.isASCII {
                let byte = UInt8(scalar.value)
                return ASCII.isLetter(byte) || ASCII.isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte)
                    || extra.utf8.contains(byte)
            }
            let isPrivate = scalar.properties.generalCategory == .privateUse
            if isPrivate { return privateUse }
            // Controls and the two last scalars of each plane are not characters.
            return unicode && scalar.value >= 0xA0 && scalar.value & 0xFFFE != 0xFFFE
                && !(0xFDD0...0xFDEF).contains(scalar.value) && !(0xFFF0...0xFFFD).contains(scalar.value)
        }
    }
}
