// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Foundation
import Glibc
import TestKit
import Testing

@Suite struct FakeRenderProgramTests {
    @Test func `the program serves a demo workspace and ends cleanly when it is told to`() async throws {
        let beside = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder =
            ProcessInfo.processInfo.environment["TUTTI_BIN_DIR"].flatMap { $0.isEmpty ? nil : $0 }
            ?? URL(fileURLWithPath: beside).deletingLastPathComponent().path
        let output = NSTemporaryDirectory() + "fake-render-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let child = try ChildProcess(
            [
                "\(folder)/fake-render", "--port", "0", "--token", "rnd_mine", "--owner-name", "Demo", "--seed-demo",
                "--schema", FakeRenderDocument.path, "--control",
            ], environment: ["PATH": "/usr/bin:/bin"], output: output)
        defer { child.send(SIGKILL) }
        let url = try await eventually(within: .seconds(30)) { () async throws -> URL? in
            let text = try String(contentsOfFile: output, encoding: .utf8)
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("RENDER_API_BASE_URL=") })
            else { return nil }
            return URL(string: String(line.dropFirst("RENDER_API_BASE_URL=".count)))
        }
        #expect(url.path == "/v1")
        let http = PlainHTTPClient(port: url.port ?? 0, headers: [("Authorization", "Bearer rnd_mine")])
        let owners = try await http.get("/v1/owners").json.array
        #expect(owners?.first?["owner"]?["name"] == "Demo")
        let services = try #require(try await http.get("/v1/services").json.array)
        var statuses: [String: String] = [:]
        for service in services.compactMap({ $0["service"] }) {
            let id = service["id"]?.string ?? ""
            let deploys = try await http.get("/v1/services/\(id)/deploys").json.array
            statuses[service["name"]?.string ?? ""] = deploys?.first?["deploy"]?["status"]?.string
        }
        #expect(
            statuses == [
                "shop-api": "live", "shop-mailer": "live", "shop-front": "live", "shop-docs": "build_failed",
            ])
        #expect(try await http.get("/__site/shop-front/").status == 200)
        #expect(try await http.get("/__fake/violations").json == [])
        child.send(SIGTERM)
        #expect(try await child.waitForEnd() == .exited(0))
    }
}
