// SPDX-License-Identifier: Apache-2.0

import Logging
import Redis
import ServiceLifecycle
import TestKit
import Testing

/// What happens while the server is away, or there and silent.
@Suite(.timeLimit(.minutes(2)))
struct RedisOutageTests {
    @Test func `after a kill both ends come back by themselves, and the log has two lines`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url())) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            for round in 1...3 {
                try await server.kill()
                try await eventually { !ends.health.isUp }
                // Whether it is noticed by then or not, nobody waits for long.
                for _ in 0..<20 {
                    let time = await elapsed { #expect(await failure { try await ends.publish("lost") } != nil) }
                    #expect(time < .seconds(1))
                }
                #expect(throws: RedisError.self) { try ends.health.check() }
                try await server.start()
                #expect(await events.next() == .listening)
                try await ends.waitUntilUp()
                try await ends.publish("round \(round)")
                #expect(await events.next() == .message("round \(round)"))
                try ends.health.check()
                #expect(ends.health.outages == round)
                #expect(ends.log.count("Redis is out of reach.") == round, "\(ends.log.all)")
                #expect(ends.log.count("Redis is back.") == round, "\(ends.log.all)")
            }
        }
    }

    @Test func `a server that is not there from the beginning is waited for`() async throws {
        let server = try await TestRedisServer.start()
        try await server.stop()
        try await Ends.with(try Ends.configuration(server.url())) { ends, events in
            try await eventually { ends.health.outages == 1 }
            try await server.start()
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            try await ends.publish("hello")
            #expect(await events.next() == .message("hello"))
        }
    }

    @Test func `a frozen server holds up one publish for its timeout, and none after it`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url())) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            server.pause()
            var error: RedisError?
            let first = await elapsed { error = await failure { try await ends.publish("unheard") } }
            #expect(error?.kind == .timeout || error?.kind == .connection, "\(String(describing: error))")
            #expect(first < .seconds(3))
            let later = await elapsed {
                for _ in 0..<50 { #expect(await failure { try await ends.publish("unheard") }?.kind == .connection) }
            }
            #expect(later < .seconds(1))
            // The subscriber, which hears nothing in any case, notices too.
            try await eventually { ends.log.count("Redis is out of reach.") == 1 && !ends.health.isUp }
            server.resume()
            try await ends.waitUntilUp()
            try await eventually {
                (try? await ends.publish("hello")) != nil
            }
            var heard: [RedisSubscriber.Event] = []
            while heard.last != .message("hello"), let event = await events.next() { heard.append(event) }
            #expect(heard.last == .message("hello"))
        }
    }

    @Test func `a frozen server is noticed by both ends though they have nothing to say`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url())) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            #expect(ends.health.missing.isEmpty)
            server.pause()
            try await eventually { ends.health.missing == ["client", "subscriber"] }
            server.resume()
            #expect(await events.next() == .listening)
        }
    }

    @Test func `cancelling a publish ends it at once`() async throws {
        let server = try await TestRedisServer.start()
        var configuration = try Ends.configuration(server.url())
        configuration.commandTimeout = .seconds(20)
        configuration.idleLimit = .seconds(60)
        try await Ends.with(configuration) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            server.pause()
            let time = try await elapsed {
                try await withThrowingTaskGroup(of: RedisError?.self) { group in
                    for _ in 0..<3 { group.addTask { await failure { try await ends.publish("unheard") } } }
                    try await eventually { ends.client.waiting == 3 }
                    group.cancelAll()
                    for try await error in group { #expect(error?.kind == .cancelled) }
                }
            }
            #expect(time < .seconds(5))
            server.resume()
            // Nobody waits for their answers, which must not be taken for those of the next.
            #expect(try await ends.client.publish(["x", "y"], to: Ends.channel) == 2)
        }
    }

    @Test func `too many callers are turned away`() async throws {
        let server = try await TestRedisServer.start()
        var configuration = try Ends.configuration(server.url())
        configuration.commandTimeout = .seconds(5)
        configuration.idleLimit = .seconds(60)
        try await Ends.with(configuration) { ends, _ in
            try await ends.waitUntilUp()
            server.pause()
            let kinds = await withTaskGroup(of: RedisError.Kind?.self) { group in
                for _ in 0..<100 { group.addTask { await failure { try await ends.publish("unheard") }?.kind } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.count { $0 == .busy } >= 30)
            #expect(!kinds.contains(nil))
        }
    }

    @Test func `shutdown answers who waits`() async throws {
        let server = try await TestRedisServer.start()
        var configuration = try Ends.configuration(server.url())
        configuration.commandTimeout = .seconds(600)
        let logger = Logger(label: "redis-test") { _ in SwiftLogNoOpLogHandler() }
        let client = RedisClient(configuration, health: RedisHealth(logger: logger))
        let group = ServiceGroup(services: [client], logger: logger)
        async let running: Void = group.run()
        try await eventually { (try? await client.ping()) != nil }
        server.pause()
        async let error = failure { try await client.publish(["unheard"], to: Ends.channel) }
        try await eventually { client.waiting == 1 }
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        let kind = await error?.kind
        try await running
        #expect(kind == .closed)
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test func `shutdown and cancellation end waiting reads at once`() async throws {
        let server = try await TestRedisServer.start()
        var configuration = try Ends.configuration(server.url())
        configuration.idleLimit = .seconds(600)
        configuration.commandTimeout = .seconds(600)
        var kept: Ends?
        let time = try await elapsed {
            try await Ends.with(configuration) { ends, events in
                #expect(await events.next() == .listening)
                try await ends.waitUntilUp()
                kept = ends
            }
        }
        #expect(time < .seconds(10))
        let ends = try #require(kept)
        #expect(await failure { try await ends.publish("x") }?.kind == .closed)
        // The subscriber's connection is closed too: nobody is there to hear it.
        try await Ends.with(try Ends.configuration(server.url())) { other, _ in
            try await other.waitUntilUp()
            try await eventually { try await other.client.publish(["x"], to: Ends.channel) == 1 }
        }
        // Cancelled instead, as a service of a group whose other service fails.
        let cancelled = try await elapsed {
            try await withThrowingTaskGroup { group in
                let health = RedisHealth(logger: Logger(label: "redis-test") { _ in SwiftLogNoOpLogHandler() })
                let subscriber = RedisSubscriber(configuration, channel: Ends.channel, health: health)
                group.addTask { try await subscriber.run() }
                var events = subscriber.events.makeAsyncIterator()
                #expect(await events.next() == .listening)
                group.cancelAll()
                try await group.waitForAll()
                #expect(await events.next() == nil)
            }
        }
        #expect(cancelled < .seconds(10))
    }

    @Test func `a slow reader is told how many it missed`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url()), bufferLimit: 4) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            // On a busy machine the subscriber may come to it only when it is read already; then nothing is missed.
            let deadline = ContinuousClock().now + .seconds(30)
            var missed = 0
            while missed == 0, ContinuousClock().now < deadline {
                #expect(try await ends.client.publish((0..<100).map(String.init), to: Ends.channel) == 100)
                missed = await Self.readHundred(&events)
            }
            #expect(missed > 0)
        }
    }

    /// Answers how many of a hundred messages were missed.
    private static func readHundred(_ events: inout RedisSubscriber.Events.AsyncIterator) async -> Int {
        var (kept, missed) = (0, 0)
        while kept + missed < 100 {
            switch await events.next() {
            case .message(let text):
                // In order, and nothing after the gap before it is told.
                #expect(text == "\(kept + missed)")
                kept += 1
            case .missed(let count): missed += count
            default:
                Issue.record("another event")
                return missed
            }
        }
        #expect(kept >= 4)
        return missed
    }
}
