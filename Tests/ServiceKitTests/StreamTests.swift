// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit
import TestKit
import Testing

@Suite struct StreamTests {
    @Test func `events arrive as they come, with comments in between`() async throws {
        try await TestDaemon.runNotes { daemon, stage in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                let head = try await connection.read(through: "\r\n\r\n")
                #expect(head.contains("200 OK"))
                #expect(head.contains("text/event-stream"))
                _ = try await connection.read(through: ": connected\n\n")
                stage.events.continuation.yield([
                    StreamEvent(id: "7", name: "note", TestAPI.Note(title: "a", count: 1, author: "b"))
                ])
                let event = try await connection.read(through: "}\n\n")
                #expect(event.contains("id: 7\nevent: note\ndata: {\"title\":\"a\",\"count\":1,\"author\":\"b\"}\n\n"))
                _ = try await connection.read(through: ": still here\n\n")
                stage.events.continuation.finish()
                _ = try await connection.read(through: "0\r\n\r\n")
            }
        }
    }

    @Test func `a stream ends when the daemon stops`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: ": connected\n\n")
                await daemon.shutDown()
                _ = try await connection.read(through: "0\r\n\r\n")
                await connection.end()
            }
        }
    }

    @Test func `a stream ends when its reader has gone`() async throws {
        try await TestDaemon.runNotes { daemon, stage in
            let ended = Flag()
            stage.events.continuation.onTermination = { _ in ended.raise() }
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: ": connected\n\n")
            }
            try await eventually { ended.isUp }
        }
    }

    @Test func `a stream outlives the time that other requests may take`() async throws {
        try await TestDaemon.runNotes(environment: ["REQUEST_TIMEOUT_SECONDS": "1"]) { daemon, stage in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                // Comments come every 50 ms here: thirty of them are more than a second.
                for _ in 0..<30 { _ = try await connection.read(through: ": still here\n\n") }
                stage.events.continuation.finish()
                _ = try await connection.read(through: "0\r\n\r\n")
            }
        }
    }

    private static func request(_ daemon: TestDaemon) -> String {
        HTTPTestClient.request("GET", "/stream", port: daemon.client.port, headers: [TestDaemon.person])
    }
}
