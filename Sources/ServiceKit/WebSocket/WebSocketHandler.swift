// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// The server's side of RFC 6455 on one channel: joins fragments, checks what the client may not send, pings, closes.
///
/// Everything here runs on the channel's event loop. `gate` and `inbox` are the two doors to the tasks outside.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    private enum Phase {
        case open
        /// A close frame was sent; what arrives is looked through for the client's.
        case closing
        /// Nothing that arrives matters any more; the end of the connection is awaited.
        case draining
        case closed
    }

    let gate = WriteGate()
    let inbox: WebSocketInbox
    /// Told once how the connection ended.
    var onEnd: ((WebSocketClosure) -> Void)?
    private let limits: WebSocketLimits
    private let tally: WebSocketTally
    private var context: ChannelHandlerContext?
    private var phase = Phase.open
    private var fragments: (opcode: WebSocketOpcode, bytes: ByteBuffer)?
    private var isPaused = false
    private var wantsRead = false
    private var hasHeard = true
    private var pingTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?
    private var closeTimer: Scheduled<Void>?

    init(limits: WebSocketLimits, tally: WebSocketTally) {
        self.limits = limits
        self.tally = tally
        inbox = WebSocketInbox(limit: limits.waitingMessages)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        schedulePing(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(WebSocketClosure(side: .server, code: nil, reason: "removed"))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(WebSocketClosure(side: .client, code: nil, reason: "connection lost"))
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasHeard = true
        let frame = unwrapInboundIn(data)
        switch phase {
        case .open: receive(frame, context)
        case .closing: if frame.opcode == .connectionClose { context.close(promise: nil) }
        case .draining, .closed: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { wantsRead = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if context.channel.isWritable {
            gate.open()
        } else {
            gate.shut()
            writeTimer = schedule(in: limits.writeTimeout, context) { handler, context in
                handler.drop(WebSocketClosure(side: .client, code: nil, reason: "took no data in time"), context)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(.goingAway, reason: "The server is stopping.")
        case ChannelEvent.inputClosed:
            drop(WebSocketClosure(side: .client, code: nil, reason: "connection lost"), context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: fail(.messageTooBig, "The message is too big.", context)
        case is NIOWebSocketError: fail(.protocolError, "A control frame is malformed.", context)
        default: drop(WebSocketClosure(side: .client, code: nil, reason: "connection lost"), context)
        }
    }

    // MARK: What tasks ask for

    /// Queues the texts and flushes them; throws `WebSocketClosed` unless the connection is open.
    func send(_ texts: [ByteBuffer]) throws {
        guard phase == .open, let context else { throw WebSocketClosed() }
        tally.count(out: texts.count)
        for text in texts {
            context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: text)), promise: nil)
        }
        context.flush()
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        guard phase == .open, let context else { return }
        sendClose(code, reason, context)
        phase = .closing
        end(WebSocketClosure(side: .server, code: code, reason: reason))
        scheduleClose(context)
        // A client that cannot be heard would not be heard closing either.
        resumeReading()
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        if wantsRead {
            wantsRead = false
            context?.read()
        }
    }
}

// MARK: Receiving

extension WebSocketHandler {
    private func receive(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard frame.maskKey != nil else { return fail(.protocolError, "Frames must be masked.", context) }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return fail(.protocolError, "No extension was agreed on.", context)
        }
        switch frame.opcode {
        case .text, .binary: begin(frame, context)
        case .continuation: continueMessage(frame, context)
        case .ping:
            guard context.channel.isWritable else { return }
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong: break
        case .connectionClose: receiveClose(frame.unmaskedData, context)
        default: fail(.protocolError, "The opcode is unknown.", context)
        }
    }

    private func begin(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard fragments == nil else {
            return fail(.protocolError, "A message began inside another.", context)
        }
        if frame.fin {
            deliver(frame.opcode, frame.unmaskedData, context)
        } else {
            fragments = (frame.opcode, frame.unmaskedData)
        }
    }

    private func continueMessage(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard var message = fragments else {
            return fail(.protocolError, "There is no message to continue.", context)
        }
        // Taken out while it grows, so that appending does not copy it.
        fragments = nil
        var part = frame.unmaskedData
        guard message.bytes.readableBytes + part.readableBytes <= limits.messageBytes else {
            return fail(.messageTooBig, "The message is too big.", context)
        }
        message.bytes.writeBuffer(&part)
        if frame.fin {
            deliver(message.opcode, message.bytes, context)
        } else {
            fragments = message
        }
    }

    private func deliver(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let message: WebSocketMessage
        if opcode == .text {
            guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
                return fail(.invalidData, "The text is not UTF-8.", context)
            }
            message = .text(text)
        } else {
            message = .binary(Array(bytes.readableBytesView))
        }
        tally.countIn()
        if !inbox.push(message) { isPaused = true }
    }

    private func receiveClose(_ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        var payload = payload
        guard let number = payload.readInteger(as: UInt16.self) else {
            guard payload.readableBytes == 0 else {
                return fail(.protocolError, "The close code is cut short.", context)
            }
            return answerClose(nil, reason: "", context)
        }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.isSendable else { return fail(.protocolError, "There is no such close code.", context) }
        guard let reason = String(validating: payload.readableBytesView, as: UTF8.self) else {
            return fail(.invalidData, "The reason is not UTF-8.", context)
        }
        answerClose(code, reason: reason, context)
    }

    private func answerClose(_ code: WebSocketCloseCode?, reason: String, _ context: ChannelHandlerContext) {
        sendClose(code, "", context)
        phase = .draining
        end(WebSocketClosure(side: .client, code: code, reason: reason))
        closeOutput(context)
    }
}

// MARK: Ending

extension WebSocketHandler {
    /// Closes because of what the client did. The input is drained until the client is gone: closing with unread bytes would
    /// reset the connection, and the client might never see why.
    private func fail(_ code: WebSocketCloseCode, _ reason: String, _ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        sendClose(code, reason, context)
        phase = .draining
        fragments = nil
        end(WebSocketClosure(side: .server, code: code, reason: reason))
        closeOutput(context)
        resumeReading()
    }

    private func sendClose(_ code: WebSocketCloseCode?, _ reason: String, _ context: ChannelHandlerContext) {
        var payload = context.channel.allocator.buffer(capacity: 125)
        if let code {
            payload.writeInteger(code.rawValue)
            payload.writeString(Self.cut(reason, bytes: 123))
        }
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// Ends our half after what is queued; the whole when the client ends its half, or when the time for it is over.
    private func closeOutput(_ context: ChannelHandlerContext) {
        scheduleClose(context)
        context.close(mode: .output, promise: nil)
    }

    private func scheduleClose(_ context: ChannelHandlerContext) {
        guard closeTimer == nil else { return }
        closeTimer = schedule(in: limits.closeTimeout, context) { _, context in context.close(promise: nil) }
    }

    private func drop(_ closure: WebSocketClosure, _ context: ChannelHandlerContext) {
        end(closure)
        context.close(promise: nil)
    }

    /// Lets no more through to or from the tasks outside.
    private func end(_ closure: WebSocketClosure) {
        // First, so that whoever is turned away below can see why.
        onEnd?(closure)
        onEnd = nil
        gate.close()
        inbox.finish()
        pingTimer?.cancel()
    }

    private func finish(_ closure: WebSocketClosure) {
        phase = .closed
        end(closure)
        for timer in [writeTimer, closeTimer] { timer?.cancel() }
    }

    private static func cut(_ text: String, bytes limit: Int) -> String {
        var text = text
        while text.utf8.count > limit { text.removeLast() }
        return text
    }
}

// MARK: Time

extension WebSocketHandler {
    private func schedulePing(_ context: ChannelHandlerContext) {
        pingTimer = schedule(in: limits.pingInterval, context) { handler, context in handler.ping(context) }
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        // While reading is paused a pong could not be seen, and while the socket takes nothing the write timer is running.
        guard !isPaused, context.channel.isWritable else { return schedulePing(context) }
        hasHeard = false
        let frame = WebSocketFrame(fin: true, opcode: .ping, data: context.channel.allocator.buffer(capacity: 0))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        pingTimer = schedule(in: limits.pongTimeout, context) { handler, context in
            if handler.hasHeard || handler.isPaused {
                handler.schedulePing(context)
            } else {
                handler.drop(WebSocketClosure(side: .client, code: nil, reason: "no pong in time"), context)
            }
        }
    }

    private func schedule(
        in delay: Duration, _ context: ChannelHandlerContext,
        _ action: @escaping (WebSocketHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
            guard let self, let context = self.context else { return }
            action(self, context)
        }
    }
}
