// SPDX-License-Identifier: Apache-2.0

import Common

/// A path with named parts, such as `/task/{id}/events`.
package struct PathTemplate: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    package enum Segment: Sendable, Hashable {
        case literal(String)
        /// One segment of any text, known by this name.
        case parameter(String)
    }

    package let segments: [Segment]

    package init(segments: [Segment]) { self.segments = segments }

    package init(_ text: String) {
        segments = text.split(separator: "/").map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    package init(stringLiteral value: String) { self.init(value) }

    package var parameters: [String] {
        segments.compactMap { segment in
            guard case .parameter(let name) = segment else { return nil }
            return name
        }
    }

    /// As it is declared, logged and counted: with the names, never with values.
    package var description: String {
        guard !segments.isEmpty else { return "/" }
        return segments.reduce(into: "") { text, segment in
            switch segment {
            case .literal(let literal): text += "/" + literal
            case .parameter(let name): text += "/{" + name + "}"
            }
        }
    }
}

extension PathTemplate {
    /// A path with these values in the place of the names, encoded; nil when one is missing.
    package func path(with values: [(name: String, value: String)]) -> String? {
        var path = ""
        for segment in segments {
            switch segment {
            case .literal(let literal): path += "/" + literal
            case .parameter(let name):
                guard let value = values.first(where: { $0.name == name })?.value else { return nil }
                path += "/" + HTTPCall.encodeComponent(value)
            }
        }
        return path.isEmpty ? "/" : path
    }
}

/// Text of a URL taken apart.
package enum URLText {
    /// The items of a query string in their order; nil when a percent sequence is broken or the bytes are not UTF-8.
    package static func query(_ text: some StringProtocol) -> [(name: String, value: String)]? {
        var items: [(name: String, value: String)] = []
        // By bytes: with a combining mark behind it an ampersand is another character.
        for item in String(text).utf8.split(separator: UInt8(ascii: "&")) {
            let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(Substring(parts[0]), plusIsSpace: true),
                let value = decode(parts.count == 2 ? Substring(parts[1]) : "", plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
        return items
    }

    /// Text without percent sequences; nil when one is broken or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
