// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import NIOHTTP1

/// An OpenAPI 3.0 document, and what is found in it by its own pointers.
struct OpenAPIDocument: Sendable {
    private let root: JSONValue

    init(_ root: JSONValue) { self.root = root }

    /// What a reference such as `#/components/schemas/service` leads to, through any further ones.
    func resolved(_ value: JSONValue) -> JSONValue {
        var value = value
        for _ in 0..<20 {
            guard let reference = value["$ref"]?.string else { return value }
            value = target(reference) ?? .null
        }
        return value
    }

    func target(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#"), let plain = reference.dropFirst().removingPercentEncoding,
            let tokens = JSONPointer.tokens(plain)
        else { return nil }
        var value = root
        for token in tokens {
            guard let child = resolvedOnce(value).child(token) else { return nil }
            value = child
        }
        return value
    }

    /// A pointer may lead through a reference.
    private func resolvedOnce(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        return target(reference) ?? value
    }

    func operation(_ operation: Operation) -> JSONValue? {
        root["paths"]?[operation.pattern]?[operation.method.rawValue.lowercased()]
    }

    /// Those of the operation by itself: what a path has for all of its operations are the names in it.
    func parameters(_ operation: JSONValue) -> [JSONValue] {
        (operation["parameters"]?.array ?? []).map(resolved)
    }

    func requestContent(_ operation: JSONValue) -> JSONValue? {
        operation["requestBody"].flatMap { resolved($0)["content"] }
    }

    func isList(_ schema: JSONValue) -> Bool {
        let schema = resolved(schema)
        if schema["type"]?.string == "array" { return true }
        // One name or several: what is repeated is a list.
        return (schema["anyOf"]?.array ?? []).contains { resolved($0)["type"]?.string == "array" }
    }

    /// A text of a query as the type that the document wants; left as it is when it is none.
    func typed(_ text: String, _ schema: JSONValue) -> JSONValue {
        switch resolved(schema)["type"]?.string {
        case "integer": Int(text).map { JSONValue($0) } ?? .string(text)
        case "boolean": text == "true" ? true : text == "false" ? false : .string(text)
        default: .string(text)
        }
    }
}
