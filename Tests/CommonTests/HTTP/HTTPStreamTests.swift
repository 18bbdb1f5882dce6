// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import TestKit
import Testing

private func makeClient(_ port: Int) throws -> ServiceClient {
    ServiceClient(peer: "peer", baseURL: try BaseURL("http://127.0.0.1:\(port)"), credential: .none)
}

private let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

@Suite(.timeLimit(.minutes(1)))
struct HTTPStreamTests {
    @Test func `events are handed out as they arrive`() async throws {
        try await ScriptedServer.run({ _, _ in [.send(head + "id: 1\ndata: one\n\n")] }) { server in
            let seen = try await makeClient(server.port).withStream(HTTPCall(.get, "/logs/stream")) { stream in
                var seen: [ServerSentEvent] = []
                for try await event in stream.events() {
                    seen.append(event)
                    if seen.count == 2 { break }
                    try await server.push("data: two\n\n")
                }
                return seen
            }
            #expect(seen.map(\.data) == ["one", "two"])
            #expect(seen.map(\.id) == ["1", "1"])
            // Leaving the scope has closed the call.
            try await eventually(within: .seconds(5)) { server.open == 0 }
        }
    }

    @Test func `the end of the stream ends the events without the one cut off`() async throws {
        try await ScriptedServer.run({ _, _ in [.send(head + "data: one\n\ndata: tw"), .close] }) { server in
            let seen = try await makeClient(server.port).withStream(HTTPCall(.get, "/")) { stream in
                var seen: [String] = []
                for try await event in stream.events() { seen.append(event.data) }
                return seen
            }
            #expect(seen == ["one"])
        }
    }

    @Test func `a stream that falls silent is given up`() async throws {
        try await ScriptedServer.run({ _, _ in [.send(head + ": hello\n")] }) { server in
            await #expect(throws: HTTPCallError.self) {
                let client = try makeClient(server.port)
                try await client.withStream(HTTPCall(.get, "/"), idleLimit: .milliseconds(50)) { stream in
                    for try await _ in stream {}
                }
            }
            try await eventually(within: .seconds(5)) { server.open == 0 }
        }
    }

    @Test func `an answer other than 2xx is an error, not a stream`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(403)] }) { server in
            await #expect(throws: HTTPCallError.self) {
                try await makeClient(server.port).withStream(HTTPCall(.get, "/")) { _ in }
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a connection lost in a chunked stream is an error`() async throws {
        let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
        try await ScriptedServer.run({ _, _ in [.send(chunk), .close] }) { server in
            await #expect(throws: HTTPCallError.self) {
                try await makeClient(server.port).withStream(HTTPCall(.get, "/")) { stream in
                    for try await _ in stream {}
                }
            }
        }
    }

    @Test func `cancelling the reader closes the stream`() async throws {
        try await ScriptedServer.run({ _, _ in [.send(head + "data: one\n\n")] }) { server in
            let client = try makeClient(server.port)
            let (chunks, arrived) = AsyncStream.makeStream(of: Void.self)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await client.withStream(HTTPCall(.get, "/")) { stream in
                        for try await _ in stream { arrived.yield() }
                    }
                }
                for await _ in chunks { break }
                group.cancelAll()
            }
            try await eventually(within: .seconds(5)) { server.open == 0 }
        }
    }
}
