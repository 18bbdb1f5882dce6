// SPDX-License-Identifier: Apache-2.0

import Logging
import Redis
import ServiceLifecycle
import Synchronization
import TestKit

/// Keeps what is logged, each line with its metadata.
struct KeptLog: LogHandler {
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func append(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
        func count(_ part: String) -> Int { all.count { $0.contains(part) } }
    }

    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let error = event.error.map { " \($0)" } ?? ""
        lines.append("\(event.level) \(event.message)\(error) \(event.metadata ?? [:])")
    }
}

/// A client and a subscriber of one server, while they run.
struct Ends: Sendable {
    let client: RedisClient
    let subscriber: RedisSubscriber
    let health: RedisHealth
    let log: KeptLog.Lines

    static let channel = "tutti-test"

    /// Impatient, so that tests of what does not answer are short.
    static func configuration(_ url: String) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(1)
        configuration.commandTimeout = .milliseconds(500)
        configuration.idleLimit = .milliseconds(500)
        return configuration
    }

    /// Runs both as services until `body` is through, then shuts them down in an orderly way.
    static func with(
        _ configuration: RedisConfiguration, bufferLimit: Int = 1024,
        _ body: (Ends, inout RedisSubscriber.Events.AsyncIterator) async throws -> Void
    ) async throws {
        let lines = KeptLog.Lines()
        let logger = Logger(label: "redis-test") { _ in KeptLog(lines: lines) }
        let health = RedisHealth(logger: logger)
        let ends = Ends(
            client: RedisClient(configuration, health: health),
            subscriber: RedisSubscriber(
                configuration, channel: channel, bufferLimit: bufferLimit, health: health),
            health: health, log: lines)
        let quiet = Logger(label: "redis-test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [ends.client, ends.subscriber], logger: quiet)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var events = ends.subscriber.events.makeAsyncIterator()
            do {
                try await body(ends, &events)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            while await events.next() != nil {}
        }
    }

    func publish(_ messages: String...) async throws { try await client.publish(messages, to: Self.channel) }

    /// Waits until both connections can be used.
    func waitUntilUp() async throws { try await eventually(within: .seconds(20)) { health.isUp } }
}

/// How long `body` takes.
func elapsed(_ body: () async throws -> Void) async rethrows -> Duration {
    let start = ContinuousClock.now
    try await body()
    return start.duration(to: .now)
}

/// The error that `body` throws.
func failure(_ body: () async throws -> Void) async -> RedisError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RedisError
    }
}
