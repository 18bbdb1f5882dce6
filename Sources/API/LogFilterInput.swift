// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain

/// The restrictions that pages and streams share.
package struct LogFilterInput: Sendable {
    package let filter: LogFilter

    init(_ input: inout InputReader) {
        let label = TextPattern(#"^[^\u0000-\u001f\u007f]*$"#, words: "text without control characters") { text in
            text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        let services = input.queryList(
            "service", "Only of these services; a comma separates several, too.",
            of: .string(label, min: 1, max: 128), max: 8)
        let with = Self.matches(
            "field", "Only with this value at this member of `fields`, as `NAME:VALUE`.", &input, Self.member)
        let without = Self.matches(
            "without",
            """
            Only without this value, as `NAME:VALUE`. NAME is a member of `fields`, or `service`, `level`, `traceId`, \
            `correlationId` or `message`; write `fields.` before a member that is called like one of these, or that begins \
            with `fields.`.
            """, &input, Self.place)
        if with.count + without.count > Self.mostMatches {
            input.refuse("without", "and field must be given at most \(Self.mostMatches) times together")
        }
        filter = LogFilter(
            services: services.flatMap { $0.split(separator: ",").map(String.init) },
            minimumLevel: input.query("level", "Only of this level and above.", .choice(LogLevel.self)),
            traceID: input.query("traceId", "Only of this trace.", .string(label, min: 1, max: 256)),
            correlationID: input.query(
                "correlationId", "Only with this correlation id.", .string(label, min: 1, max: 256)),
            text: input.query(
                "text", "Only with this in the message; ASCII letters match in either case.",
                .string(min: 1, max: 1024)),
            with: with, without: without)
    }

    /// `field` and `without` together.
    private static let mostMatches = 8

    private static func matches(
        _ name: String, _ description: String, _ input: inout InputReader,
        _ place: @escaping @Sendable (String) -> LogMatch.Place
    ) -> [LogMatch] {
        let shape = Shape<String>.string(.logMatch, max: 2048).map(
            placeholder: LogMatch(.message, ""), words: "NAME:VALUE, where a level is one that there is"
        ) { text in LogMatch(text, place) }
        return input.queryList(
            name,
            description + """
                 VALUE is compared as a whole: with what a string says, or with the JSON of a number, a truth value or null. A \
                colon or a backslash in NAME has a backslash before it.
                """,
            of: shape, max: mostMatches)
    }

    private static func member(_ name: String) -> LogMatch.Place { .member(name) }

    private static func place(_ name: String) -> LogMatch.Place {
        switch name {
        case "service": .service
        case "level": .level
        case "traceId": .traceID
        case "correlationId": .correlationID
        case "message": .message
        case _ where name.hasPrefix("fields."): .member(String(name.dropFirst("fields.".count)))
        default: .member(name)
        }
    }
}

extension LogMatch {
    /// Reads `NAME:VALUE`; nil for what is not of that form, and for a level that there is not.
    fileprivate init?(_ text: String, _ place: (String) -> Place) {
        var name: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
            guard byte == UInt8(ascii: "\\") else {
                name.append(byte)
                continue
            }
            guard let literal = rest.popFirst() else { return nil }
            name.append(literal)
        }
        let value = String(Substring(rest))
        let place = place(String(decoding: name, as: UTF8.self))
        if place == .level, LogLevel(rawValue: value) == nil { return nil }
        self.init(place, value)
    }
}

extension TextPattern {
    /// `NAME:VALUE` with a name that is not empty, and in which colons and backslashes have a backslash before them.
    fileprivate static let logMatch = TextPattern(
        #"^([^:\\\u0000]|\\[:\\])+:[^\u0000]*$"#, words: "NAME:VALUE, such as status:500"
    ) { text in
        var isNamed = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case 0: return false
            case UInt8(ascii: ":"): return isNamed && !text.utf8.contains(0)
            case UInt8(ascii: "\\"):
                guard let next = bytes.next(), next == UInt8(ascii: ":") || next == UInt8(ascii: "\\") else {
                    return false
                }
            default: break
            }
            isNamed = true
        }
        return false
    }
}
