// SPDX-License-Identifier: Apache-2.0

package import Common

/// A body that an event of that name cannot have.
package struct EventDecodingError: Error, Sendable {
    package let eventType: String
    package let member: String

    package init(eventType: String, member: String) {
        self.eventType = eventType
        self.member = member
    }
}

/// The members of an event's body, with the error of a missing one.
package struct EventBody: Sendable {
    package let type: String
    package let object: JSONObject

    package init(type: String, object: JSONObject) {
        self.type = type
        self.object = object
    }

    private func missing(_ member: String) -> EventDecodingError { EventDecodingError(eventType: type, member: member) }

    /// A text that must be there.
    package func string(_ member: String) throws(EventDecodingError) -> String {
        guard let value = object[member]?.string else { throw missing(member) }
        return value
    }

    /// A whole number that must be there.
    package func int(_ member: String) throws(EventDecodingError) -> Int {
        guard let value = object[member]?.int else { throw missing(member) }
        return value
    }

    /// A number that must be there.
    package func double(_ member: String) throws(EventDecodingError) -> Double {
        guard let value = object[member]?.double else { throw missing(member) }
        return value
    }

    /// Any value that must be there, as JSON.
    package func json(_ member: String) throws(EventDecodingError) -> [UInt8] {
        guard let value = object[member] else { throw missing(member) }
        return value.bytes
    }

    /// A time that must be there.
    package func timestamp(_ member: String) throws(EventDecodingError) -> Timestamp {
        guard let value = Timestamp(try string(member)) else { throw missing(member) }
        return value
    }

    /// An object that must be there.
    package func nested(_ member: String) throws(EventDecodingError) -> EventBody {
        guard let value = object[member]?.object else { throw missing(member) }
        return EventBody(type: type, object: value)
    }
}

extension EventBody {
    /// A text, where there is one.
    package func text(_ member: String) -> String? { object[member]?.string }

    /// Texts in a list; none where there is no list.
    package func strings(_ member: String) -> [String] { object[member]?.array?.compactMap(\.string) ?? [] }

    /// A time, where there is one.
    package func time(_ member: String) -> Timestamp? { object[member]?.string.flatMap(Timestamp.init) }

    /// The identifier of something, which must be there.
    package func id<Subject>(
        _ member: String, of _: Subject.Type = Subject.self
    ) throws(EventDecodingError) -> ID<Subject> { ID(trusted: try string(member)) }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        write(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        write(value)
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { write(value) }
        endArray()
    }

    /// A member that is left out when there is no text.
    mutating func optional(_ name: String, _ value: String?) {
        if let value { member(name, value) }
    }

    /// A member that is left out when there is no time.
    mutating func optional(_ name: String, _ value: Timestamp?) {
        guard let value else { return }
        self.name(name)
        write(value)
    }

    /// A member of any JSON, left out when there is none.
    mutating func optional(_ name: String, json value: [UInt8]?) {
        guard let value else { return }
        self.name(name)
        write(json: value)
    }
}
