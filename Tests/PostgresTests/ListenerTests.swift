// SPDX-License-Identifier: Apache-2.0

import Logging
import Postgres
import ServiceLifecycle
import TestKit
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ListenerTests {
    /// Runs a listener as a service while `body` reads its events.
    private func listening(
        _ url: String, channels: [String] = ["wake"], bufferLimit: Int = 1024,
        _ body: (PostgresListener, inout PostgresListener.Events.AsyncIterator) async throws -> Void
    ) async throws {
        let listener = PostgresListener(
            PostgresConfiguration(url: url), channels: channels, bufferLimit: bufferLimit, logger: quiet)
        let group = ServiceGroup(services: [listener], logger: quiet)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .listening)
            try await body(listener, &events)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            while await events.next() != nil {}
        }
    }

    @Test func `notifications arrive in order, from every channel`() async throws {
        try await withDatabase { url in
            try await withTestPool(url: url) { pool in
                try await listening(url, channels: ["wake", "Odd \"name"]) { listener, events in
                    for number in 0..<50 {
                        _ = try await pool.query(
                            "SELECT pg_notify(\(number.isMultiple(of: 2) ? "wake" : "Odd \"name"), \("\(number)"))")
                    }
                    for number in 0..<50 {
                        let channel = number.isMultiple(of: 2) ? "wake" : "Odd \"name"
                        #expect(
                            await events.next()
                                == .notification(PostgresNotification(channel: channel, payload: "\(number)")))
                    }
                    #expect(listener.reconnects == 0)
                }
            }
        }
    }

    @Test func `a slow reader is told how many it missed`() async throws {
        try await withDatabase { url in
            try await withTestPool(url: url) { pool in
                try await listening(url, bufferLimit: 4) { _, events in
                    _ = try await pool.query("SELECT pg_notify('wake', n::text) FROM generate_series(1, 100) AS n")
                    // A later one, from another session, arrives after all of those.
                    var kept = 0
                    var missed = 0
                    while kept + missed < 100 {
                        switch await events.next() {
                        case .notification: kept += 1
                        case .missed(let count): missed += count
                        case .listening, nil: Issue.record("not expected here")
                        }
                    }
                    #expect(kept + missed == 100)
                }
            }
        }
    }

    @Test func `it listens again after the server was restarted, and says so`() async throws {
        let server = try await TestPostgresServer.start()
        try await withTestPool(url: server.url()) { pool in
            try await listening(server.url()) { listener, events in
                for mode in [TestPostgresServer.StopMode.fast, .immediate] {
                    try await server.restart(mode)
                    #expect(await events.next() == .listening)
                    try await eventually {
                        _ = try await pool.query("NOTIFY wake, 'again'")
                        return true
                    }
                    #expect(
                        await events.next() == .notification(PostgresNotification(channel: "wake", payload: "again")))
                }
                #expect(listener.reconnects == 2)
            }
        }
    }

    @Test func `it ends without an error when its task is cancelled, also while it cannot connect`() async throws {
        let configuration = PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/none")
        let listener = PostgresListener(configuration, channels: ["wake"], logger: quiet)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await listener.run() }
            tasks.addTask { for await _ in listener.events {} }
            await Task.yield()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
