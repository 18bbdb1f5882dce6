// SPDX-License-Identifier: Apache-2.0

import Common
import ServiceKit
import TestKit
import Testing

/// What a client may not do, as bytes, and the code it must be told.
private struct Offence: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: UInt16

    init(_ description: String, _ frames: [[UInt8]], _ code: UInt16) {
        testDescription = description
        bytes = frames.flatMap { $0 }
        self.code = code
    }

    static func frame(_ opcode: UInt8, _ text: String = "", isFinal: Bool = true) -> [UInt8] {
        WebSocketTestClient.frame(opcode: opcode, payload: Array(text.utf8), isFinal: isFinal)
    }

    static func close(_ payload: [UInt8]) -> [UInt8] { WebSocketTestClient.frame(opcode: 8, payload: payload) }

    private static let half = String(repeating: "x", count: 40_000)

    static let all: [Offence] = [
        Offence("an unmasked frame", [WebSocketTestClient.frame(opcode: 1, payload: [65], isMasked: false)], 1002),
        Offence("a reserved bit", [WebSocketTestClient.frame(opcode: 1, payload: [65], reservedBits: 4)], 1002),
        Offence("an unknown data opcode", [frame(3)], 1002),
        Offence("an unknown control opcode", [frame(11)], 1002),
        Offence("a fragmented ping", [frame(9, "x", isFinal: false)], 1002),
        Offence("a ping of 126 bytes", [frame(9, String(repeating: "x", count: 126))], 1002),
        Offence("a continuation of nothing", [frame(0, "x")], 1002),
        Offence("a message inside another", [frame(1, "a", isFinal: false), frame(1, "b")], 1002),
        Offence("a close code cut short", [close([3])], 1002),
        Offence("a close code of nobody", [close([3, 0xED])], 1002),
        Offence("a close code below 1000", [close([0, 5])], 1002),
        Offence("a close reason that is no UTF-8", [close([3, 0xE8, 0xFF])], 1007),
        Offence("text that is no UTF-8", [WebSocketTestClient.frame(opcode: 1, payload: [0xC3, 0x28])], 1007),
        Offence(
            "UTF-8 cut off by the end of a fragmented message",
            [WebSocketTestClient.frame(opcode: 1, payload: [0xC3], isFinal: false), frame(0)], 1007),
        Offence("a frame too big", [frame(1, String(repeating: "x", count: 70_001))], 1009),
        Offence("fragments too big together", [frame(1, half, isFinal: false), frame(0, half)], 1009),
        Offence("a frame that announces more than memory holds", [[0x81, 0xFF, 0x7F, 0, 0, 0, 0, 0, 0, 0]], 1009),
    ]
}

@Suite(.timeLimit(.minutes(1)))
struct WebSocketProtocolTests {
    @Test func `messages of every length come back whole`() async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
                let text = String(repeating: "x", count: length)
                try await client.send(text: text)
                #expect(try await client.receiveText() == text)
            }
            try await client.send(opcode: 2, payload: [0, 255, 128])
            #expect(try await client.receiveText() == "3 bytes")
            #expect(client.serverErrors.isEmpty)
            #expect(server.webSockets.counters.messagesIn == 9)
            #expect(server.webSockets.counters.messagesOut == 9)
        }
    }

    @Test func `fragments are joined, also around control frames and inside characters`() async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            let bytes = Array("zwölf 🥚".utf8)
            for (index, byte) in bytes.enumerated() {
                let isLast = index == bytes.count - 1
                try await client.send(opcode: index == 0 ? 1 : 0, payload: [byte], isFinal: isLast)
                if index == 3 { try await client.send(opcode: 9, payload: [7, 8]) }
            }
            #expect(try await client.receive() == .pong([7, 8]))
            #expect(try await client.receive() == .text("zwölf 🥚"))
        }
    }

    @Test func `bytes that arrive one by one make the same frames`() async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            for byte in WebSocketTestClient.frame(opcode: 1, payload: Array("slow".utf8)) {
                try await client.send(bytes: [byte])
            }
            #expect(try await client.receiveText() == "slow")
        }
    }

    @Test(arguments: Offence.all)
    fileprivate func `an offence is answered with its code`(offence: Offence) async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await client.send(bytes: offence.bytes)
            #expect(try await client.closeCode() == offence.code)
            try await client.waitForEnd()
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test(arguments: [1000, 1001, 3000, 4999] as [UInt16])
    func `a client's close is answered with its code, and the connection ends`(code: UInt16) async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws", answersClose: false)
            try await client.send(text: "last")
            #expect(try await client.receiveText() == "last")
            try await client.close(code)
            #expect(try await client.closeCode() == code)
            client.drop()
            try await eventually { server.webSockets.counters.connections == 0 }
        }
    }

    @Test func `a close without a code is answered without one`() async throws {
        try await WebSocketTestServer.run([echoRoute], limits: quickLimits()) { server in
            let client = try await WebSocketTestClient.connect(port: server.port, path: "/ws")
            try await client.send(opcode: 8)
            #expect(try await client.closeCode() == nil)
            try await client.waitForEnd()
        }
    }
}
