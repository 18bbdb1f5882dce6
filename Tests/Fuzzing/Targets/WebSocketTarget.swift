// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import ServiceKit
import Synchronization

extension FuzzTarget {
    /// WebSocket frames as a client sends them, through the decoder and the handler of the server; and request targets.
    static let websocket = FuzzTarget("websocket") { bytes in
        let whole = try WebSocketTarget.converse([bytes[...]])
        let cut = try WebSocketTarget.converse(pieces(of: bytes))
        try hold(cut.messages == whole.messages, "the messages depend on where the stream is cut")
        try hold(cut.answer == whole.answer, "the answer depends on where the stream is cut")
        try hold(cut.closure == whole.closure, "the end depends on where the stream is cut")
        try WebSocketTarget.checkAnswer(whole)
        try WebSocketTarget.checkMeaning(bytes, whole)
        let target = String(decoding: bytes, as: UTF8.self)
        let request = WebSocketRequest.split(target: target)
        try hold(target.utf8.starts(with: request.path.utf8), "the path is not the beginning of the target")
    }
}

private enum WebSocketTarget {
    static let limit = 2048

    struct Conversation {
        var messages: [WebSocketMessage]
        /// The bytes that the server sent.
        var answer: [UInt8]
        var closure: WebSocketClosure?
    }

    private static let server = {
        var limits = WebSocketLimits()
        limits.messageBytes = limit
        // So that reading never pauses: nobody reads before all was sent.
        limits.waitingMessages = .max
        return WebSocketServer(routes: [], limits: limits) { _ in .init(status: 400, headers: [:], body: []) }
    }()

    static func converse(_ pieces: [ArraySlice<UInt8>]) throws -> Conversation {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let connection = try server.begin(WebSocketRequest(path: "/ws"), on: channel)
        for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
        let closure = connection.closure
        var answer: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { answer += Array(buffer.readableBytesView) }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return Conversation(messages: collect(connection), answer: answer, closure: closure)
    }

    /// The messages that wait; the connection has ended, so nothing is waited for.
    private static func collect(_ connection: WebSocketConnection) -> [WebSocketMessage] {
        let inbox = Inbox()
        let executor = DirectExecutor()
        Task(executorPreference: executor) {
            for await message in connection.messages { inbox.messages.withLock { $0.append(message) } }
        }
        executor.run()
        return inbox.messages.withLock { $0 }
    }

    private final class Inbox: Sendable {
        let messages = Mutex<[WebSocketMessage]>([])
    }

    // MARK: What the server says

    /// Whole frames without masks: pongs, and at most one close, which is the last.
    static func checkAnswer(_ conversation: Conversation) throws {
        var rest = conversation.answer[...]
        var isClosed = false
        while let first = rest.popFirst() {
            try hold(!isClosed, "the server speaks after its close")
            guard let length = rest.popFirst() else { throw BrokenPromise("half a frame is sent") }
            try hold(length <= 125 && rest.count >= Int(length), "a frame of \(length) bytes is sent")
            try hold(first == 0x8A || first == 0x88, "a frame that begins with \(first) is sent")
            isClosed = first == 0x88
            rest = rest.dropFirst(Int(length))
        }
        try hold(isClosed == (conversation.closure != nil), "a close is sent when nothing is closed, or the reverse")
    }

    // MARK: What the client said

    static func checkMeaning(_ bytes: [UInt8], _ conversation: Conversation) throws {
        var model = ClientModel(bytes)
        model.run()
        try hold(model.messages == conversation.messages, "other messages than were sent")
        let code = conversation.closure.map { $0.code?.rawValue ?? 0 }
        let isRight = model.end.map { codes in code.map(codes.contains) == true } ?? (code == nil)
        try hold(isRight, "ends with \(String(describing: code)) rather than \(String(describing: model.end))")
    }
}

/// RFC 6455 read plainly: all bytes are here at once.
private struct ClientModel {
    private(set) var messages: [WebSocketMessage] = []
    /// The codes that it may be closed with, 0 for none; nil while it goes on.
    private(set) var end: Set<UInt16>?
    private var rest: ArraySlice<UInt8>
    private var message: (isText: Bool, bytes: [UInt8])?

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func run() {
        while end == nil, readFrame() {}
    }

    private mutating func readFrame() -> Bool {
        let head = Array(rest.prefix(2))
        guard head.count == 2 else { return false }
        let (isFinal, opcode) = (head[0] & 0x80 != 0, head[0] & 0x0F)
        let isControl = opcode & 8 != 0
        var lengthBytes = 0
        var length = UInt64(head[1] & 0x7F)
        if length >= 126 {
            lengthBytes = length == 126 ? 2 : 8
            let digits = rest.dropFirst(2).prefix(lengthBytes)
            guard digits.count == lengthBytes else { return false }
            length = digits.reduce(0) { $0 << 8 | UInt64($1) }
        }
        // Which of several offences is told is the server's to choose.
        var offences: Set<UInt16> = []
        // The length counts, not how many bytes it is written in: NIO takes a short one in the long form.
        if isControl, !isFinal || length > 125 { offences.insert(1002) }
        if length > UInt64(WebSocketTarget.limit) { offences.insert(1009) }
        guard offences.isEmpty else {
            end = offences
            return false
        }
        let isMasked = head[1] & 0x80 != 0
        let start = 2 + lengthBytes + (isMasked ? 4 : 0)
        guard rest.count >= start + Int(length) else { return false }
        let mask = Array(rest.dropFirst(2 + lengthBytes).prefix(isMasked ? 4 : 0))
        let payload = rest.dropFirst(start).prefix(Int(length)).enumerated().map { index, byte in
            isMasked ? byte ^ mask[index % 4] : byte
        }
        rest = rest.dropFirst(start + Int(length))
        guard isMasked, head[0] & 0x70 == 0 else {
            end = [1002]
            return false
        }
        take(opcode, payload, isFinal: isFinal)
        return true
    }

    private mutating func take(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool) {
        switch opcode {
        case 0:
            guard var message else { return end = [1002] }
            message.bytes += payload
            guard message.bytes.count <= WebSocketTarget.limit else { return end = [1009] }
            self.message = isFinal ? nil : message
            if isFinal { deliver(message) }
        case 1, 2:
            guard message == nil else { return end = [1002] }
            if isFinal { deliver((opcode == 1, payload)) } else { message = (opcode == 1, payload) }
        case 8: close(payload)
        case 9, 10: break
        default: end = [1002]
        }
    }

    private mutating func deliver(_ message: (isText: Bool, bytes: [UInt8])) {
        guard message.isText else { return messages.append(.binary(message.bytes)) }
        guard let text = String(validating: message.bytes, as: UTF8.self) else { return end = [1007] }
        messages.append(.text(text))
    }

    private mutating func close(_ payload: [UInt8]) {
        guard payload.count > 1 else { return end = payload.isEmpty ? [0] : [1002] }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isKnown = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        guard isKnown else { return end = [1002] }
        end = [String(validating: payload.dropFirst(2), as: UTF8.self) == nil ? 1007 : code]
    }
}

/// Runs a task on the thread that asks for it: an input is read from its beginning to its end, and nobody waits for a thread.
private final class DirectExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Returns when nothing is left to run.
    func run() {
        while let job = jobs.withLock({ $0.popLast() }) {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
