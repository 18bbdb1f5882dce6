// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A WebSocket client for tests: polite by default, able to send whatever a hostile one would.
package final class WebSocketTestClient: Sendable {
    /// What the server sent; pings and the close frame are answered and counted instead.
    package enum Message: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
        case pong([UInt8])
    }

    /// The handshake was answered with something other than 101.
    package struct Refused: Error, Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: String

        /// The first header of that name, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// What was waited for did not come.
    package struct TimedOut: Error, Sendable {}
    /// The connection ended before what was waited for came.
    package struct Ended: Error, Sendable {}

    private let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    /// Opens a WebSocket; throws `Refused` when the server declines.
    ///
    /// `early` is sent right behind the request, before it is answered. With `answersPings` false the client plays dead.
    package static func connect(
        host: String = "127.0.0.1", port: Int, path: String, headers: [(String, String)] = [], early: [UInt8] = [],
        answersPings: Bool = true, answersClose: Bool = true, within limit: Duration = .seconds(10)
    ) async throws -> WebSocketTestClient {
        let mailbox = Mailbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Receiver(mailbox: mailbox, answersPings: answersPings, answersClose: answersClose))
                }
            }
            .connect(host: host, port: port).get()
        let client = WebSocketTestClient(channel: channel, mailbox: mailbox)
        var lines = ["GET \(path) HTTP/1.1", "Host: \(host):\(port)", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(Handshake.key)"]
        lines += headers.map { "\($0.0): \($0.1)" }
        try await client.send(bytes: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + early)
        let answer = try await client.wait(within: limit) { $0.answer }
        guard answer.status == 101, answer.header("Sec-WebSocket-Accept") == Handshake.accept else {
            client.drop()
            throw answer
        }
        return client
    }

    /// The next message, in order.
    package func receive(within limit: Duration = .seconds(10)) async throws -> Message {
        try await wait(within: limit) { $0.messages.isEmpty ? nil : $0.messages.removeFirst() }
    }

    /// The next message, which must be text.
    package func receiveText(within limit: Duration = .seconds(10)) async throws -> String {
        guard case .text(let text) = try await receive(within: limit) else { throw TimedOut() }
        return text
    }

    /// The code of the server's close frame; nil when the connection ended without one, or the frame held none.
    package func closeCode(within limit: Duration = .seconds(10)) async throws -> UInt16? {
        try await wait(within: limit) { state -> UInt16?? in
            if state.hasClose { return .some(state.closeCode) }
            return state.isEnded ? .some(nil) : nil
        }
    }

    /// Waits until the server has closed the connection.
    package func waitForEnd(within limit: Duration = .seconds(10)) async throws {
        try await wait(within: limit) { $0.isEnded ? () : nil }
    }

    /// Pings received so far.
    package var pings: Int { mailbox.state.withLock { $0.pings } }
    /// Messages that wait to be received.
    package var waiting: Int { mailbox.state.withLock { $0.messages.count } }
    /// Whether every frame of the server kept to RFC 6455.
    package var serverErrors: [String] { mailbox.state.withLock { $0.errors } }

    package func send(text: String) async throws { try await send(opcode: 1, payload: Array(text.utf8)) }

    /// Sends one frame as told, right or wrong.
    package func send(
        opcode: UInt8, payload: [UInt8] = [], isFinal: Bool = true, isMasked: Bool = true, reservedBits: UInt8 = 0
    ) async throws {
        try await send(
            bytes: Handshake.frame(
                opcode: opcode, payload: payload, isFinal: isFinal, isMasked: isMasked, reservedBits: reservedBits))
    }

    /// Sends bytes as they are.
    package func send(bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Begins the closing handshake.
    package func close(_ code: UInt16 = 1000) async throws {
        try await send(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)])
    }

    /// Closes the socket without a word.
    package func drop() { channel.close(promise: nil) }

    /// With false, leaves whatever the server sends in the socket.
    package func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(ChannelOptions.autoRead, value: isReading).get()
        if isReading { channel.read() }
    }

    /// Bytes of one frame as a client sends it.
    package static func frame(
        opcode: UInt8, payload: [UInt8] = [], isFinal: Bool = true, isMasked: Bool = true, reservedBits: UInt8 = 0
    ) -> [UInt8] {
        Handshake.frame(
            opcode: opcode, payload: payload, isFinal: isFinal, isMasked: isMasked, reservedBits: reservedBits)
    }

    private func wait<Value>(within limit: Duration, for take: (inout Mailbox.State) -> Value?) async throws -> Value {
        let end = ContinuousClock.now + limit
        while true {
            let (value, isEnded) = mailbox.state.withLock { state in (take(&state), state.isEnded) }
            if let value { return value }
            if isEnded { throw Ended() }
            guard ContinuousClock.now < end else { throw TimedOut() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// What arrived, between the event loop and the test.
private final class Mailbox: Sendable {
    struct State {
        var answer: WebSocketTestClient.Refused?
        var messages: [WebSocketTestClient.Message] = []
        var pings = 0
        var hasClose = false
        var closeCode: UInt16?
        var isEnded = false
        var errors: [String] = []
    }

    let state = Mutex(State())
}

private enum Handshake {
    /// The example of RFC 6455 §1.3, whose answer is known.
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    static func frame(
        opcode: UInt8, payload: [UInt8], isFinal: Bool, isMasked: Bool, reservedBits: UInt8
    ) -> [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reservedBits << 4 | opcode]
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(maskBit | UInt8(payload.count))
        case ..<65_536: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        guard isMasked else { return bytes + payload }
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
        return bytes
    }
}

/// Reads the answer to the handshake, then frames.
private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let mailbox: Mailbox
    private let answersPings: Bool
    private let answersClose: Bool
    private var bytes = ByteBuffer()
    private var isOpen = false
    private var fragments: (opcode: UInt8, payload: [UInt8])?

    init(mailbox: Mailbox, answersPings: Bool, answersClose: Bool) {
        self.mailbox = mailbox
        self.answersPings = answersPings
        self.answersClose = answersClose
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        bytes.writeBuffer(&buffer)
        if !isOpen { readAnswer(isLast: false) }
        if isOpen { while readFrame(context) {} }
        bytes.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOpen { readAnswer(isLast: true) }
        mailbox.state.withLock { $0.isEnded = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Takes the head, and the body of an answer other than 101 once it is whole.
    private func readAnswer(isLast: Bool) {
        let text = String(buffer: bytes)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return }
        let lines = text[..<end.lowerBound].split(separator: "\r\n").map { String($0) }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (String(line[..<colon]), String(value))
        }
        let body = String(text[end.upperBound...])
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard status == 101 || body.utf8.count >= length || isLast else { return }
        isOpen = status == 101
        if isOpen { bytes.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count) }
        let answer = WebSocketTestClient.Refused(status: status, headers: headers, body: body)
        mailbox.state.withLock { $0.answer = answer }
    }

    /// Takes one frame off the bytes; false when it is not whole yet.
    private func readFrame(_ context: ChannelHandlerContext) -> Bool {
        var rest = bytes
        guard let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) else {
            return false
        }
        var length = Int(second & 0x7F)
        if length == 126 {
            guard let long = rest.readInteger(as: UInt16.self) else { return false }
            length = Int(long)
        } else if length == 127 {
            guard let long = rest.readInteger(as: UInt64.self) else { return false }
            length = Int(long)
        }
        guard let payload = rest.readBytes(length: length) else { return false }
        bytes = rest
        if second & 0x80 != 0 { fail("a frame was masked") }
        if first & 0x70 != 0 { fail("a reserved bit was set") }
        take(opcode: first & 0x0F, isFinal: first & 0x80 != 0, payload, context)
        return true
    }

    private func take(opcode: UInt8, isFinal: Bool, _ payload: [UInt8], _ context: ChannelHandlerContext) {
        switch opcode {
        case 0:
            guard var message = fragments else { return fail("there was no message to continue") }
            message.payload += payload
            fragments = isFinal ? nil : message
            if isFinal { deliver(opcode: message.opcode, message.payload) }
        case 1, 2: if isFinal { deliver(opcode: opcode, payload) } else { fragments = (opcode, payload) }
        case 8:
            mailbox.state.withLock { state in
                state.hasClose = true
                state.closeCode = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
            }
            if answersClose { write(opcode: 8, Array(payload.prefix(2)), context) }
        case 9:
            mailbox.state.withLock { $0.pings += 1 }
            if answersPings { write(opcode: 10, payload, context) }
        case 10: mailbox.state.withLock { $0.messages.append(.pong(payload)) }
        default: fail("opcode \(opcode)")
        }
    }

    private func deliver(opcode: UInt8, _ payload: [UInt8]) {
        if opcode == 2 { return mailbox.state.withLock { $0.messages.append(.binary(payload)) } }
        guard let text = String(validating: payload, as: UTF8.self) else { return fail("text was not UTF-8") }
        mailbox.state.withLock { $0.messages.append(.text(text)) }
    }

    private func write(opcode: UInt8, _ payload: [UInt8], _ context: ChannelHandlerContext) {
        let bytes = Handshake.frame(opcode: opcode, payload: payload, isFinal: true, isMasked: true, reservedBits: 0)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func fail(_ error: String) { mailbox.state.withLock { $0.errors.append(error) } }
}
