// SPDX-License-Identifier: Apache-2.0

import Common

/// The members of one JSON object of an answer. What cannot be read is named by its place, never by what stands there.
///
/// Members that nothing is known of are passed over, and null is the same as absent.
struct RenderFields {
    private let object: JSONObject
    /// The operation and a JSON Pointer, such as `list-services#/0/service`.
    let place: String

    init(_ value: JSONValue?, at place: String) throws {
        guard let object = value?.object else { throw RenderError.malformed("\(place) is not an object") }
        self.object = object
        self.place = place
    }

    private init(object: JSONObject, place: String) {
        self.object = object
        self.place = place
    }

    func has(_ name: String) -> Bool { member(name) != nil }

    func text(_ name: String) throws -> String {
        guard let text = try optionalText(name) else { throw missing(name) }
        return text
    }

    /// A number counts as the text it was written as.
    func optionalText(_ name: String) throws -> String? {
        switch member(name) {
        case nil: nil
        case .string(let text)?: text
        case .number(let number)?: number.text
        default: throw unreadable(name, "text")
        }
    }

    func optionalInt(_ name: String) throws -> Int? {
        guard let value = member(name) else { return nil }
        guard let int = value.int else { throw unreadable(name, "a whole number") }
        return int
    }

    func optionalBool(_ name: String) throws -> Bool? {
        guard let value = member(name) else { return nil }
        guard let bool = value.bool else { throw unreadable(name, "true or false") }
        return bool
    }

    func object(_ name: String) throws -> RenderFields {
        guard let fields = try optionalObject(name) else { throw missing(name) }
        return fields
    }

    func optionalObject(_ name: String) throws -> RenderFields? {
        guard let value = member(name) else { return nil }
        guard let object = value.object else { throw unreadable(name, "an object") }
        return RenderFields(object: object, place: "\(place)/\(name)")
    }

    func optionalObjects(_ name: String) throws -> [RenderFields]? {
        guard let value = member(name) else { return nil }
        guard let elements = value.array else { throw unreadable(name, "an array") }
        return try elements.enumerated().map { try RenderFields($1, at: "\(place)/\(name)/\($0)") }
    }

    /// Texts; empty when the member is absent.
    func texts(_ name: String) throws -> [String] {
        guard let value = member(name) else { return [] }
        guard let elements = value.array else { throw unreadable(name, "an array") }
        return try elements.map { element in
            guard let text = element.string else { throw unreadable(name, "an array of texts") }
            return text
        }
    }

    private func member(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    private func missing(_ name: String) -> RenderError { .malformed("\(place)/\(name) is missing") }

    private func unreadable(_ name: String, _ what: String) -> RenderError {
        .malformed("\(place)/\(name) is not \(what)")
    }
}
