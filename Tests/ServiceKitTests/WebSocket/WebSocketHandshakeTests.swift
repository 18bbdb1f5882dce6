// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import NIOCore
import NIOPosix
import ServiceKit
import Synchronization
import TestKit
import Testing

private func refusal(_ connect: () async throws -> WebSocketTestClient) async -> WebSocketTestClient.Refused? {
    do {
        try await connect().drop()
    } catch let refused as WebSocketTestClient.Refused {
        return refused
    } catch {}
    return nil
}

private final class Handshakes: Sendable {
    private let all = Mutex<[WebSocketServer.Handshake]>([])
    func add(_ handshake: WebSocketServer.Handshake) { all.withLock { $0.append(handshake) } }
    var statuses: [String] { all.withLock { $0.map { "\($0.path) \($0.status)" } } }
}

private func httpClient(_ port: Int) throws -> ServiceClient {
    ServiceClient(peer: "server", baseURL: try BaseURL("http://127.0.0.1:\(port)"), credential: .none)
}

@Suite(.timeLimit(.minutes(1)))
struct WebSocketHandshakeTests {
    @Test func `HTTP is served on the same port as before`() async throws {
        try await WebSocketTestServer.run([echoRoute]) { server in
            let client = try httpClient(server.port)
            for _ in 0..<3 { #expect(try await client.send(HTTPCall(.get, "/hello")).body == Array("hello".utf8)) }
            await #expect(throws: HTTPCallError.self) { try await client.send(HTTPCall(.get, "/ws")) }
            await #expect(throws: HTTPCallError.self) { try await client.send(HTTPCall(.get, "/none")) }
        }
    }

    @Test func `a request to upgrade to something else, or elsewhere, is answered as plain HTTP`() async throws {
        try await WebSocketTestServer.run([echoRoute]) { server in
            let client = try httpClient(server.port)
            let name = try #require(HTTPField.Name("Upgrade"))
            for _ in 0..<3 {
                let answer = try await client.send(
                    HTTPCall(.get, "/hello", headers: [name: "h2c", .connection: "Upgrade, HTTP2-Settings"]))
                #expect(answer.body == Array("hello".utf8))
                _ = try await client.send(HTTPCall(.get, "/hello"))
            }
            let elsewhere = await refusal { try await WebSocketTestClient.connect(port: server.port, path: "/hello") }
            #expect(elsewhere?.status == 200)
            let nowhere = await refusal { try await WebSocketTestClient.connect(port: server.port, path: "/ws/none") }
            #expect(nowhere?.status == 404)
        }
    }

    @Test func `the route sees path, query, headers and address, and its trace`() async throws {
        let seen = Mutex<WebSocketRequest?>(nil)
        let trace = TraceContext.makeRoot()
        let route = WebSocketRoute(path: "/ws") { request in
            seen.withLock { $0 = request }
            guard TraceContext.current?.traceID == trace.traceID else { return .reject(Problem(.invalid, "lost")) }
            return .accept { try await $0.send(text: TraceContext.current?.traceID ?? "") }
        }
        try await WebSocketTestServer.run([route]) { server in
            let client = try await WebSocketTestClient.connect(
                port: server.port, path: "/ws?auth=YTpiKw==&x=%C3%A9&x=2&flag",
                headers: [("Origin", "https://here"), ("traceparent", trace.traceparent)])
            #expect(try await client.receiveText() == trace.traceID)
            #expect(try await client.closeCode() == 1000)
            let request = try #require(seen.withLock { $0 })
            #expect(request.path == "/ws")
            #expect(request.query("auth") == "YTpiKw==")
            #expect(request.query.map(\.name) == ["auth", "x", "x", "flag"])
            #expect(request.query("x") == "é")
            #expect(request.headers[.origin] == "https://here")
            #expect(request.remoteAddress == "127.0.0.1")
            #expect(!"\(request)".contains("YTpi") && !String(reflecting: request).contains("YTpi"))
        }
    }

    @Test func `a rejection is an ordinary answer, and is observed`() async throws {
        let handshakes = Handshakes()
        let route = WebSocketRoute(path: "/ws") { request in
            request.query("auth") == "good" ? .accept { _ in } : .reject(Problem(.unauthenticated, "Sign in."))
        }
        try await WebSocketTestServer.run([route], observe: { handshakes.add($0) }) { server in
            let refused = await refusal {
                try await WebSocketTestClient.connect(port: server.port, path: "/ws?auth=bad")
            }
            #expect(refused?.status == 401)
            #expect(refused?.header("Content-Type") == "application/problem+json")
            #expect(refused?.body == #"{"code":"unauthenticated","detail":"Sign in."}"#)
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws?auth=good")
            #expect(try await client.closeCode() == 1000)
            #expect(handshakes.statuses == ["/ws 401", "/ws 101"])
            #expect(server.webSockets.counters.refused == 1)
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `a handshake that is not one is refused`() async throws {
        let wrongVersion = [("Sec-WebSocket-Version", "12")]
        let twoKeys = [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
        try await WebSocketTestServer.run([echoRoute]) { server in
            for headers in [wrongVersion, twoKeys] {
                let refused = await refusal {
                    try await WebSocketTestClient.connect(port: server.port, path: "/ws", headers: headers)
                }
                #expect(refused?.status == 400)
                #expect(refused?.header("Sec-WebSocket-Version") == "13")
            }
            // The body may come or not.
            for body in ["", "abc"] {
                let withBody = await refusal {
                    try await WebSocketTestClient.connect(
                        port: server.port, path: "/ws", headers: [("Content-Length", "3")], early: Array(body.utf8))
                }
                #expect(withBody?.status == 400)
            }
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `frames sent before the answer are not lost`() async throws {
        let early = WebSocketTestClient.frame(opcode: 1, payload: Array("early".utf8))
        try await WebSocketTestServer.run([echoRoute]) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws", early: early)
            #expect(try await client.receiveText() == "early")
        }
    }

    @Test func `connections beyond the limit get 503, and room that is freed is used`() async throws {
        var limits = quickLimits()
        limits.connections = 2
        try await WebSocketTestServer.run([echoRoute], limits: limits) { server in
            let first = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            let second = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            let refused = await refusal { try await WebSocketTestClient.connect(port: server.port, path: "/ws") }
            #expect(refused?.status == 503)
            #expect(refused?.header("Retry-After") == "5")
            #expect(server.webSockets.counters.connections == 2)
            first.drop()
            try await eventually { server.webSockets.counters.connections == 1 }
            let third = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await third.send(text: "here")
            #expect(try await third.receiveText() == "here")
            second.drop()
        }
    }

    @Test func `a route that does not decide in time counts as busy`() async throws {
        var limits = quickLimits()
        limits.decisionTimeout = .milliseconds(30)
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        let route = WebSocketRoute(path: "/ws") { _ in
            for await _ in never {}
            return .accept { _ in }
        }
        try await WebSocketTestServer.run([route], limits: limits) { server in
            let refused = await refusal { try await WebSocketTestClient.connect(port: server.port, path: "/ws") }
            #expect(refused?.status == 503)
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `a client that leaves while the route decides takes no place`() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let route = WebSocketRoute(path: "/ws") { _ in
            ask.yield()
            for await _ in gate { break }
            return .accept { _ in }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = await refusal {
                        try await WebSocketTestClient.connect(port: server.port, path: "/ws", within: .milliseconds(50))
                    }
                }
                for await _ in asked { break }
                try await group.waitForAll()
            }
            open.yield()
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test(arguments: ["", "GET /he", "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n"])
    func `a connection that never asks for anything is closed`(sent: String) async throws {
        try await WebSocketTestServer.run([echoRoute], idleTimeout: .milliseconds(50)) { server in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: server.port).get()
            // It may be closed even before this is written.
            try? await channel.writeAndFlush(ByteBuffer(string: sent))
            try await withDeadline(.seconds(20), throwing: HTTPCallError.timeout("")) {
                try await channel.closeFuture.get()
            }
        }
    }

    @Test func `what is not HTTP is answered and closed`() async throws {
        try await WebSocketTestServer.run([echoRoute]) { server in
            let refused = await refusal {
                try await WebSocketTestClient.connect(port: server.port, path: "/ws broken HTTP/1.1 here")
            }
            #expect(refused?.status == 400)
        }
    }
}
