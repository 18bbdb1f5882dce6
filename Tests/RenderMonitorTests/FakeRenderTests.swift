// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Logging
import Render
import RenderMonitor
import TestKit
import Testing

/// The monitor with the real client, over HTTP, on a Render that builds pretended repositories and serves what they made.
@Suite(.timeLimit(.minutes(1))) struct MonitorOnFakeRenderTests {
    private struct Site: Sendable {
        let fake: FakeRender
        let id: String
        let monitor: RenderMonitor
        let bench: MonitorBench

        var service: FakeService? { fake.service(id) }
        func record() async throws -> ServiceRecord? { try await bench.record(id) }
    }

    private func with(
        _ repository: PretendRepository, root: String = "", build: String, publish: String,
        _ body: (Site) async throws -> Void
    ) async throws {
        try await FakeRender.run { fake in
            let repo = "https://github.com/acme/site"
            fake.setRepository(repo, repository)
            let client = RenderClient(baseURL: try BaseURL(fake.baseURL), token: fake.token)
            let details: JSONObject = ["buildCommand": .string(build), "publishPath": .string(publish)]
            let made = try await client.createService([
                "type": "static_site", "name": "shop", "ownerId": .string(fake.ownerID), "repo": .string(repo),
                "branch": "main", "rootDir": .string(root), "serviceDetails": .object(details),
            ])
            let bench = MonitorBench()
            let monitor = RenderMonitor(
                MonitorPorts(render: client, ledger: bench.ledger, locks: bench.locks, events: bench.events),
                settings: MonitorSettings(watched: ["shop"], fixable: ["shop"]), now: { fake.now },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await body(Site(fake: fake, id: made.service.id, monitor: monitor, bench: bench))
            #expect(fake.schemaViolations.isEmpty)
        }
    }

    private static let npm = "npm ci && npm run build"

    @Test func `a wrong publish directory is mended and the site is seen`() async throws {
        try await with(.vite(), build: Self.npm, publish: "build") { site in
            for _ in 0..<3 { await site.monitor.tick() }
            let record = try #require(try await site.record())
            #expect(record.diagnoses.map(\.signature) == ["publish_dir_missing"])
            #expect(record.attempts.map(\.state) == [.succeeded])
            #expect(record.lastProbe?.verdict == .healthy, "\(record.lastProbe?.text ?? "not probed")")
            #expect(site.service?.publishPath == "dist")
        }
    }

    @Test func `a missing build command is set`() async throws {
        try await with(.vite(), build: "", publish: "dist") { site in
            for _ in 0..<3 { await site.monitor.tick() }
            let record = try #require(try await site.record())
            #expect(record.diagnoses.map(\.signature) == ["nothing_built"])
            #expect(record.attempts.map(\.state) == [.succeeded])
            #expect(site.service?.buildCommand == Self.npm)
        }
    }

    @Test func `the root directory twice is mended`() async throws {
        try await with(.vite(in: "web"), root: "web", build: Self.npm, publish: "web/dist") { site in
            for _ in 0..<3 { await site.monitor.tick() }
            let record = try #require(try await site.record())
            #expect(record.attempts.map(\.state) == [.succeeded])
            #expect(site.service?.publishPath == "dist")
        }
    }

    @Test func `a root directory that is gone is cleared`() async throws {
        try await with(.vite(), root: "web", build: Self.npm, publish: "dist") { site in
            for _ in 0..<3 { await site.monitor.tick() }
            let record = try #require(try await site.record())
            #expect(record.diagnoses.last?.signature == "root_dir_missing")
            #expect(record.attempts.map(\.state) == [.succeeded])
            #expect(site.service?.rootDir == "")
        }
    }

    @Test func `plain pages are well as they are`() async throws {
        try await with(.pages(), build: "", publish: ".") { site in
            for _ in 0..<3 { await site.monitor.tick() }
            let record = try #require(try await site.record())
            #expect(record.diagnoses.isEmpty)
            #expect(record.lastProbe?.verdict == .healthy)
            #expect(site.fake.deploys(of: site.id).count == 1)
        }
    }
}
