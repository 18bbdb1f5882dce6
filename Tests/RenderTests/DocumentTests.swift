// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Render
import Testing

private let document = RenderDocument.standard

/// Everything that the client says and understands, against the published description of the API.
@Suite(.timeLimit(.minutes(2)))
struct DocumentTests {
    @Test(arguments: RenderOperation.allCases)
    func `every operation is described by its name, method and path`(operation: RenderOperation) throws {
        let described = try #require(document.operation(operation.rawValue))
        #expect(described.method == operation.method.rawValue)
        #expect(described.template == operation.template)
    }

    @Test func `every operation is tried here`() {
        #expect(Set(OperationUse.all.map(\.operation)) == Set(RenderOperation.allCases))
    }

    @Test(arguments: OperationUse.all)
    func `what is sent is what the description asks for`(use: OperationUse) async throws {
        let transport = answering(.all, choice: 0)
        try await use.use(makeClient(transport))
        #expect(transport.calls.contains { document.operation(of: $0)?.id == use.operation.rawValue })
        for call in transport.calls {
            let operation = try #require(document.operation(of: call))
            for (name, value) in call.query {
                let parameter = try #require(operation.queryParameters[name], "\(operation.id) takes no \(name)")
                #expect(fits(value, parameter), "\(name) of \(operation.id)")
            }
            for (name, parameter) in operation.queryParameters where parameter["required"] == true {
                #expect(call[query: name] != nil, "\(operation.id) needs \(name)")
            }
            let pointer = "\(operation.pointer)/requestBody/content/application~1json/schema"
            if operation.value["requestBody"] == nil {
                #expect(call.body == nil)
            } else {
                #expect(call.headers[.contentType] == "application/json")
                let violations = try document.schema(at: pointer, isClosed: true).validate(call.json)
                #expect(violations.isEmpty, "\(operation.id): \(violations)")
            }
        }
    }

    @Test func `a patch puts each setting where its type of service has it`() throws {
        for (body, details) in try SampleBodies.patches() {
            let schema = try document.schema(at: "#/components/schemas/\(details)", isClosed: true)
            let violations = schema.validate(body["serviceDetails"] ?? [:])
            #expect(violations.isEmpty, "\(details): \(violations)")
        }
    }

    @Test(arguments: OperationUse.all, SampleMaker.Kind.allCases)
    func `whatever the description allows as an answer is read`(use: OperationUse, kind: SampleMaker.Kind) async throws
    {
        let described = try #require(document.operation(use.operation.rawValue))
        let schema = responses(of: described).first.flatMap { Self.schema(of: $0.response) }
        for choice in 0..<(schema.map { SampleMaker.alternatives($0, in: document) } ?? 1) {
            let error = await failure { try await use.use(makeClient(answering(kind, choice: choice))) }
            if use.operation == .createService, [.required, .nulls].contains(kind) {
                // By the description the service need not be told; then what was made has to be looked for.
                guard case .outcomeUnknown? = error else {
                    Issue.record("not unknown: \(String(describing: error))")
                    continue
                }
            } else {
                #expect(error == nil, "\(use.operation) as \(kind), alternative \(choice)")
            }
        }
    }

    @Test func `the made answers fit the description themselves`() throws {
        for operation in RenderOperation.allCases {
            let described = try #require(document.operation(operation.rawValue))
            for (status, response) in responses(of: described) {
                guard let schema = Self.schema(of: response) else { continue }
                let pointer = "\(described.pointer)/responses/\(status)/content/application~1json/schema"
                // Answers that are kept in one place for several operations have another pointer.
                guard described.value["responses"]?[status]?["content"] != nil else { continue }
                for kind in [SampleMaker.Kind.required, .all, .newerMembers] {
                    for choice in 0..<SampleMaker.alternatives(schema, in: document) {
                        let sample = SampleMaker(document: document, kind: kind, choice: choice).sample(schema)
                        let violations = try document.schema(at: pointer, isClosed: false).validate(sample)
                        #expect(violations.isEmpty, "\(operation) as \(kind): \(violations)")
                    }
                }
            }
        }
    }

    @Test(arguments: RenderOperation.allCases)
    func `every refusal that is described reaches the caller as one`(operation: RenderOperation) async throws {
        let described = try #require(document.operation(operation.rawValue))
        let use = try #require(OperationUse.all.first { $0.operation == operation })
        for (status, _) in described.value["responses"]?.object?.members ?? [] {
            guard let status = Int(status), (400..<500).contains(status), status != 429 else { continue }
            let transport = ScriptedTransport { _, call in
                guard document.operation(of: call)?.id == operation.rawValue else {
                    return try #require(answer(to: call, .all, 0))
                }
                return .json(status, ["id": "err-1", "message": "no such luck"])
            }
            let error = await failure { try await use.use(makeClient(transport)) }
            // A Blueprint that is gone is none that syncs anything.
            if operation == .retrieveBlueprint, [404, 410].contains(status) {
                #expect(error == nil)
            } else {
                #expect(error == .refused(status: status, code: nil, message: "no such luck"))
            }
        }
    }

    @Test func `no list is asked for without its owner, and none with previews`() async throws {
        let transport = answering(.all, choice: 0)
        let client = makeClient(transport)
        for use in OperationUse.all where use.operation.method == .get { try await use.use(client) }
        let owned = Set(document.operations.filter { $0.queryParameters["ownerId"] != nil }.map(\.id))
        for call in transport.calls {
            let id = try #require(document.operation(of: call)?.id)
            // Environments are asked for by their project, which has an owner.
            if owned.contains(id), id != "list-environments" { #expect(call[query: "ownerId"] == "tea-1") }
            if id == "list-services" { #expect(call[query: "includePreviews"] == "false") }
            if id == "list-postgres" { #expect(call[query: "includeReplicas"] == "false") }
        }
    }

    private static func schema(of response: JSONValue) -> JSONValue? {
        document.resolved(response)["content"]?["application/json"]?["schema"]
    }

    /// Whether a value of the query, as text, fits what is said of it.
    private func fits(_ text: String, _ parameter: JSONValue) -> Bool {
        let schema = document.resolved(parameter["schema"] ?? [:])
        func fitsOne(_ text: String, _ schema: JSONValue) -> Bool {
            let schema = document.resolved(schema)
            if let alternatives = schema["anyOf"]?.array { return alternatives.contains { fitsOne(text, $0) } }
            if let names = schema["enum"]?.array { return names.contains(.string(text)) }
            switch schema["type"]?.string {
            case "integer":
                guard let number = Int(text) else { return false }
                return number >= schema["minimum"]?.int ?? .min && number <= schema["maximum"]?.int ?? .max
            case "boolean": return ["true", "false"].contains(text)
            default: return schema["format"] != "date-time" || Timestamp(text) != nil
            }
        }
        guard schema["type"] == "array" else { return fitsOne(text, schema) }
        let isJoined = parameter["explode"] == false
        let parts = isJoined ? text.split(separator: ",").map(String.init) : [text]
        return parts.allSatisfy { fitsOne($0, schema["items"] ?? [:]) }
    }
}

/// The answers of an operation that mean success.
private func responses(of operation: RenderDocument.Operation) -> [(status: String, response: JSONValue)] {
    (operation.value["responses"]?.object?.members ?? []).filter { $0.name.hasPrefix("2") }
        .map { (status: $0.name, response: $0.value) }
}

/// Answers every call with a value made from what the description says of it.
private func answering(_ kind: SampleMaker.Kind, choice: Int) -> ScriptedTransport {
    ScriptedTransport { _, call in try #require(answer(to: call, kind, choice)) }
}

private func answer(to call: HTTPCall, _ kind: SampleMaker.Kind, _ choice: Int) -> HTTPAnswer? {
    guard let operation = document.operation(of: call), let (status, response) = responses(of: operation).first,
        let code = Int(status)
    else { return nil }
    guard let schema = document.resolved(response)["content"]?["application/json"]?["schema"] else {
        return HTTPAnswer(status: code)
    }
    return .json(code, SampleMaker(document: document, kind: kind, choice: choice).sample(schema))
}
