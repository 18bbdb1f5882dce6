// SPDX-License-Identifier: Apache-2.0

import Foundation
import ServiceKit
import TestKit
import Testing

@Suite struct StaticSiteTests {
    /// A built application in a folder that goes with the test.
    private func withSite(_ body: (TestDaemon) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "site-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder.appending(path: "a"), withIntermediateDirectories: true)
        for (name, text) in [
            ("index.html", "<!doctype html>"), ("a/main-1.js", "plain();"), ("a/main-1.js.gz", "packed"),
            ("a/main-1.js.map", "{}"), ("a/style-1.css", "p{}"), ("secret.txt", "s3cret"),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        let site = try StaticSite(folder: folder.path)
        try await TestDaemon.run(wire: { $0.site = site }, body)
    }

    @Test func `every address of the application is its page, under the policy, and never kept unasked`() async throws {
        try await withSite { daemon in
            for path in ["/app/", "/app/tasks", "/app/runs/run_1?step=2", "/app/a", "/app/secret.txt"] {
                let answer = try await daemon.client.send("GET", path)
                #expect(answer.status == 200 && answer.body == "<!doctype html>", "\(path)")
                #expect(answer.header("Cache-Control") == "no-cache")
                #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
                let policies = answer.headers.filter { $0.name.lowercased() == "content-security-policy" }
                #expect(policies.count == 1)
                #expect(policies.first?.value.contains("script-src 'self';") == true)
                #expect(policies.first?.value.contains("unsafe") == false)
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
            }
            let page = try await daemon.client.send("GET", "/app/")
            let tag = try #require(page.header("ETag"))
            let again = try await daemon.client.send("GET", "/app/", headers: [("If-None-Match", tag)])
            #expect(again.status == 304 && again.body.isEmpty)
        }
    }

    @Test func `files may be kept for ever, go out packed to who takes that, and maps stay at home`() async throws {
        try await withSite { daemon in
            let plain = try await daemon.client.send("GET", "/app/a/main-1.js")
            #expect(plain.body == "plain();" && plain.header("Content-Encoding") == nil)
            #expect(plain.header("Cache-Control") == "public, max-age=31536000, immutable")
            #expect(plain.header("Content-Type") == "text/javascript; charset=utf-8")
            let packed = try await daemon.client.send(
                "GET", "/app/a/main-1.js", headers: [("Accept-Encoding", "br, gzip")])
            #expect(packed.body == "packed" && packed.header("Content-Encoding") == "gzip")
            #expect(packed.header("Vary") == "Accept-Encoding")
            let head = try await daemon.client.send("HEAD", "/app/a/style-1.css")
            #expect(head.status == 200 && head.body.isEmpty && head.header("Content-Length") == "3")
            for path in ["/app/a/main-2.js", "/app/a/main-1.js.map", "/app/a/main-1.js.gz", "/app/a/../index.html"] {
                #expect(try await daemon.client.send("GET", path).status == 404, "\(path)")
            }
        }
    }

    @Test func `the entrances lead in, and everything else is as without it`() async throws {
        try await withSite { daemon in
            for (path, place) in [
                ("/", "/app/"), ("/app", "/app/"), ("/new-task?agent=echo", "/app/new-task?agent=echo"),
            ] {
                let answer = try await daemon.client.send("GET", path)
                #expect(answer.status == 302 && answer.header("Location") == place)
            }
            #expect(try await daemon.client.send("POST", "/app/").status == 405)
            #expect(try await daemon.client.send("GET", "/application").status == 404)
            #expect(try await daemon.client.send("GET", "/health").status == 200)
        }
        try await TestDaemon.run { (daemon: TestDaemon) async throws -> Void in
            #expect(try await daemon.client.send("GET", "/app/").status == 404)
            #expect(try await daemon.client.send("GET", "/").status == 404)
        }
    }

    @Test func `a folder without an application is refused with what to do`() {
        let error = #expect(throws: StaticSiteError.self) { try StaticSite(folder: "/nonexistent") }
        #expect(error?.description.contains("scripts/web build") == true)
    }
}
