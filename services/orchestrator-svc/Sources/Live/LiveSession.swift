// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit
import Synchronization

/// One connection: obeys the client's messages, and runs its subscriptions beside each other.
struct LiveSession: Sendable {
    private typealias Subscriptions = ThrowingDiscardingTaskGroup<any Error>

    let server: LiveServer
    let connection: WebSocketConnection
    private let open = OpenSubscriptions()

    init(server: LiveServer, connection: WebSocketConnection) {
        self.server = server
        self.connection = connection
    }

    /// Returns when the connection has ended; throws for what is this daemon's own fault.
    func run() async throws {
        do {
            try await send(server.hello)
            try await withThrowingDiscardingTaskGroup { subscriptions in
                try await obey(&subscriptions)
                subscriptions.cancelAll()
            }
        } catch is WebSocketClosed {
            // The client went in the middle of a frame.
        } catch is CancellationError {}
    }

    private func obey(_ subscriptions: inout Subscriptions) async throws {
        var refusals = 0
        for await message in connection.messages {
            do {
                guard case .text(let text) = message else {
                    throw LiveRefusal(code: "text_only", message: "Send JSON in text messages.")
                }
                switch try LiveRequest(text) {
                case .subscribe(let wanted):
                    try await server.admit(wanted)
                    try begin(wanted, in: &subscriptions)
                case .unsubscribe(let id): try open.stop(id)
                case .ping(let nonce): try await send(.pong(nonce: nonce, time: .now()))
                }
            } catch let refusal as LiveRefusal {
                refusals += 1
                server.counters.refusals.add()
                guard refusals <= server.limits.errors else {
                    return connection.close(.policyViolation, reason: "Too many messages were refused.")
                }
                try await send(.error(refusal))
            }
        }
    }

    private func send(_ frame: LiveFrame) async throws {
        try await connection.send([WebSocketText(utf8: frame.bytes)])
        server.counters.frames.add()
    }

    private func begin(_ wanted: LiveSubscribe, in subscriptions: inout Subscriptions) throws(LiveRefusal) {
        let stop = try open.start(wanted.id, limit: server.limits.subscriptions)
        subscriptions.addTask {
            guard try await follow(wanted, until: stop) else { return }
            open.end(wanted.id)
            try await send(.unsubscribed(wanted.id))
        }
    }

    /// Runs a subscription. Says whether the client ended it; nothing of it is sent after that.
    private func follow(_ wanted: LiveSubscribe, until stop: AsyncStream<Void>) async throws -> Bool {
        server.counters.subscriptions.add(1)
        defer { server.counters.subscriptions.add(-1) }
        let start = server.start(of: wanted)
        let outlet = LiveOutlet(
            wanted.id, on: connection, at: start, limits: server.limits, counters: server.counters)
        try await outlet.send { .subscribed(wanted.id, channels: wanted.channels, $0) }
        return try await withThrowingTaskGroup(of: Bool.self) { parts in
            defer { parts.cancelAll() }
            for channel in wanted.channels {
                parts.addTask {
                    switch channel {
                    case .tasks: try await server.taskFollower(wanted, outlet).run(from: start.events ?? 0)
                    case .logs: try await server.logFollower(wanted.filter, outlet).run(from: start.logs)
                    }
                    return false
                }
            }
            parts.addTask {
                try await outlet.beat()
                return false
            }
            parts.addTask {
                for await _ in stop {}
                return true
            }
            return try await parts.next() ?? false
        }
    }
}

/// The subscriptions of a connection by the names that the client gave them.
private final class OpenSubscriptions: Sendable {
    private let stops = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

    /// Takes a name; the stream ends when the subscription is to stop.
    func start(_ id: String, limit: Int) throws(LiveRefusal) -> AsyncStream<Void> {
        let (stream, stop) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let refusal = stops.withLock { stops -> LiveRefusal? in
            guard stops[id] == nil else {
                return LiveRefusal(
                    id: id, code: "subscription_exists",
                    message: "There is a subscription of this id; take another one.",
                    fields: [.init("/id", "is in use")])
            }
            guard stops.count < limit else {
                return LiveRefusal(
                    id: id, code: "too_many_subscriptions",
                    message: "A connection may have \(limit) subscriptions; end one, or connect once more.")
            }
            stops[id] = stop
            return nil
        }
        if let refusal { throw refusal }
        return stream
    }

    func stop(_ id: String) throws(LiveRefusal) {
        guard let stop = stops.withLock({ $0[id] }) else {
            throw LiveRefusal(
                id: id, code: "subscription_unknown", message: "There is no subscription of this id.",
                fields: [.init("/id", "is not in use")])
        }
        stop.finish()
    }

    /// Gives the name free.
    func end(_ id: String) { stops.withLock { _ = $0.removeValue(forKey: id) } }
}
