// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Foundation
import TestKit

/// The published document beside the clone.
enum FakeRenderDocument {
    static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/reference/render/openapi.json").path
}

/// A fake that is held against the document, and a client of it.
struct FakeRenderUser {
    let fake: FakeRender
    let http: PlainHTTPClient

    static func with(
        _ change: (inout FakeRenderSettings) -> Void = { _ in }, _ body: (FakeRenderUser) async throws -> Void
    ) async throws {
        var settings = FakeRenderSettings()
        settings.schemaPath = FakeRenderDocument.path
        change(&settings)
        try await FakeRender.run(settings) { fake in
            let port = URL(string: fake.origin)?.port ?? 0
            let token = fake.token.reveal()
            let http = PlainHTTPClient(port: port, headers: [("Authorization", "Bearer \(token)")])
            try await body(FakeRenderUser(fake: fake, http: http))
        }
    }

    func get(_ path: String) async throws -> PlainHTTPClient.Answer { try await http.get("/v1\(path)") }

    func send(_ method: String, _ path: String, _ json: JSONValue? = nil) async throws -> PlainHTTPClient.Answer {
        try await http.send(method, "/v1\(path)", json: json)
    }

    /// Makes a static site, and answers its id.
    func makeSite(
        _ name: String = "site", repo: String = "https://github.com/acme/site", rootDir: String? = nil,
        build: String = "npm ci && npm run build", publish: String = "dist"
    ) async throws -> String {
        var body: JSONObject = [
            "type": "static_site", "name": .string(name), "ownerId": .string(fake.ownerID), "repo": .string(repo),
            "serviceDetails": ["buildCommand": .string(build), "publishPath": .string(publish)],
        ]
        if let rootDir { body["rootDir"] = .string(rootDir) }
        return try await make(body)
    }

    /// Makes a web service on Node, and answers its id.
    func makeServer(
        _ name: String = "api", repo: String = "https://github.com/acme/api", env: [JSONValue] = [],
        _ more: JSONObject = [:]
    ) async throws -> String {
        var details: JSONObject = [
            "runtime": "node", "envSpecificDetails": ["buildCommand": "npm ci", "startCommand": "npm start"],
        ]
        for (name, value) in more.members { details[name] = value }
        return try await make([
            "type": "web_service", "name": .string(name), "ownerId": .string(fake.ownerID), "repo": .string(repo),
            "envVars": .array(env), "serviceDetails": .object(details),
        ])
    }

    func make(_ body: JSONObject) async throws -> String {
        let answer = try await send("POST", "/services", .object(body))
        guard answer.status == 201, let id = answer.json["service"]?["id"]?.string else {
            throw Unexpected(description: "\(answer.status) \(answer.text)")
        }
        return id
    }

    struct Unexpected: Error, CustomStringConvertible { let description: String }
}
