// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import HTTPTypes

/// The published description of Render's API, read from beside the repository.
struct RenderDocument: Sendable {
    struct Operation: Sendable {
        let id: String
        let method: String
        let template: String
        /// Where it stands in the document, such as `#/paths/~1services/post`.
        let pointer: String
        let value: JSONValue
        /// Those of the query, by name.
        let queryParameters: [String: JSONValue]
    }

    static let standard: RenderDocument = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/reference/render/openapi.json")
        do {
            return RenderDocument(try JSONValue.parse(Array(Data(contentsOf: file))))
        } catch {
            fatalError("no description of Render's API at \(file.path): \(error)")
        }
    }()

    let root: JSONValue
    let operations: [Operation]
    /// The document with its schemas in the words of draft 2020-12.
    private let open: JSONValue
    /// The same, with every object refusing members that it does not name.
    private let closed: JSONValue

    private init(_ root: JSONValue) {
        self.root = root
        open = Self.converted(root, isClosed: false)
        closed = Self.converted(root, isClosed: true)
        var operations: [Operation] = []
        for (template, item) in root["paths"]?.object?.members ?? [] {
            let shared = item["parameters"]?.array ?? []
            for (method, value) in item.object?.members ?? [] {
                guard let id = value["operationId"]?.string else { continue }
                let parameters = (shared + (value["parameters"]?.array ?? [])).map { Self.resolved($0, in: root) }
                let named = parameters.compactMap { parameter -> (String, JSONValue)? in
                    guard parameter["in"] == "query", let name = parameter["name"]?.string else { return nil }
                    return (name, parameter)
                }
                operations.append(
                    Operation(
                        id: id, method: method.uppercased(), template: template,
                        pointer: "#/paths/\(JSONPointer.escape(template))/\(method)", value: value,
                        queryParameters: Dictionary(named) { first, _ in first }))
            }
        }
        self.operations = operations
    }

    func operation(_ id: String) -> Operation? { operations.first { $0.id == id } }

    /// The operation that a call means, by its method and path.
    func operation(of call: HTTPCall) -> Operation? {
        let path = call.path.split(separator: "/", omittingEmptySubsequences: false)
        return operations.first { operation in
            let template = operation.template.split(separator: "/", omittingEmptySubsequences: false)
            return operation.method == call.method.rawValue && template.count == path.count
                && zip(template, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
    }

    /// What is at a pointer, such as `#/components/schemas/service`.
    func schema(at pointer: String, isClosed: Bool) throws -> JSONSchema {
        try JSONSchema(isClosed ? closed : open, entry: pointer)
    }

    /// The value with its reference followed, if it is one.
    func resolved(_ value: JSONValue) -> JSONValue { Self.resolved(value, in: root) }

    private static func resolved(_ value: JSONValue, in root: JSONValue) -> JSONValue {
        var value = value
        while let reference = value["$ref"]?.string {
            let pointer = String(reference.dropFirst()).removingPercentEncoding ?? ""
            var target: JSONValue? = root
            for token in JSONPointer.tokens(pointer) ?? [] { target = target?.child(token) }
            guard let target else { return .null }
            value = target
        }
        return value
    }

    /// OpenAPI 3.0 says `nullable` for another type. Its `oneOf`s here hold alternatives that share values, so that hardly
    /// any value would fit exactly one.
    private static func converted(_ value: JSONValue, isClosed: Bool) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { converted($0, isClosed: isClosed) })
        case .object(let object):
            var converted = JSONObject(
                object.members.map { name, value in
                    (name == "oneOf" ? "anyOf" : name, Self.converted(value, isClosed: isClosed))
                })
            // References that lead through an alternative follow its new name.
            if let reference = object["$ref"]?.string {
                converted["$ref"] = .string(reference.replacing("/oneOf/", with: "/anyOf/"))
            }
            if object["nullable"] == true, let type = object["type"]?.string {
                converted["type"] = [.string(type), "null"]
            }
            if isClosed, object["type"] == "object", object["properties"]?.object != nil {
                converted.insert("additionalProperties", false)
            }
            return .object(converted)
        default: return value
        }
    }
}
