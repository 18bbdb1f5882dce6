// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Foundation
import Testing

/// The published documents are what the daemons serve. A changed field, status or parameter shows up here, and in the
/// diff of `packages/contracts/openapi`; `TUTTI_UPDATE_CONTRACTS=1 swift test --filter ContractTests` writes them anew.
@Suite struct ContractTests {
    private static let catalogues: [String: [AnyEndpoint]] = [
        "orchestrator-svc": OrchestratorAPI.catalogue,
        "logging-svc": LogsAPI.catalogue + HeadsAPI.catalogue,
        "echo-agent-svc": EchoAPI.catalogue,
        "engine-svc": [],
        "renderctl-svc": RenderAPI.catalogue,
    ]

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "packages/contracts/openapi")

    @Test(arguments: catalogues.keys.sorted())
    func `a daemon's document is the published one`(daemon: String) throws {
        let endpoints = StandardAPI.catalogue + (Self.catalogues[daemon] ?? [])
        let document = OpenAPI(title: daemon, version: "published", description: "", endpoints: endpoints)
        let text = try Self.pretty(document.document)
        let file = Self.folder.appending(path: "\(daemon).json")
        if ProcessInfo.processInfo.environment["TUTTI_UPDATE_CONTRACTS"] == "1" {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let published = try String(contentsOf: file, encoding: .utf8)
        #expect(text == published, "the API changed: check the difference, then write the document anew")
    }

    /// One member a line, so that a difference is a few lines.
    private static func pretty(_ value: JSONValue) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(value.bytes))
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
