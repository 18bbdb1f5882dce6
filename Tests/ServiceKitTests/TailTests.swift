// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit
import Synchronization
import TestKit
import Testing

/// A tail that a test steers: it keeps everything from `oldest` on.
private final class SteeredTail: EventTail {
    private struct State {
        var batches: [EventBatch] = []
        var oldest: Int64 = 0
        var watches: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    var watchers: Int { state.withLock { $0.watches.count } }

    func add(_ text: String) {
        let watches = state.withLock { state in
            state.batches.append(EventBatch(last: Int64(state.batches.count) + 1, bytes: Array(text.utf8)))
            return Array(state.watches.values)
        }
        for wake in watches { wake() }
    }

    func forget(upTo oldest: Int64) { state.withLock { $0.oldest = oldest } }

    func read(after cursor: Int64) -> TailReading {
        state.withLock { state in
            if cursor < state.oldest { return .older }
            return cursor < Int64(state.batches.count) ? .batch(state.batches[Int(cursor)]) : .nothing
        }
    }

    func watch(_ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.next += 1
            state.watches[state.next] = wake
            return state.next
        }
    }

    func unwatch(_ watch: Int) { state.withLock { $0.watches[watch] = nil } }
}

/// Streams that are written from a shared tail.
@Suite struct TailTests {
    private static let stream = Endpoint<NoInput, EventStream<TestAPI.Note>>(
        "tail", .get, "/tail", .people(.readTasks), "A tail.", tag: "notes")

    private static func run(
        _ tail: SteeredTail, heartbeat: Duration = .seconds(15),
        older: @escaping @Sendable (Int64) async throws -> TailSource.Older = { _ in .nothing },
        _ body: (TestDaemon) async throws -> Void
    ) async throws {
        let fanOut = TailFanOut(heartbeat: heartbeat)
        try await TestDaemon.run(
            [stream.route],
            wire: { daemon in
                daemon.router.on(stream) { _, _ in
                    EventSource(TailSource(tail, through: fanOut, after: 0, older: older))
                }
            }, body)
    }

    private static func request(_ daemon: TestDaemon) -> String {
        HTTPTestClient.request("GET", "/tail", port: daemon.client.port, headers: [TestDaemon.person])
    }

    @Test func `what is there and what comes is written to everybody, and comments when nothing comes`() async throws {
        final class Readers: Sendable { let quiet = Mutex(0) }
        let readers = Readers()
        let tail = SteeredTail()
        tail.add("data: 1\n\n")
        try await Self.run(tail, heartbeat: .milliseconds(80)) { daemon in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await daemon.client.withConnection { connection in
                            try await connection.write(Self.request(daemon))
                            let head = try await connection.read(through: "data: 1\n\n")
                            #expect(head.contains("text/event-stream"))
                            #expect(head.contains(": connected\nretry: "))
                            _ = try await connection.read(through: "data: 2\n\n")
                            _ = try await connection.read(through: ": still here\n\n")
                            readers.quiet.withLock { $0 += 1 }
                            _ = try await connection.read(through: "data: 3\n\n")
                        }
                    }
                }
                try await eventually { tail.watchers > 0 }
                tail.add("data: 2\n\n")
                try await daemon.client.withConnection { connection in
                    try await connection.write(Self.request(daemon))
                    _ = try await connection.read(through: ": still here\n\n")
                }
                // Whoever connects late gets the first two at once, and must have been left in quiet before the third.
                try await eventually(within: .seconds(30)) { readers.quiet.withLock { $0 } == 20 }
                tail.add("data: 3\n\n")
                try await group.waitForAll()
            }
            // Nobody watches a tail that nobody reads.
            try await eventually { tail.watchers == 0 }
        }
    }

    @Test func `what the tail has given up comes from storage, page by page, and then the tail goes on`() async throws {
        let tail = SteeredTail()
        for number in 1...4 { tail.add("data: \(number)\n\n") }
        tail.forget(upTo: 3)
        try await Self.run(
            tail,
            older: { cursor in .batch(EventBatch(last: cursor + 1, bytes: Array("data: stored \(cursor + 1)\n\n".utf8)))
            }
        ) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                for expected in ["stored 1", "stored 2", "stored 3", "4"] {
                    _ = try await connection.read(through: "data: \(expected)\n\n")
                }
                tail.add("data: 5\n\n")
                _ = try await connection.read(through: "data: 5\n\n")
            }
        }
    }

    @Test func `a client that goes while storage is read for it keeps no place`() async throws {
        let tail = SteeredTail()
        tail.add("data: 1\n\n")
        tail.forget(upTo: 1)
        let gate = AsyncStream.makeStream(of: Void.self)
        try await Self.run(
            tail,
            older: { cursor in
                for await _ in gate.stream { break }
                return .batch(EventBatch(last: cursor + 1, bytes: Array("data: stored\n\n".utf8)))
            }
        ) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await connection.closeOutput()
                #expect(try await daemon.client.send("GET", "/health").status == 200)
                gate.continuation.yield()
                _ = try await connection.read(through: "data: stored\n\n")
                // Long before a comment would find out.
                try await eventually {
                    daemon.sink.lines.contains { $0.contains("/tail") }
                }
            }
        }
    }

    @Test func `a stream that has fallen behind its tail is brought up to it from storage, and goes on`() async throws {
        let tail = SteeredTail()
        try await Self.run(
            tail,
            older: { cursor in
                if cursor >= 4 { return .last(StreamEvent(name: "reset", data: Array("{}".utf8))) }
                return .batch(EventBatch(last: cursor + 1, bytes: Array("data: stored \(cursor + 1)\n\n".utf8)))
            }
        ) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await eventually { tail.watchers == 1 }
                // Two that are gone before anybody could read them, and one that is not.
                tail.forget(upTo: 2)
                for number in 1...3 { tail.add("data: \(number)\n\n") }
                for expected in ["stored 1", "stored 2", "3"] {
                    _ = try await connection.read(through: "data: \(expected)\n\n")
                }
                tail.add("data: 4\n\n")
                _ = try await connection.read(through: "data: 4\n\n")
                #expect(tail.watchers == 1)
                // And when storage has nothing to go on with either.
                tail.forget(upTo: 9)
                tail.add("data: 5\n\n")
                _ = try await connection.read(through: "event: reset\ndata: {}\n\n")
                _ = try await connection.read(through: "0\r\n\r\n")
                await connection.end()
            }
            try await eventually { tail.watchers == 0 }
        }
    }

    @Test func `a client that goes while it is brought up to its tail keeps no place`() async throws {
        let tail = SteeredTail()
        let gate = AsyncStream.makeStream(of: Void.self)
        let asked = Counter()
        try await Self.run(
            tail,
            older: { cursor in
                asked.add()
                for await _ in gate.stream { break }
                return .batch(EventBatch(last: cursor + 1, bytes: Array("data: stored\n\n".utf8)))
            }
        ) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await eventually { tail.watchers == 1 }
                tail.forget(upTo: 1)
                tail.add("data: 1\n\n")
                try await eventually { asked.value == 1 }
            }
            try await eventually { daemon.sink.lines.contains { $0.contains("/tail") } }
            gate.continuation.yield()
            #expect(tail.watchers == 0)
            #expect(try await daemon.client.send("GET", "/health").status == 200)
        }
        #expect(asked.value == 1)
        #expect(tail.watchers == 0)
    }

    @Test func `what a client says while it listens is not answered, and what cannot go on is cut off`() async throws {
        struct Broken: Error {}
        let tail = SteeredTail()
        try await Self.run(tail, older: { _ in throw Broken() }) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await eventually { tail.watchers == 1 }
                // What a client says while it listens is not an answer to anything.
                try await connection.write(Self.request(daemon))
                tail.add("data: 1\n\n")
                _ = try await connection.read(through: "data: 1\n\n\r\n")
                tail.forget(upTo: 9)
                tail.add("data: 2\n\n")
                await connection.end()
            }
            try await eventually { tail.watchers == 0 }
        }
    }

    @Test func `a last word ends the stream`() async throws {
        let tail = SteeredTail()
        tail.forget(upTo: 3)
        try await Self.run(tail, older: { _ in .last(StreamEvent(name: "reset", data: Array("{}".utf8))) }) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "event: reset\ndata: {}\n\n")
                _ = try await connection.read(through: "0\r\n\r\n")
            }
        }
    }

    @Test func `streams end when the daemon stops`() async throws {
        let tail = SteeredTail()
        try await Self.run(tail) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await eventually { tail.watchers == 1 }
                await daemon.shutDown()
                _ = try await connection.read(through: "0\r\n\r\n")
                await connection.end()
            }
        }
        #expect(tail.watchers == 0)
    }

    @Test func `the access line counts what was written past the connection's task`() async throws {
        let tail = SteeredTail()
        try await Self.run(tail) { daemon in
            try await daemon.client.withConnection { connection in
                try await connection.write(Self.request(daemon))
                _ = try await connection.read(through: "\n\n\r\n")
                try await eventually { tail.watchers == 1 }
                tail.add("data: " + String(repeating: "x", count: 5000) + "\n\n")
                _ = try await connection.read(through: "x\n\n")
            }
            try await eventually { tail.watchers == 0 }
            try await eventually {
                daemon.daemon.metrics.text.split(separator: "\n").contains { line in
                    line.hasPrefix("http_response_body_bytes_total") && line.contains("/tail")
                        && (Double(line.split(separator: " ").last ?? "") ?? 0) > 5000
                }
            }
        }
    }
}
