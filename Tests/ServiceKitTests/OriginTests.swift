// SPDX-License-Identifier: Apache-2.0

import Common
import ServiceKit
import Testing

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://ops.example.org", "127.0.0.1:8080", true), ("https://OPS.example.org:443/", "127.0.0.1:8080", true),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", true), ("http://localhost", "localhost:80", true),
        ("http://ops.example.org", "127.0.0.1:8080", false), ("http://127.0.0.1:9999", "127.0.0.1:8080", false),
        ("null", "127.0.0.1:8080", false), ("https://ops.example.org.evil.test", "127.0.0.1:8080", false),
        ("file://127.0.0.1:8080", "127.0.0.1:8080", false),
    ])
    func `an origin is ours, configured, or refused`(origin: String, host: String, isAllowed: Bool) {
        let policy = OriginPolicy(allowedOrigins: ["https://ops.example.org"], boundHost: "127.0.0.1")
        #expect(policy.allows(origin: origin, host: host) == isAllowed)
    }

    @Test func `no origin is fine only with credentials in a header`() throws {
        let policy = OriginPolicy(allowedOrigins: [], boundHost: "127.0.0.1")
        try policy.check(origin: nil, host: "localhost", hasCredentialHeader: true)
        #expect(throws: Problem.self) {
            try policy.check(origin: nil, host: "localhost", hasCredentialHeader: false)
        }
    }

    @Test func `on loopback a foreign Host is refused everywhere`() async throws {
        try await TestDaemon.runNotes(environment: ["WS_ALLOWED_ORIGINS": "http://tutti.test:8080"]) { daemon, _ in
            for (host, status) in [
                ("evil.test", 403), ("evil.test:80", 403), ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:9", 200),
                ("tutti.test:8080", 200),
            ] {
                let answer = try await daemon.client.send("GET", "/health", headers: [("Host", host)])
                #expect(answer.status == status, "\(host)")
            }
        }
        // Elsewhere a name is nothing to go by.
        try OriginPolicy(allowedOrigins: [], boundHost: "0.0.0.0").check(host: "evil.test")
    }

    @Test func `a page of a foreign origin is refused, and may not read anything`() async throws {
        try await TestDaemon.runNotes(environment: ["WS_ALLOWED_ORIGINS": "https://ops.example.org"]) { daemon, _ in
            let evil = try await daemon.client.send(
                "GET", "/notes/a", headers: [TestDaemon.person, ("Origin", "https://evil.test")])
            #expect(evil.status == 403)
            #expect(evil.header("Access-Control-Allow-Origin") == nil)
            let ours = try await daemon.client.send(
                "GET", "/notes/a", headers: [TestDaemon.person, ("Origin", "https://ops.example.org")])
            #expect(ours.status == 200)
            #expect(ours.header("Access-Control-Allow-Origin") == "https://ops.example.org")
            #expect(ours.header("Vary") == "Origin")
        }
    }

    @Test func `a preflight is answered for our pages and refused for others`() async throws {
        try await TestDaemon.runNotes(environment: ["WS_ALLOWED_ORIGINS": "https://ops.example.org"]) { daemon, _ in
            func preflight(_ origin: String) async throws -> HTTPTestClient.Answer {
                try await daemon.client.send(
                    "OPTIONS", "/notes", headers: [("Origin", origin), ("Access-Control-Request-Method", "POST")])
            }
            let ours = try await preflight("https://ops.example.org")
            #expect(ours.status == 204)
            #expect(ours.header("Access-Control-Allow-Methods")?.contains("POST") == true)
            #expect(ours.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
            #expect(try await preflight("https://evil.test").status == 403)
            let plain = try await daemon.client.send("OPTIONS", "/notes")
            #expect(plain.status == 204)
            #expect(plain.header("Allow") == "OPTIONS, POST")
        }
    }
}
