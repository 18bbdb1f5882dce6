// SPDX-License-Identifier: Apache-2.0

import Common
import Logging
import ServiceLifecycle
import TestKit
import Testing

private typealias Script = @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step]

private func makeClient(_ port: Int, redactor: Redactor = Redactor(), limits: LogClient.Limits) throws -> LogClient {
    let client = ServiceClient(
        peer: "logging-svc", baseURL: try BaseURL("http://127.0.0.1:\(port)"), credential: .none,
        limits: .init(retries: .never))
    return LogClient(service: "test-svc", client: client, redactor: redactor, limits: limits)
}

private func limits(
    queued: Int = 1000, bytes: Int = 1 << 20, batch: Int = 100, delay: Duration = .milliseconds(5),
    shutdown: Duration = .seconds(5)
) -> LogClient.Limits {
    LogClient.Limits(
        queuedFrames: queued, queuedBytes: bytes, batchFrames: batch, delay: delay, shutdown: shutdown,
        pauses: RetryPolicy(firstPause: .milliseconds(2), longestPause: .milliseconds(10)))
}

private func frame(_ message: String) -> LogClient.Frame {
    LogClient.Frame(level: "info", service: "test-svc", message: message)
}

/// Runs the client beside `body`; then shuts it down gracefully and waits for it.
private func running(_ client: LogClient, _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(
        configuration: .init(
            services: [.init(service: client)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        try await body()
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

extension ScriptedServer {
    /// The frames of all requests in order.
    fileprivate var frames: [JSONValue] {
        requests.flatMap { $0.body.split(separator: "\n") }.compactMap { try? JSONValue.parse(String($0)) }
    }
}

private let accept: Script = { _, _ in [answer(202, #"{"accepted":1,"rejected_count":0}"#)] }

@Suite(.timeLimit(.minutes(1)))
struct LogClientTests {
    @Test func `a frame arrives as a line of NDJSON with its secrets masked`() async throws {
        try await ScriptedServer.run(accept) { server in
            let redactor = Redactor([Secret("hunter2-secret")])
            let client = try makeClient(server.port, redactor: redactor, limits: limits())
            try await running(client) {
                let time = try #require(Timestamp("2026-11-21T05:00:00.000001Z"))
                client.log(
                    LogClient.Frame(
                        time: time, level: "warning", service: "test-svc", message: "pass hunter2-secret",
                        traceID: "4bf92f3577b34da6a3ce929d0e0e4736", correlationID: "c-1",
                        fields: ["url": "x?p=hunter2-secret", "n": 3]))
                try await eventually { client.counters.sent == 1 }
            }
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /log HTTP/1.1")
            #expect(request.headers["content-type"] == "application/x-ndjson")
            #expect(
                request.body == #"{"time":"2026-11-21T05:00:00.000001Z","level":"warning","service":"test-svc","#
                    + #""message":"pass ••••","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","correlationId":"c-1","#
                    + #""fields":{"url":"x?p=••••","n":3}}"#)
        }
    }

    @Test func `frames go in order and in batches of bounded size`() async throws {
        try await ScriptedServer.run(accept) { server in
            let client = try makeClient(server.port, limits: limits(batch: 40, delay: .seconds(30)))
            for number in 0..<120 { client.log(frame("\(number)")) }
            try await running(client) { try await eventually { client.counters.sent == 120 } }
            #expect(server.requests.map { $0.body.split(separator: "\n").count } == [40, 40, 40])
            #expect(server.frames.compactMap { $0["message"]?.string } == (0..<120).map { "\($0)" })
        }
    }

    @Test func `while logging-svc is away the oldest frames give way, and it hears of it afterwards`() async throws {
        let script: Script = { number, _ in [number < 3 ? answer(503) : answer(202)] }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port, limits: limits(queued: 10))
            for number in 0..<25 { client.log(frame("\(number)")) }
            #expect(client.counters == .init(sent: 0, dropped: 15, failures: 0, queued: 10))
            try await running(client) {
                try await eventually { client.counters.sent == 10 }
                client.log(frame("later"))
                try await eventually { client.counters.sent == 11 }
            }
            #expect(client.counters == .init(sent: 11, dropped: 15, failures: 3, queued: 0))
            let last = server.requests.suffix(2).flatMap { $0.body.split(separator: "\n") }
            let frames = last.compactMap { try? JSONValue.parse(String($0)) }
            #expect(frames.first?["message"] == "log frames were dropped")
            #expect(frames.first?["fields"] == ["dropped": 15])
            #expect(frames.dropFirst().compactMap { $0["message"]?.string } == (15..<25).map { "\($0)" } + ["later"])
        }
    }

    @Test func `waiting frames are bounded by bytes as well`() throws {
        let client = try makeClient(9, limits: limits(bytes: 20_000))
        for _ in 0..<100 { client.log(frame(String(repeating: "x", count: 1000))) }
        let counters = client.counters
        #expect(counters.queued * 1000 <= 20_000)
        #expect(counters.queued + counters.dropped == 100)
    }

    @Test func `a monstrous frame is cut to size, not left out`() async throws {
        try await ScriptedServer.run(accept) { server in
            let client = try makeClient(server.port, limits: limits())
            try await running(client) {
                client.log(
                    LogClient.Frame(
                        level: "info", service: "test-svc", message: String(repeating: "m", count: 1 << 20),
                        fields: ["big": .string(String(repeating: "f", count: 1 << 20))]))
                try await eventually { client.counters.sent == 1 }
            }
            #expect(server.requests[0].body.utf8.count < 64 * 1024)
            #expect(server.frames[0]["fields"]?["fields_left_out_bytes"] != nil)
        }
    }

    @Test func `a batch that logging-svc refuses is counted and not sent again`() async throws {
        let script: Script = { number, _ in
            switch number {
            case 0: [answer(400)]
            case 1: [answer(202, #"{"accepted":1,"rejected_count":1,"rejected":[]}"#)]
            default: [answer(202)]
            }
        }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port, limits: limits(batch: 2, delay: .seconds(30)))
            for number in 0..<4 { client.log(frame("\(number)")) }
            try await running(client) {
                try await eventually { client.counters.queued == 0 && server.requests.count == 2 }
            }
            #expect(client.counters.dropped >= 3)
            #expect(client.counters.sent == 1)
        }
    }

    @Test func `graceful shutdown sends what is left`() async throws {
        try await ScriptedServer.run(accept) { server in
            let client = try makeClient(server.port, limits: limits(delay: .seconds(30)))
            try await running(client) { for number in 0..<7 { client.log(frame("\(number)")) } }
            #expect(client.counters == .init(sent: 7, dropped: 0, failures: 0, queued: 0))
            #expect(server.frames.count == 7)
        }
    }

    @Test func `graceful shutdown does not wait for a logging-svc that is away`() async throws {
        try await HeldPort.withoutListener { port in
            let client = try makeClient(port, limits: limits(shutdown: .milliseconds(50)))
            let began = ContinuousClock.now
            try await running(client) {
                client.log(frame("lost"))
                try await eventually { client.counters.failures > 0 }
            }
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(client.counters.dropped == 1)
            #expect(client.counters.queued == 0)
        }
    }

    @Test func `graceful shutdown does not wait for a logging-svc that never answers`() async throws {
        try await ScriptedServer.run({ _, _ in [] }) { server in
            let client = try makeClient(server.port, limits: limits(shutdown: .milliseconds(50)))
            try await running(client) {
                client.log(frame("lost"))
                try await eventually { server.requests.count == 1 }
            }
            #expect(client.counters.dropped == 1)
        }
    }

    @Test func `many threads may log at once`() async throws {
        try await ScriptedServer.run(accept) { server in
            let client = try makeClient(server.port, limits: limits(queued: 10_000))
            try await running(client) {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { for number in 0..<200 { client.log(frame("\(number)")) } } }
                }
                try await eventually { client.counters.sent == 1600 }
            }
            #expect(server.frames.count == 1600)
        }
    }

    @Test func `swift-log's records become frames with metadata, trace and error`() async throws {
        try await ScriptedServer.run(accept) { server in
            let client = try makeClient(server.port, limits: limits())
            var logger = Logger(label: "orders") {
                LogClientHandler(label: $0, service: "test-svc", client: client, logLevel: .info)
            }
            logger[metadataKey: "order"] = "7"
            var trace = TraceContext.makeRoot()
            trace.correlationID = "c-2"
            try await running(client) {
                TraceContext.$current.withValue(trace) {
                    logger.debug("not wanted")
                    logger.error(
                        "It failed.", error: Problem(.conflict, "Too late."),
                        metadata: ["parts": ["a", "b"], "deep": ["x": "1"]])
                }
                logger.notice("Alone.", metadata: ["trace_id": "t-1", "correlation_id": "c-3"])
                try await eventually { client.counters.sent == 2 }
            }
            let frames = server.frames
            #expect(frames.count == 2)
            #expect(frames[0]["level"] == "error")
            #expect(frames[0]["message"] == "It failed.")
            #expect(frames[0]["traceId"]?.string == trace.traceID)
            #expect(frames[0]["correlationId"] == "c-2")
            #expect(
                frames[0]["fields"] == [
                    "order": "7", "parts": ["a", "b"], "deep": ["x": "1"], "logger": "orders",
                    "error": ["conflict: Too late."],
                ])
            #expect(frames[1]["traceId"] == "t-1")
            #expect(frames[1]["correlationId"] == "c-3")
        }
    }
}
