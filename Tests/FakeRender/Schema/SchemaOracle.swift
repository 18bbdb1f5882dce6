// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Synchronization

/// The published OpenAPI document as a judge: of requests that come in, and of the answers that the fake gives.
final class SchemaOracle: Sendable {
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    private let document: OpenAPIDocument
    private let compiled = Mutex<[String: JSONSchema]>([:])
    /// Reading the document takes a while, and every test has a fake of its own.
    private static let known = Mutex<[String: SchemaOracle]>([:])

    private init(_ document: OpenAPIDocument) { self.document = document }

    /// The judge by the document at that path, read once in a process.
    static func at(_ path: String) throws -> SchemaOracle {
        try known.withLock { known in
            if let oracle = known[path] { return oracle }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Unreadable(description: "there is no document at \(path)")
            }
            let oracle = SchemaOracle(OpenAPIDocument(try JSONValue.parse(Array(data))))
            known[path] = oracle
            return oracle
        }
    }

    /// What is wrong with a request; nil when it is as the document says.
    func check(_ call: FakeCall, _ operation: Operation, serviceType: String?) -> String? {
        guard let described = document.operation(operation) else { return nil }
        if let problem = query(call, described) { return problem }
        guard let content = document.requestContent(described) else {
            return call.body.isEmpty ? nil : "\(operation.id) takes no body"
        }
        guard let schema = content["application/json"]?["schema"] else { return nil }
        guard let json = call.json else { return "the body must be JSON" }
        let key = "request \(operation.id) \(serviceType ?? "")"
        let problems = validate(json, schema, key: key, serviceType: serviceType)
        return problems.isEmpty ? nil : problems.prefix(3).joined(separator: "; ")
    }

    /// What is wrong with an answer of the fake.
    func check(_ answer: FakeAnswer, _ operation: Operation, serviceType: String?) -> [String] {
        guard let described = document.operation(operation) else { return ["\(operation.id) is not in the document"] }
        guard let responses = described["responses"]?[String(answer.status)] else {
            return ["\(operation.id) cannot answer \(answer.status)"]
        }
        let content = document.resolved(responses)["content"]
        guard let schema = content?["application/json"]?["schema"] else {
            return answer.json == nil ? [] : ["\(operation.id) has no body with \(answer.status)"]
        }
        guard let json = answer.json else { return ["\(operation.id) has a body with \(answer.status)"] }
        let key = "answer \(operation.id) \(answer.status) \(serviceType ?? "")"
        return validate(json, schema, key: key, serviceType: serviceType).map { "\(operation.id): \($0)" }
    }

    private func query(_ call: FakeCall, _ operation: JSONValue) -> String? {
        let parameters = document.parameters(operation).filter { $0["in"]?.string == "query" }
        let byName = Dictionary(
            parameters.map { ($0["name"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        for name in Set(call.query.map(\.name)).sorted() {
            guard let parameter = byName[name] else { return "the query parameter \(name) is not known" }
            guard let schema = parameter["schema"] else { continue }
            let values = call.query.filter { $0.name == name }.map(\.value)
            let value: JSONValue
            if document.isList(schema) {
                // Without `explode` there is one parameter, whose values are joined with commas.
                let isJoined = parameter["explode"]?.bool == false
                if isJoined, values.count > 1 { return "\(name) must be given once, with commas" }
                let parts = isJoined ? values.flatMap { $0.split(separator: ",").map(String.init) } : values
                value = .array(parts.map { .string($0) })
            } else {
                guard values.count == 1 else { return "\(name) must be given once" }
                value = document.typed(values[0], schema)
            }
            // The types of events are one name in the document, and several with commas in Render's own words.
            let several =
                name == "type" ? value.string?.split(separator: ",").map { JSONValue.string(String($0)) } : nil
            for part in several ?? [value] {
                let key = "query \(operation["operationId"]?.string ?? "") \(name)"
                if let problem = validate(part, schema, key: key).first { return "\(name): \(problem)" }
            }
        }
        for (name, parameter) in byName where parameter["required"]?.bool == true {
            if !call.query.contains(where: { $0.name == name }) { return "the query parameter \(name) is required" }
        }
        return nil
    }

    private func validate(
        _ value: JSONValue, _ schema: JSONValue, key: String, serviceType: String? = nil
    ) -> [String] {
        let program = compiled.withLock { compiled -> Result<JSONSchema, JSONSchemaError> in
            if let known = compiled[key] { return .success(known) }
            do throws(JSONSchemaError) {
                var converter = SchemaConverter(document, serviceType: serviceType)
                let made = try JSONSchema(converter.standalone(schema), formats: .assert)
                compiled[key] = made
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        switch program {
        case .success(let schema):
            return schema.validate(value).map { "\($0.instanceLocation) \($0.message)" }
        case .failure(let error): return ["the document cannot be used: \(error)"]
        }
    }
}
