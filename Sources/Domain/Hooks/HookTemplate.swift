// SPDX-License-Identifier: Apache-2.0

package import Common

/// The input of a hook's tasks: JSON with places that each delivery fills.
///
/// A string that is one place and nothing else becomes the value found there, with its type; places among other text
/// are filled as text. There is nothing else in it: no conditions, no loops, no functions. A place is one of
///
/// - `{{/json/pointer}}`: what the body holds there (`{{}}` is all of it),
/// - `{{header:x-name}}`: a header of the delivery, never one that carries credentials or the signature,
/// - `{{delivery_id}}`.
///
/// What is missing is null, or, among text, nothing; `{{/pointer ?? "text"}}` names another value for missing or null.
/// The names of members are taken as they are.
package struct HookTemplate: Sendable, Equatable {
    /// No template is larger, as JSON.
    package static let maximumBytes = 65_536

    /// No template has more places.
    package static let maximumPlaces = 256

    /// What a template makes is never larger than this unless the caller allows for more.
    package static let outputLimit = 1_048_576

    /// As it was declared.
    package let source: JSONValue
    private let root: HookTemplateNode

    /// Reads a template for deliveries signed by `signature`.
    package init(_ source: JSONValue, signature: HookSignature) throws(HookTemplateError) {
        guard source.bytes.count <= Self.maximumBytes else { throw HookTemplateError("", column: 1, .tooLarge) }
        var parser = HookTemplateParser(refused: HookHeaders.credentials.union([signature.header]))
        root = try parser.node(source, at: "")
        self.source = source
    }

    /// The template filled from one delivery: at most `limit` bytes as JSON, and never nested deeper than our parser
    /// takes it.
    package func fill(
        from delivery: HookContent, limit: Int = outputLimit
    ) throws(HookFillError) -> JSONValue {
        var filling = HookFilling(delivery: delivery, limit: limit)
        let value = try filling.value(of: root, depth: 0)
        // The count on the way is of what was filled in; quotes, commas and names are counted here.
        guard value.bytes.count <= limit else { throw .tooLarge(limit: limit) }
        return value
    }
}

/// What a delivery offers to a template.
package struct HookContent: Sendable {
    package let body: JSONValue
    package let headers: HookHeaders
    package let deliveryID: String

    package init(body: JSONValue, headers: HookHeaders, deliveryID: String) {
        self.body = body
        self.headers = headers
        self.deliveryID = deliveryID
    }
}

/// Why a delivery cannot be made into an input.
package enum HookFillError: Error, Sendable, Equatable {
    case tooLarge(limit: Int)
    /// Deeper than `JSONValue.maximumDepth`.
    case tooDeep
}

/// A place to be filled.
enum HookPlace: Sendable, Equatable {
    case pointer(HookPointer, fallback: JSONValue)
    case header(String, fallback: JSONValue)
    case deliveryID

    func value(from delivery: HookContent) -> JSONValue {
        switch self {
        case .pointer(let pointer, let fallback):
            if let value = pointer.value(in: delivery.body), !value.isNull { value } else { fallback }
        case .header(let name, let fallback): delivery.headers[name].map { .string($0) } ?? fallback
        case .deliveryID: .string(delivery.deliveryID)
        }
    }
}

/// A template taken apart.
indirect enum HookTemplateNode: Sendable, Equatable {
    /// A value without places.
    case fixed(JSONValue)
    case place(HookPlace)
    case text([HookTextPiece])
    case array([HookTemplateNode])
    case object([HookTemplateMember])
}

/// A member of an object with places in it.
struct HookTemplateMember: Sendable, Equatable {
    let name: String
    let node: HookTemplateNode
}

/// A part of a string with places among text.
enum HookTextPiece: Sendable, Equatable {
    case text(String)
    case place(HookPlace)
}

/// Fills one template from one delivery and stops as soon as that gets too large.
private struct HookFilling {
    let delivery: HookContent
    let limit: Int
    var count = 0

    mutating func value(of node: HookTemplateNode, depth: Int) throws(HookFillError) -> JSONValue {
        switch node {
        case .fixed(let value): return value
        case .place(let place):
            let value = place.value(from: delivery)
            guard depth + value.depth <= JSONValue.maximumDepth else { throw .tooDeep }
            try take(value.bytes.count)
            return value
        case .text(let pieces):
            var text = ""
            for piece in pieces {
                let part = self.text(of: piece)
                try take(part.utf8.count)
                text += part
            }
            return .string(text)
        case .array(let nodes):
            var elements: [JSONValue] = []
            for node in nodes { elements.append(try value(of: node, depth: depth + 1)) }
            return .array(elements)
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.name] = try value(of: member.node, depth: depth + 1) }
            return .object(object)
        }
    }

    private func text(of piece: HookTextPiece) -> String {
        switch piece {
        case .text(let text): text
        case .place(let place):
            switch place.value(from: delivery) {
            case .null: ""
            case .string(let text): text
            case let value: value.text
            }
        }
    }

    private mutating func take(_ bytes: Int) throws(HookFillError) {
        count += bytes
        guard count <= limit else { throw .tooLarge(limit: limit) }
    }
}

extension JSONValue {
    /// How deep arrays and objects nest in it: 0 for a scalar.
    fileprivate var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }
}
