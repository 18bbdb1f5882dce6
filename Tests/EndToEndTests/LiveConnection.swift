// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// A WebSocket of an orchestrator, frame by frame.
struct LiveConnection: Sendable {
    let client: WebSocketTestClient
    /// The first frame.
    let hello: JSONValue

    /// Opens it as a person with the right password.
    static func open(_ daemon: DaemonProcess) async throws -> LiveConnection {
        try await open(daemon, headers: daemon.person.headers)
    }

    /// Opens it with whatever the caller shows.
    static func open(
        _ daemon: DaemonProcess, query: String = "", headers: [(name: String, value: String)]
    ) async throws -> LiveConnection {
        try await open(host: daemon.host.address, port: daemon.port, query: query, headers: headers)
    }

    /// Opens it with whatever listens on `port` in front of an orchestrator.
    static func open(
        host: String = TestHost.here.address, port: Int, query: String = "", headers: [(name: String, value: String)]
    ) async throws -> LiveConnection {
        let client = try await WebSocketTestClient.connect(
            host: host, port: port, path: "/ws" + query, headers: headers.map { ($0.name, $0.value) })
        let hello = try JSONValue.parse(try await client.receiveText())
        #expect(hello["type"] == "hello")
        return LiveConnection(client: client, hello: hello)
    }

    func send(_ message: JSONValue) async throws {
        try await client.send(text: String(decoding: message.bytes, as: UTF8.self))
    }

    /// Subscribes and waits for the answer.
    @discardableResult
    func subscribe(
        _ channels: [String], filter: JSONObject = [:], cursor: JSONObject? = nil
    ) async throws -> JSONValue {
        var message: JSONObject = [
            "type": "subscribe", "id": "s", "channels": .array(channels.map { .string($0) }), "filter": .object(filter),
        ]
        if let cursor { message["cursor"] = .object(cursor) }
        try await send(.object(message))
        return try await next("subscribed")
    }

    func next(within limit: Duration = .seconds(10)) async throws -> JSONValue {
        try JSONValue.parse(try await client.receiveText(within: limit))
    }

    /// The next frame of that type; others are passed over.
    func next(_ type: String, within limit: Duration = .seconds(10)) async throws -> JSONValue {
        let end = ContinuousClock.now + limit
        while true {
            let frame = try await next(within: end - .now)
            if frame.text("type") == type { return frame }
        }
    }
}
