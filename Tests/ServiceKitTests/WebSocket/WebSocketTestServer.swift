// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import ServiceKit
import ServiceLifecycle

/// A real server on loopback with WebSocket routes beside two HTTP ones.
struct WebSocketTestServer: Sendable {
    let webSockets: WebSocketServer
    let port: Int
    private let group: ServiceGroup

    /// Begins a graceful shutdown, as SIGTERM does.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// Runs the server for as long as `body`, then shuts it down and waits until it has ended.
    static func run(
        _ routes: [WebSocketRoute], limits: WebSocketLimits = WebSocketLimits(), idleTimeout: Duration? = .seconds(60),
        observe: @escaping @Sendable (WebSocketServer.Handshake) -> Void = { _ in },
        _ body: (WebSocketTestServer) async throws -> Void
    ) async throws {
        let webSockets = WebSocketServer(routes: routes, limits: limits, render: render, observe: observe)
        let router = Router()
        router.get("/hello") { _, _ in "hello" }
        router.get("/ws") { _, _ in HTTPResponse.Status.upgradeRequired }
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let application = Application(
            router: router, server: webSockets.http1(idleTimeout: idleTimeout),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? 0) }, logger: quiet)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            do {
                try await body(WebSocketTestServer(webSockets: webSockets, port: port, group: group))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func render(_ problem: Problem) -> WebSocketServer.Answer {
        let status =
            switch problem.kind {
            case .unauthenticated: 401
            case .forbidden: 403
            case .unavailable: 503
            case .internal: 500
            default: 400
            }
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let seconds = problem.retryAfter?.components.seconds { headers[.retryAfter] = String(seconds) }
        let body: JSONValue = ["code": .string(problem.code), "detail": .string(problem.message)]
        return WebSocketServer.Answer(status: status, headers: headers, body: body.bytes)
    }
}

/// Limits with which waiting takes a test no time.
func quickLimits() -> WebSocketLimits {
    var limits = WebSocketLimits()
    limits.messageBytes = 70_000
    limits.closeTimeout = .milliseconds(300)
    return limits
}

/// A route that sends every message back.
let echoRoute = WebSocketRoute(path: "/ws") { _ in
    .accept { connection in
        for await message in connection.messages {
            switch message {
            case .text(let text): try await connection.send(text: text)
            case .binary(let bytes): try await connection.send(text: "\(bytes.count) bytes")
            }
        }
    }
}
