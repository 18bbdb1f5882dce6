// SPDX-License-Identifier: Apache-2.0

import Common
import ServiceKit
import Synchronization
import TestKit
import Testing

private struct Failure: Error {}

/// What a handler saw of its connection's end.
private final class Witness: Sendable {
    private let state = Mutex<(closure: WebSocketClosure?, error: String?, sent: Int)>((nil, nil, 0))
    func ended(_ closure: WebSocketClosure?, error: (any Error)? = nil) {
        state.withLock { $0 = (closure, error.map { "\(type(of: $0))" }, $0.sent) }
    }
    func sent() { state.withLock { $0.sent += 1 } }
    var closure: WebSocketClosure? { state.withLock { $0.closure } }
    var error: String? { state.withLock { $0.error } }
    var count: Int { state.withLock { $0.sent } }
}

/// A route that sends without end and notes how it was stopped.
private func floodRoute(_ witness: Witness) -> WebSocketRoute {
    WebSocketRoute(path: "/ws") { _ in
        .accept { connection in
            let batch = [WebSocketText](repeating: WebSocketText(String(repeating: "x", count: 16_000)), count: 4)
            do {
                while true {
                    try await connection.send(batch)
                    witness.sent()
                }
            } catch {
                witness.ended(connection.closure, error: error)
                throw error
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct WebSocketConnectionTests {
    @Test func `a handler that returns closes with 1000, one that throws with 1011`() async throws {
        let route = WebSocketRoute(path: "/ws") { request in
            .accept { connection in
                switch request.query("end") {
                case "throw": throw Failure()
                case "own":
                    // Longer than a close frame may be, to be cut between two characters.
                    connection.close(.init(rawValue: 4001), reason: String(repeating: "é", count: 100))
                default: break
                }
            }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            for (end, code) in [("return", 1000), ("throw", 1011), ("own", 4001)] as [(String, UInt16)] {
                let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws?end=\(end)")
                #expect(try await client.closeCode() == code)
                try await client.waitForEnd()
                #expect(client.serverErrors.isEmpty)
            }
        }
    }

    @Test func `a batch arrives in order`() async throws {
        let route = WebSocketRoute(path: "/ws") { _ in
            .accept { connection in
                for start in stride(from: 0, to: 1000, by: 100) {
                    try await connection.send((start..<start + 100).map { WebSocketText("\($0)") })
                }
            }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            for number in 0..<1000 { #expect(try await client.receiveText() == "\(number)") }
            #expect(try await client.closeCode() == 1000)
            #expect(server.webSockets.counters.messagesOut == 1000)
        }
    }

    @Test func `the handler sees the end of the connection, however it comes`() async throws {
        let witness = Witness()
        let route = WebSocketRoute(path: "/ws") { _ in
            .accept { connection in
                for await _ in connection.messages {}
                witness.ended(connection.closure)
            }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            let polite = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await polite.close(4002)
            try await eventually { witness.closure != nil }
            #expect(witness.closure == .init(side: .client, code: .init(rawValue: 4002), reason: ""))
            let rude = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            rude.drop()
            try await eventually { witness.closure?.code == nil }
            #expect(witness.closure == .init(side: .client, code: nil, reason: "connection lost"))
        }
    }

    @Test func `a handler that waits for something else is cancelled when the client is gone`() async throws {
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        let witness = Witness()
        let route = WebSocketRoute(path: "/ws") { _ in
            .accept { connection in
                try await connection.send(text: "ready")
                for await _ in never {}
                witness.ended(connection.closure)
            }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            _ = try await client.receiveText()
            client.drop()
            try await eventually { witness.closure != nil && server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `a client that does not read holds its sender up, and goes on when it reads again`() async throws {
        let witness = Witness()
        try await WebSocketTestServer.run([floodRoute(witness)], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await client.setReading(false)
            let held = try await stalledCount(witness)
            // The kernel's buffers on both sides and 64 KiB of ours, at 64 KB a batch.
            #expect(held < 1000)
            try await client.setReading(true)
            try await eventually { witness.count > held + 100 }
            client.drop()
            try await eventually { witness.error != nil }
        }
    }

    @Test func `a client that takes nothing for the write timeout is dropped`() async throws {
        let witness = Witness()
        var limits = quickLimits()
        limits.writeTimeout = .milliseconds(100)
        try await WebSocketTestServer.run([floodRoute(witness)], limits: limits) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await client.setReading(false)
            try await eventually { witness.error != nil }
            // The end of the connection also cancels its handler: the sender meets whichever comes first.
            #expect(["WebSocketClosed", "CancellationError"].contains(witness.error))
            #expect(witness.closure?.reason == "took no data in time")
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `messages that nobody reads stop being taken from the client`() async throws {
        let (go, proceed) = AsyncStream.makeStream(of: Void.self)
        let route = WebSocketRoute(path: "/ws") { _ in
            .accept { connection in
                for await _ in go { break }
                var count = 0
                for await _ in connection.messages {
                    count += 1
                    if count == 400 { break }
                }
                try await connection.send(text: "\(count)")
            }
        }
        var limits = quickLimits()
        limits.waitingMessages = 4
        try await WebSocketTestServer.run([route], limits: limits) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            let message = WebSocketTestClient.frame(opcode: 1, payload: Array(repeating: 120, count: 5000))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for _ in 0..<400 { try await client.send(bytes: message) } }
                // Those that may wait, and what one read from the socket brought.
                let taken = try await resting { server.webSockets.counters.messagesIn }
                #expect(taken < 50)
                proceed.yield()
                try await group.waitForAll()
            }
            #expect(try await client.receiveText() == "400")
        }
    }

    @Test func `a client is pinged, and one that answers stays`() async throws {
        var limits = quickLimits()
        limits.pingInterval = .milliseconds(20)
        limits.pongTimeout = .milliseconds(200)
        try await WebSocketTestServer.run([echoRoute], limits: limits) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await eventually { client.pings >= 3 }
            try await client.send(text: "alive")
            #expect(try await client.receiveText() == "alive")
        }
    }

    @Test func `a client that does not answer pings is dropped`() async throws {
        var limits = quickLimits()
        limits.pingInterval = .milliseconds(20)
        limits.pongTimeout = .milliseconds(50)
        try await WebSocketTestServer.run([echoRoute], limits: limits) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws", answersPings: false)
            #expect(try await client.closeCode() == nil)
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `graceful shutdown says 1001 to all and waits for the handlers`() async throws {
        let witness = Witness()
        let route = WebSocketRoute(path: "/ws") { _ in
            .accept { connection in
                try await connection.send(text: "ready")
                for await _ in connection.messages {}
                witness.sent()
            }
        }
        try await WebSocketTestServer.run([route], limits: quickLimits()) { server in
            var clients: [WebSocketTestClient] = []
            for _ in 0..<5 {
                let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
                _ = try await client.receiveText()
                clients.append(client)
            }
            await server.shutDown()
            for client in clients { #expect(try await client.closeCode() == 1001) }
        }
        #expect(witness.count == 5)
    }

    @Test func `graceful shutdown does not wait for a client that never answers the close`() async throws {
        let witness = Witness()
        let began = ContinuousClock.now
        try await WebSocketTestServer.run([floodRoute(witness)], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws", answersClose: false)
            try await client.setReading(false)
            _ = try await stalledCount(witness)
            await server.shutDown()
            try await eventually { witness.error == "WebSocketClosed" }
        }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    /// The number of batches sent once no more go out.
    private func stalledCount(_ witness: Witness) async throws -> Int {
        try await resting { witness.count }
    }

    /// A positive value that has stayed the same over many looks in a row.
    private func resting(_ value: () -> Int) async throws -> Int {
        var last = 0
        var looks = 0
        return try await eventually(within: .seconds(30)) { () async throws -> Int? in
            let now = value()
            looks = now == last ? looks + 1 : 0
            last = now
            return now > 0 && looks > 10 ? now : nil
        }
    }
}
