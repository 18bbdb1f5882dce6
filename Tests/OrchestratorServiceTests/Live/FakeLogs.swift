// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import ServiceKit
import Synchronization

/// A logging-svc of a few lines that keeps its log in memory: the same endpoints, credentials and wire types over a real
/// socket.
final class FakeLogs: Sendable {
    private struct State {
        var frames: [LogFrame] = []
        var newest: Int64 = 0
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
        var opened = 0
        var pages = 0
    }

    private let state = Mutex(State())

    /// Streams that are open now, and since the start; pages that were asked for.
    var open: Int { state.withLock { $0.listeners.count } }
    var opened: Int { state.withLock { $0.opened } }
    var pages: Int { state.withLock { $0.pages } }
    var newest: Int64 { state.withLock { $0.newest } }

    /// Serves for as long as `body` takes. Port 0 lets the system choose.
    func serve(port: Int = 0, _ body: (Int) async throws -> Void) async throws {
        let environment = [
            "PORT": "\(port)", "BASIC_AUTH_PASS": LiveFixture.password, "INTERNAL_KEY": LiveFixture.key,
            "DATABASE_URL": "postgres://127.0.0.1/none",
        ]
        let configuration = try ensureConfig("logging-svc", environment: environment)
        var daemon = try Daemon(
            configuration, summary: "For tests.", catalogue: [LogsAPI.list.route, LogsAPI.stream.route],
            logger: LiveFixture.quiet, sink: .memory(), redactor: Redactor())
        daemon.router.on(LogsAPI.list) { input, _ in self.page(input) }
        daemon.router.on(LogsAPI.stream) { input, _ in self.stream(after: input.after) }
        try await LiveFixture.serve(daemon) { port, _ in try await body(port) }
    }

    /// Logs frames, each with its id in the message.
    func log(_ count: Int = 1, _ level: LogLevel = .info, service: String = "echo", correlation: String? = nil) {
        let listeners = state.withLock { state in
            for _ in 0..<count {
                state.newest += 1
                let frame = LogFrame(
                    id: state.newest, time: .now(), level: level, service: service, message: "frame \(state.newest)",
                    correlationID: correlation, receivedAt: .now())
                state.frames.append(frame)
            }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }

    /// Forgets the oldest frames, as retention does.
    func expire(through id: Int64) { state.withLock { $0.frames.removeAll { $0.id <= id } } }

    private func page(_ input: ListLogs) -> LogsView {
        state.withLock { state in
            state.pages += 1
            let oldest = state.frames.first?.id ?? state.newest + 1
            let found = state.frames.filter { $0.id > input.after ?? 0 && input.filter.matches($0) }
            let frames = Array((input.order == .oldest ? found : found.reversed()).prefix(input.limit))
            let isCut = frames.count == input.limit
            return LogsView(
                frames: frames, nextCursor: nil, scannedTo: isCut ? frames.last?.id ?? 0 : state.newest,
                newestID: state.newest, oldestID: oldest)
        }
    }

    private func stream(after start: Int64?) -> EventSource {
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (listener, first) = state.withLock { state in
            state.nextListener += 1
            state.opened += 1
            state.listeners[state.nextListener] = signal
            return (state.nextListener, start ?? state.newest)
        }
        signal.onTermination = { _ in self.state.withLock { _ = $0.listeners.removeValue(forKey: listener) } }
        signal.yield()
        let place = Mutex(first)
        return EventSource { () async -> [StreamEvent]? in
            for await _ in signals {
                let events = place.withLock { place in self.events(after: &place) }
                if !events.isEmpty { return events }
            }
            return nil
        }
    }

    private func events(after place: inout Int64) -> [StreamEvent] {
        let (oldest, newest, frames) = state.withLock { ($0.frames.first?.id ?? $0.newest + 1, $0.newest, $0.frames) }
        var events: [StreamEvent] = []
        if place < oldest - 1 || place > newest {
            place = oldest - 1
            events.append(StreamEvent(name: "reset", LogReset(nextID: oldest)))
        }
        for frame in frames where frame.id > place {
            events.append(StreamEvent(id: "\(frame.id)", name: "log", LogFrameView(frame)))
            place = frame.id
        }
        return events
    }
}
