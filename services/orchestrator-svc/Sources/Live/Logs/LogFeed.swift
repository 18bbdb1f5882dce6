// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes
package import Logging
import ServiceLifecycle
import Synchronization

/// One stream of log frames from logging-svc for all subscribers of this daemon, open only while there are any.
///
/// Subscribers read from the ring of recent frames by their own cursors; what is older they read from logging-svc in pages.
package final class LogFeed: Service {
    /// How things stand with logging-svc.
    enum Condition: Sendable {
        /// Nobody wants frames.
        case idle
        case opening
        /// Frames arrive in the ring as they are logged.
        case live
        /// The stream is lost, or could not be opened, and is tried again.
        case away
    }

    private struct State {
        var followers = 0
        var condition = Condition.idle
        /// Nil until the end of the log is known.
        var ring: LogRing?
        var connections = 0
    }

    /// The bounds of the feed.
    package struct Limits: Sendable {
        package var ringFrames = 4096
        package var ringBytes = 8 * 1024 * 1024
        /// How long the stream may be silent; logging-svc says something every 15 seconds.
        package var silence = Duration.seconds(45)
        /// What is waited between tries.
        package var retries = RetryPolicy(firstPause: .milliseconds(200), longestPause: .seconds(5))

        package init() {}
    }

    let client: ServiceClient
    private let limits: Limits
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = Bell()

    package init(client: ServiceClient, limits: Limits = Limits(), logger: Logger) {
        self.client = client
        self.limits = limits
        self.logger = logger
    }

    /// How often a stream was opened.
    var connections: Int { state.withLock { $0.connections } }
    var condition: Condition { state.withLock { $0.condition } }
    /// The newest id in the ring; nil while nobody wants frames, and before it is known.
    var lastID: Int64? { state.withLock { $0.ring?.last } }

    // MARK: Following

    /// Counts somebody who wants frames; to be followed by `leave()`.
    func join() {
        state.withLock { $0.followers += 1 }
        bell.ring()
    }

    func leave() {
        state.withLock { $0.followers -= 1 }
        bell.ring()
    }

    /// For `wait(past:)`: to be read before what is waited for is looked at.
    var changes: Int { bell.rings }

    /// Returns when anything has changed since `changes` was read, or when the task is cancelled.
    func wait(past changes: Int) async { await bell.wait(past: changes) }

    /// Recent frames after `id`; nil when they must be read from logging-svc.
    func recent(after id: Int64, limit: Int) -> [LogEntry]? {
        state.withLock { $0.ring?.entries(after: id, limit: limit) }
    }

    // MARK: The stream

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.waitUntil(wanted: true)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.follow() }
                    group.addTask { await self.waitUntil(wanted: false) }
                    await group.next()
                    group.cancelAll()
                }
                // Whoever comes next begins at the end of the log as it is then.
                self.change { state in
                    state.condition = .idle
                    state.ring = nil
                }
            }
        }
    }

    private func waitUntil(wanted: Bool) async {
        while !Task.isCancelled {
            let changes = bell.rings
            if state.withLock({ $0.followers > 0 }) == wanted { return }
            await bell.wait(past: changes)
        }
    }

    private func follow() async {
        change { $0.condition = .opening }
        var failures = 0
        while !Task.isCancelled {
            let opened = connections
            do {
                try await stream()
            } catch {
                if !Task.isCancelled { logger.warning("The stream of logs is lost.", error: error) }
            }
            guard !Task.isCancelled else { return }
            change { $0.condition = .away }
            failures = connections > opened ? 1 : failures + 1
            try? await Task.sleep(for: limits.retries.pause(afterTry: failures))
        }
    }

    /// Opens the stream after the newest frame in the ring, and returns when it ends.
    private func stream() async throws {
        if lastID == nil {
            let end = try await client.newestLogID()
            change { $0.ring = self.emptyRing(after: end) }
        }
        var call = HTTPCall(.get, "/logs/stream")
        call.headers[.lastEventID] = String(lastID ?? 0)
        try await client.withStream(call, idleLimit: limits.silence) { stream in
            self.change { state in
                state.condition = .live
                state.connections += 1
            }
            for try await event in stream.events(limit: 2 * 1024 * 1024) { self.take(event) }
        }
    }

    private func take(_ event: ServerSentEvent) {
        let json = Array(event.data.utf8)
        guard let value = try? JSONValue.parse(json) else { return }
        switch event.event {
        case "log":
            guard let entry = LogEntry(value, json: json) else { return }
            change { $0.ring?.append(entry) }
        case "reset":
            guard let next = value["next_id"]?.int else { return }
            change { $0.ring = self.emptyRing(after: Int64(next) - 1) }
        default: break
        }
    }

    private func emptyRing(after id: Int64) -> LogRing {
        LogRing(after: id, frameLimit: limits.ringFrames, byteLimit: limits.ringBytes)
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        bell.ring()
    }
}
