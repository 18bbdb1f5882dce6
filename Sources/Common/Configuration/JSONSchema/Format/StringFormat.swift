// SPDX-License-Identifier: Apache-2.0

/// The formats of JSON Schema that can be asserted here. Those left out (`idn-hostname`, `uri-template`) need tables or
/// a use we do not have; like unknown names, they stay notes.
enum StringFormat: String, Sendable, CaseIterable {
    case date, time, duration, email, hostname, ipv4, ipv6, iri, regex, uri, uuid
    case dateTime = "date-time"
    case idnEmail = "idn-email"
    case iriReference = "iri-reference"
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case uriReference = "uri-reference"

    func accepts(_ text: String) -> Bool {
        let bytes = Array(text.utf8)[...]
        return switch self {
        case .date: TimeFormats.isDate(bytes)
        case .time: TimeFormats.isTime(bytes)
        case .dateTime: TimeFormats.isDateTime(bytes)
        case .duration: TimeFormats.isDuration(bytes)
        case .email: MailFormats.isAddress(bytes, allowsUnicode: false)
        case .idnEmail: MailFormats.isAddress(bytes, allowsUnicode: true)
        case .hostname: NetworkFormats.isHostname(bytes)
        case .ipv4: NetworkFormats.isIPv4(bytes)
        case .ipv6: NetworkFormats.isIPv6(bytes)
        case .uri: URIFormats.isReference(text, absolute: true, allowsUnicode: false)
        case .uriReference: URIFormats.isReference(text, absolute: false, allowsUnicode: false)
        case .iri: URIFormats.isReference(text, absolute: true, allowsUnicode: true)
        case .iriReference: URIFormats.isReference(text, absolute: false, allowsUnicode: true)
        case .uuid: Self.isUUID(bytes)
        case .regex: Self.isPattern(text)
        case .jsonPointer: JSONPointer.tokens(text) != nil
        case .relativeJSONPointer: Self.isRelativePointer(bytes)
        }
    }

    /// The rule in words.
    var phrase: String {
        switch self {
        case .date: "must be a date such as 2026-01-31"
        case .time: "must be a time with an offset, such as 17:30:00Z"
        case .dateTime: "must be a time by RFC 3339, such as 2026-01-31T17:30:00Z"
        case .duration: "must be a duration by RFC 3339, such as PT36H"
        case .email, .idnEmail: "must be an e-mail address"
        case .hostname: "must be a host name"
        case .ipv4: "must be an IPv4 address"
        case .ipv6: "must be an IPv6 address"
        case .uri: "must be an absolute URI"
        case .uriReference: "must be a URI or a relative reference"
        case .iri: "must be an absolute IRI"
        case .iriReference: "must be an IRI or a relative reference"
        case .uuid: "must be a UUID"
        case .regex: "must be a regular expression"
        case .jsonPointer: "must be a JSON Pointer"
        case .relativeJSONPointer: "must be a relative JSON Pointer"
        }
    }

    private static func isUUID(_ text: ArraySlice<UInt8>) -> Bool {
        let hyphens = [8, 13, 18, 23]
        return text.count == 36
            && text.enumerated().allSatisfy { position, byte in
                hyphens.contains(position) ? byte == UInt8(ascii: "-") : ASCII.isHex(byte)
            }
    }

    /// A pattern by ECMA-262, also when it is one that we refuse to match.
    private static func isPattern(_ text: String) -> Bool {
        do {
            _ = try Pattern(text)
            return true
        } catch {
            return error.isUnsupported
        }
    }

    private static func isRelativePointer(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.prefix(while: ASCII.isDigit)
        guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else { return false }
        let rest = text.dropFirst(digits.count)
        return rest.elementsEqual("#".utf8) || JSONPointer.tokens(String(decoding: rest, as: UTF8.self)) != nil
    }
}
