// SPDX-License-Identifier: Apache-2.0

import Common

/// A value at one place of a frame, to look for or to leave out.
package struct LogMatch: Sendable, Equatable {
    /// Where a frame has values.
    package enum Place: Sendable, Equatable {
        case service, level, traceID, correlationID, message
        /// A member of `fields`, not of what is nested in it.
        case member(String)
    }

    package let place: Place
    /// Compared byte by byte: a string by what it says, a number, a truth value and null by their JSON as it was sent.
    /// Objects and arrays equal no value.
    package let value: String

    package init(_ place: Place, _ value: String) {
        self.place = place
        self.value = value
    }

    /// Whether the frame, whose `fields` are these, has the value there.
    func holds(for frame: LogFrame, fields: JSONObject?) -> Bool {
        switch place {
        case .service: frame.service.isSame(value)
        case .level: frame.level.rawValue == value
        case .traceID: frame.traceID?.isSame(value) ?? false
        case .correlationID: frame.correlationID?.isSame(value) ?? false
        case .message: frame.message.isSame(value)
        case .member(let name): Self.text(fields?[name])?.isSame(value) ?? false
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let truth): truth ? "true" : "false"
        case .null: "null"
        case .array, .object, nil: nil
        }
    }
}

extension String {
    /// Whether both have the same bytes, as the database compares; `==` also takes two spellings of one character for the
    /// same.
    func isSame(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
