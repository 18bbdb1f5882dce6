// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit
import Synchronization
import TestKit
import Testing

@Suite struct ObservedCallTests {
    @Test func `each call by somebody who is known is told of, however it ends, and no other`() async throws {
        let seen = Mutex<[String]>([])
        let people = ["BASIC_AUTH_PEOPLE": "viewer:eve:pppppppppppp"]
        let eve = ("Authorization", BasicCredentials.header(user: "eve", password: Secret("pppppppppppp")))
        try await TestDaemon.runNotes(
            environment: people,
            wire: { daemon in
                daemon.observeCall = { call in
                    let words = [
                        call.caller.principal.text, call.endpoint.id, call.path.map { "\($0)=\($1)" }.joined(),
                        "\(call.status)", call.code ?? "",
                    ]
                    seen.withLock { $0.append(words.filter { !$0.isEmpty }.joined(separator: " ")) }
                }
            }
        ) { daemon, _ in
            func send(
                _ method: String, _ path: String, _ headers: [(String, String)], _ body: String = ""
            ) async throws {
                _ = try await daemon.client.send(method, path, headers: headers, body: body)
            }
            try await send("GET", "/notes/a%20b", [TestDaemon.person])
            try await send("HEAD", "/notes/a", [TestDaemon.person])
            try await send("GET", "/notes/nowhere", [TestDaemon.person])
            try await send("DELETE", "/notes/kept", [eve])
            try await send("POST", "/notes", [TestDaemon.person], #"{"title":""}"#)
            try await send("GET", "/crash", [TestDaemon.person])
            try await send("GET", "/inside", [TestDaemon.service, ("X-Tutti-Principal", "user:ada")])
            try await send("GET", "/notes/a", [])
            try await send("GET", "/notes/a", [("X-INTERNAL-KEY", "wrong")])
            try await send("GET", "/health", [TestDaemon.person])
            try await send("OPTIONS", "/notes/a", [TestDaemon.person])
            try await send("PATCH", "/notes/a", [TestDaemon.person])
        }
        #expect(
            seen.withLock { $0 } == [
                "user:admin findNote name=a b 200", "user:admin findNote name=a 200",
                "user:admin findNote name=nowhere 404 not_found",
                "user:eve removeNote name=kept 403 permission_missing",
                "user:admin createNote 400 invalid", "user:admin crash 500 internal", "user:ada inside 200",
            ])
    }
}
