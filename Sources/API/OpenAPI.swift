// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// The OpenAPI 3.1 document of a catalogue; the same catalogue gives the same bytes.
package struct OpenAPI: Sendable {
    package let title: String
    package let version: String
    package let description: String
    package let endpoints: [AnyEndpoint]

    package init(title: String, version: String, description: String, endpoints: [AnyEndpoint]) {
        self.title = title
        self.version = version
        self.description = description
        self.endpoints = endpoints
    }

    package var document: JSONValue {
        var components = Components()
        var paths: [String: JSONObject] = [:]
        for endpoint in endpoints {
            let method = endpoint.method.rawValue.lowercased()
            paths[endpoint.path.description, default: [:]][method] = .object(
                operation(endpoint, &components))
        }
        _ = Problem.schema(in: &components)
        let tags = Set(endpoints.map(\.tag)).sorted()
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version), "description": .string(description)],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .object(sorted(paths.mapValues(JSONValue.object))),
            "components": [
                "schemas": .object(sorted(components.schemas.mapValues(JSONValue.object))),
                "securitySchemes": Self.securitySchemes,
            ],
        ]
    }

    private func operation(_ endpoint: AnyEndpoint, _ components: inout Components) -> JSONObject {
        var operation: JSONObject = [
            "operationId": .string(endpoint.id), "summary": .string(endpoint.summary),
            "tags": [.string(endpoint.tag)],
        ]
        if !endpoint.description.isEmpty { operation["description"] = .string(endpoint.description) }
        if !endpoint.input.parameters.isEmpty {
            operation["parameters"] = .array(endpoint.input.parameters.map { parameter($0, &components) })
        }
        if let body = requestBody(endpoint, &components) { operation["requestBody"] = body }
        operation["responses"] = .object(responses(endpoint, &components))
        operation["security"] = .array(security(endpoint))
        if let permission = endpoint.access.permission { operation["x-permission"] = .string(permission.rawValue) }
        operation["x-audiences"] = .array(endpoint.access.audiences.map(\.rawValue).sorted().map { .string($0) })
        return operation
    }

    private func parameter(_ parameter: InputDescription.Parameter, _ components: inout Components) -> JSONValue {
        var description: JSONObject = [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "description": .string(parameter.description), "required": .bool(parameter.isRequired),
            "schema": .object(parameter.schema(&components)),
        ]
        if parameter.isList {
            description["style"] = "form"
            description["explode"] = true
        }
        return .object(description)
    }

    private func requestBody(_ endpoint: AnyEndpoint, _ components: inout Components) -> JSONValue? {
        if let raw = endpoint.input.rawBody {
            var content = JSONObject()
            for (mediaType, schema) in raw.content {
                content[mediaType] = ["schema": .object(schema(&components))]
            }
            return ["description": .string(raw.description), "required": true, "content": .object(content)]
        }
        guard endpoint.input.hasBody else { return nil }
        let schema = components.reference(endpoint.bodyName) { endpoint.input.schema(in: &$0) }
        return [
            "required": .bool(endpoint.input.requiresBody),
            "content": ["application/json": ["schema": .object(schema)]],
        ]
    }

    private func security(_ endpoint: AnyEndpoint) -> [JSONValue] {
        var schemes: [JSONValue] = []
        if endpoint.access.audiences.contains(.human) { schemes.append(["basicAuth": []]) }
        if endpoint.access.audiences.contains(.internal) {
            schemes.append(["internalKey": []])
            schemes.append(["bearerToken": []])
        }
        return schemes
    }

    private static let securitySchemes: JSONValue = [
        "basicAuth": ["type": "http", "scheme": "basic", "description": "A person's name and password."],
        "bearerToken": [
            "type": "http", "scheme": "bearer",
            "description": "A token made for one caller, such as the one that an agent is given at registration.",
        ],
        "internalKey": [
            "type": "apiKey", "in": "header", "name": "X-INTERNAL-KEY",
            "description": "The key that the daemons of one installation share.",
        ],
    ]
}

private func sorted(_ members: [String: JSONValue]) -> JSONObject {
    JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
}

// MARK: - Answers

extension OpenAPI {
    private func responses(_ endpoint: AnyEndpoint, _ components: inout Components) -> JSONObject {
        var responses: [String: JSONValue] = [:]
        for status in endpoint.successes { responses[String(status)] = success(endpoint, status, &components) }
        for kind in endpoint.allProblems { responses[String(kind.status)] = problem(kind, &components) }
        return sorted(responses)
    }

    private func success(_ endpoint: AnyEndpoint, _ status: Int, _ components: inout Components) -> JSONValue {
        var headers = JSONObject()
        headers["X-Request-Id"] = Self.header("Names this request in logs.")
        for header in endpoint.headers { headers[header.name] = Self.header(header.meaning) }
        var answer: JSONObject = [
            "description": .string(Self.phrase(status, endpoint)), "headers": .object(headers),
        ]
        switch endpoint.answer {
        case .none, .upgrade: break
        case .json(let schema):
            answer["content"] = ["application/json": ["schema": .object(schema(&components))]]
        case .bytes(let mediaType):
            answer["content"] = .object([mediaType: ["schema": ["type": "string"]]])
        case .file where status != 304: answer["content"] = ["*/*": ["schema": [:]]]
        case .file: break
        case .events(let schema):
            let item = schema(&components)
            answer["content"] = [
                "text/event-stream": ["schema": ["type": "string"], "x-event-data": .object(item)]
            ]
        }
        return .object(answer)
    }

    private func problem(_ kind: Problem.Kind, _ components: inout Components) -> JSONValue {
        var headers: JSONObject = ["X-Request-Id": Self.header("Names this request in logs.")]
        switch kind {
        case .unauthenticated: headers["WWW-Authenticate"] = Self.header("How to sign in.")
        case .rateLimited: headers["Retry-After"] = Self.header("Seconds to wait before another try.")
        default: break
        }
        return [
            "description": .string(kind.title), "headers": .object(headers),
            "content": .object([Problem.mediaType: ["schema": .object(Problem.schema(in: &components))]]),
        ]
    }

    private static func header(_ meaning: String) -> JSONValue {
        ["description": .string(meaning), "schema": ["type": "string"]]
    }

    private static func phrase(_ status: Int, _ endpoint: AnyEndpoint) -> String {
        switch status {
        case 101: "The connection is a WebSocket from now on."
        case 201: "It was created."
        case 202: "It was accepted and will be done."
        case 204: "It is done; there is nothing to say."
        case 304: "It has not changed since."
        case 207: "Some were taken, some refused."
        default: endpoint.answer.isStream ? "The stream begins." : "It is done."
        }
    }
}
