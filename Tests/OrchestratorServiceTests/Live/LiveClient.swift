// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// A subscriber that checks every frame it gets against the published schema.
struct LiveClient: Sendable {
    /// Another frame came than was waited for.
    struct Unexpected: Error, CustomStringConvertible {
        let frame: JSONValue
        var description: String { "got \(frame.text.prefix(500))" }
    }

    let socket: WebSocketTestClient

    /// Connects with a Basic header and takes the greeting.
    static func open(_ live: LiveFixture) async throws -> LiveClient {
        let client = LiveClient(
            socket: try await WebSocketTestClient.connect(
                port: live.port, path: "/ws", headers: [("Authorization", LiveFixture.basic)]))
        try await client.next("hello")
        return client
    }

    func send(_ frame: JSONValue) async throws { try await socket.send(text: frame.text) }

    /// Asks for a subscription and waits for the answer, whose cursor it returns.
    @discardableResult
    func subscribe(
        _ id: String = "a", _ channels: [JSONValue] = ["tasks"], filter: JSONValue = .null, cursor: JSONValue = .null,
        workspace: JSONValue = .null
    ) async throws -> JSONValue? {
        try await send([
            "type": "subscribe", "id": .string(id), "channels": .array(channels), "filter": filter, "cursor": cursor,
            "workspace_id": workspace,
        ])
        return try await skip(to: "subscribed")["cursor"]
    }

    /// The next frame, whatever it is.
    func next(within limit: Duration = .seconds(20)) async throws -> JSONValue {
        let frame = try JSONValue.parse(try await socket.receiveText(within: limit))
        let faults = try LiveContract.shared.get().faults(frame, as: "serverFrame")
        #expect(faults.isEmpty, "\(frame.text.prefix(500)): \(faults)")
        return frame
    }

    /// The next frame, which must be of that type.
    @discardableResult
    func next(_ type: String) async throws -> JSONValue {
        let frame = try await next()
        guard frame["type"]?.string == type else { throw Unexpected(frame: frame) }
        return frame
    }

    /// The next frame of that type; others are passed over.
    @discardableResult
    func skip(to type: String, where isWanted: (JSONValue) -> Bool = { _ in true }) async throws -> JSONValue {
        while true {
            let frame = try await next()
            if frame["type"]?.string == type, isWanted(frame) { return frame }
        }
    }

    /// Items of a channel until there are so many, in the order in which they come.
    func items(_ count: Int, _ type: String = "events") async throws -> [JSONValue] {
        var items: [JSONValue] = []
        while items.count < count { items += try await skip(to: type)["items"]?.array ?? [] }
        return items
    }

    func drop() { socket.drop() }
}

extension [JSONValue] {
    /// A member of each that is a number.
    func numbers(_ member: String) -> [Int64] { compactMap { $0[member]?.int.map(Int64.init) } }
}
