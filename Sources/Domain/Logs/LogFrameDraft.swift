// SPDX-License-Identifier: Apache-2.0

package import Common

/// A frame as it was sent, found to be in order.
package struct LogFrameDraft: Sendable, Equatable {
    /// Nil when the sender did not say, which means the time of arrival.
    package let time: Timestamp?
    package let level: LogLevel
    package let service: String
    package let message: String
    package let traceID: String?
    package let correlationID: String?
    /// A JSON object as compact text.
    package let fields: [UInt8]?
}

/// Why a frame was not taken.
package struct LogFrameRefusal: Error, Sendable, Equatable {
    /// A JSON Pointer into the frame; empty for the frame itself.
    package let field: String
    /// What is wrong with it, to follow the field's name.
    package let message: String

    package init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension LogFrameDraft {
    /// Code points of a service's name.
    package static let longestService = 128
    /// Code points of a trace's or a correlation's id; an index entry has to hold them.
    package static let longestIdentifier = 256
    /// Code points of a message.
    package static let longestMessage = 65_536
    /// Bytes of the fields as JSON.
    package static let longestFields = 256 * 1024
    /// The years that a timestamp can be written in.
    package static let times: ClosedRange<Timestamp> =
        Timestamp(microseconds: -62_135_596_800_000_000)...Timestamp(microseconds: 253_402_300_799_999_999)

    /// Reads one frame; U+0000, which PostgreSQL cannot keep, becomes U+FFFD.
    package init(_ value: JSONValue) throws(LogFrameRefusal) {
        guard case .object(let members) = value else {
            throw LogFrameRefusal("", "must be an object")
        }
        var time: Timestamp?
        var level: LogLevel?
        var service: String?
        var message: String?
        var traceID: String?
        var correlationID: String?
        var fields: [UInt8]?
        for member in members.members {
            let pointer = "/" + member.name
            switch member.name {
            case "level": level = try Self.level(member.value, pointer)
            case "service":
                service = try Self.label(member.value, pointer, longest: Self.longestService)
            case "message": message = try Self.message(member.value, pointer)
            case _ where member.value.isNull && Self.optionalMembers.contains(member.name): break
            case "time": time = try Self.time(member.value, pointer)
            case "traceId":
                traceID = try Self.label(member.value, pointer, longest: Self.longestIdentifier)
            case "correlationId":
                correlationID = try Self.label(member.value, pointer, longest: Self.longestIdentifier)
            case "fields": fields = try Self.fields(member.value, pointer)
            default: throw LogFrameRefusal("/" + Self.shortened(member.name), "is not a known member")
            }
        }
        guard let level else { throw LogFrameRefusal("/level", "is required") }
        guard let service else { throw LogFrameRefusal("/service", "is required") }
        guard let message else { throw LogFrameRefusal("/message", "is required") }
        self.init(
            time: time, level: level, service: service, message: message, traceID: traceID,
            correlationID: correlationID, fields: fields)
    }

    private static let optionalMembers: Set = ["time", "traceId", "correlationId", "fields"]

    private static func level(_ value: JSONValue, _ pointer: String) throws(LogFrameRefusal) -> LogLevel {
        if let text = value.string, let level = LogLevel(rawValue: text) { return level }
        let words = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        throw LogFrameRefusal(pointer, "must be one of \(words)")
    }

    private static func label(
        _ value: JSONValue, _ pointer: String, longest: Int
    ) throws(LogFrameRefusal) -> String {
        guard let text = value.string else { throw LogFrameRefusal(pointer, "must be a string") }
        guard !text.isEmpty else { throw LogFrameRefusal(pointer, "must not be empty") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw LogFrameRefusal(pointer, "must not have control characters")
        }
        guard text.utf8.count <= longest || text.unicodeScalars.count <= longest else {
            throw LogFrameRefusal(pointer, "must be at most \(longest) characters")
        }
        return text
    }

    private static func message(_ value: JSONValue, _ pointer: String) throws(LogFrameRefusal) -> String {
        guard let text = value.string else { throw LogFrameRefusal(pointer, "must be a string") }
        guard text.utf8.count <= longestMessage || text.unicodeScalars.count <= longestMessage else {
            throw LogFrameRefusal(pointer, "must be at most \(longestMessage) characters")
        }
        return storable(text)
    }

    private static func time(_ value: JSONValue, _ pointer: String) throws(LogFrameRefusal) -> Timestamp {
        guard let text = value.string, let time = Timestamp(text) else {
            throw LogFrameRefusal(pointer, "must be a time such as 2026-11-21T05:00:00Z")
        }
        guard times.contains(time) else { throw LogFrameRefusal(pointer, "must be in the years 1 to 9999") }
        return time
    }

    private static func fields(_ value: JSONValue, _ pointer: String) throws(LogFrameRefusal) -> [UInt8] {
        guard case .object = value else { throw LogFrameRefusal(pointer, "must be an object") }
        let bytes = storable(value).bytes
        guard bytes.count <= longestFields else {
            throw LogFrameRefusal(pointer, "must be at most \(longestFields) bytes")
        }
        return bytes
    }

    private static func shortened(_ name: String) -> String {
        let plain = name.utf8.count <= 64 ? name : String(name.prefix(64)) + "…"
        return String(plain.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
    }

    private static func storable(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        var storable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { storable.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
        return String(storable)
    }

    private static func storable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number: value
        case .string(let text): .string(storable(text))
        case .array(let elements): .array(elements.map(storable))
        case .object(let object): .object(JSONObject(object.members.map { (storable($0.name), storable($0.value)) }))
        }
    }
}
