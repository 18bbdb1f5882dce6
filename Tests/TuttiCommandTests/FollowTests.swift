// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

/// An apply through renderctl-svc, watched from the command line.
@Suite struct FollowTests {
    private static let blueprint = """
        services:
          - type: web
            name: api
            runtime: node
            repo: https://github.com/acme/app
            plan: starter
            buildCommand: npm ci
            startCommand: npm start
        envVarGroups:
          - name: shared
            envVars:
              - key: REGION
                value: eu
        """

    @Test func `who watches an apply whose daemon is killed sees its successor to the end`() async throws {
        try await FakeRender.run { fake in
            try await DaemonStack.with { stack in
                let daemon = try await stack.start(
                    .renderctl,
                    settings: [
                        "RENDER_API_BASE_URL": fake.baseURL, "RENDER_MONITOR_PERIOD_SECONDS": "3600",
                        "RENDER_API_TOKEN": fake.token.reveal(),
                    ])
                let kills = Counter()
                fake.onRequest { request, moment in
                    guard request.operation == "create-service", moment == .afterEffect, kills.value == 0 else {
                        return
                    }
                    try? await daemon.kill()
                    kills.add(1)
                }
                try await Tool.withFolder { folder in
                    let file = try folder.write("render.yaml", Self.blueprint)
                    let environment = ["TUTTI_PASSWORD": stack.credentials.password]
                    async let outcome = Tool.run(
                        ["render", "apply", "--yes", "--json", "--server", daemon.baseURL, file], environment,
                        within: .seconds(180))
                    try await eventually(within: .seconds(60)) { kills.value == 1 }
                    try await daemon.start()
                    let end = try await outcome
                    #expect(end.status == 0, "\(end.everything)")
                    let json = try end.json
                    #expect(json["status"] == "succeeded", "\(end.everything)")
                    #expect(json["took_up"]?.array?.count == 1, "\(end.everything)")
                    #expect(end.errors.contains("carries out what was left of it"), "\(end.errors)")
                    #expect(fake.duplicates == [])
                    let first = try #require(json["took_up"]?.array?.first?.string)
                    let again = try await Tool.run(
                        ["render", "apply", "--follow", first, "--server", daemon.baseURL], environment)
                    #expect(again.status == 0, "\(again.everything)")
                    #expect(again.output.contains("took up what was left of \(first)"), "\(again.output)")
                }
            }
        }
    }
}
