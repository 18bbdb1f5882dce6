// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore

/// A piece of a body as HTTP/1 frames it when its length is not known beforehand (RFC 9112, section 7.1), made once for all
/// connections.
struct TailChunk {
    let framed: ByteBuffer
    /// How much of it is body.
    let count: Int

    init(_ bytes: some Collection<UInt8>) {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(bytes.count + 12)
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeString("\r\n")
        (framed, count) = (buffer, bytes.count)
    }
}

/// Writes a tail to one connection, whose pipeline it stands in next to the socket; confined to the connection's event loop.
///
/// The connection belongs to it until it is closed. The task that took the request ends at the beginning, since what a task
/// keeps of its stack is half of what a connection costs; the closing that comes with that task's end goes no further than
/// here. What is written is framed already, so it costs the connection one buffer and passes no other handler.
final class TailWriter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case following
        /// What the tail has given up is being read from storage, by a task of its own.
        case readingOlder
        case over
    }

    private(set) var cursor: Int64
    weak var loop: TailLoop?
    private let source: TailSource
    private let openTails: OpenTails
    private let record: RequestRecord
    private var sent = 0
    private var phase = Phase.following
    private var context: ChannelHandlerContext?
    private var lastWrite = NIODeadline.now()
    private static let comment = TailChunk(": still here\n\n".utf8)
    /// The end of a body (RFC 9112, section 7.1).
    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")
    /// How long the end of a stream may take to leave.
    private static let farewell = TimeAmount.seconds(2)

    /// - Parameter record: Ended when the stream does.
    init(_ source: TailSource, _ record: RequestRecord, _ openTails: OpenTails) {
        self.source = source
        self.record = record
        self.openTails = openTails
        cursor = source.cursor
    }

    var isWritable: Bool { phase == .following && context?.channel.isWritable == true }

    /// Begins, or ends at once when the daemon is stopping.
    func begin() {
        guard let context else { return end() }
        if openTails.enter(self, on: context.eventLoop) {
            source.fanOut.join(self, source.tail, context.eventLoop)
        } else {
            end()
        }
    }

    /// Writes a batch, up to which the connection has had everything then, without pushing it out.
    func write(_ chunk: TailChunk, through last: Int64) {
        write(chunk)
        cursor = last
    }

    private func write(_ chunk: TailChunk) {
        context?.write(wrapOutboundOut(chunk.framed), promise: nil)
        sent += chunk.count
        lastWrite = .now()
    }

    func flush() { context?.flush() }

    /// Writes a comment unless something else was written since then.
    func beat(ifQuietSince due: NIODeadline) {
        guard lastWrite <= due, isWritable else { return }
        write(Self.comment)
        flush()
    }

    /// Ends the stream, as a client understands it, and the connection with it.
    func end() {
        guard let context, finish() else { return }
        let eventLoop = context.eventLoop.assumeIsolated()
        // Whoever does not read must not hold the daemon up.
        let late = eventLoop.scheduleTask(in: Self.farewell) { context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(Self.lastChunk)).assumeIsolated().whenComplete { _ in
            late.cancel()
            context.close(promise: nil)
        }
    }

    /// Closes the connection without an end of the stream: the client has gone, or is to see that something is missing.
    func cut() {
        guard finish() else { return }
        context?.close(promise: nil)
    }

    /// Whether it was not over before.
    private func finish() -> Bool {
        guard phase != .over else { return false }
        phase = .over
        loop?.remove(self)
        record.end(sent: sent)
        return true
    }
}

// MARK: - The pipeline

extension TailWriter {
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        cut()
        self.context = nil
        openTails.leave(self)
    }

    /// The task of the connection lets go of it; it is not the one to close it any more.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        promise?.succeed(())
    }

    /// Nothing is expected from a client that listens, and nobody is there to read it.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.fireChannelWritabilityChanged()
        if context.channel.isWritable { loop?.pull(self) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { cut() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        context.fireChannelInactive()
        cut()
    }
}

// MARK: - Storage

extension TailWriter {
    /// Lets a task write what the tail no longer has, and follows the tail again afterwards.
    func readOlder() {
        guard phase == .following, let eventLoop = context?.eventLoop else { return }
        phase = .readingOlder
        loop?.remove(self)
        let catchUp = TailCatchUp(
            source: source, start: cursor, writer: NIOLoopBound(self, eventLoop: eventLoop), eventLoop: eventLoop,
            trace: record.trace)
        // Nobody waits for it; it ends with the connection, on which its writing fails.
        _ = eventLoop.makeFutureWithTask { await catchUp.run() }
    }

    /// Tells when it has left; nil when nothing can be written any more.
    func send(_ chunk: TailChunk) -> EventLoopFuture<Void>? {
        guard phase == .readingOlder, let context else { return nil }
        sent += chunk.count
        lastWrite = .now()
        return context.writeAndFlush(wrapOutboundOut(chunk.framed))
    }

    /// Goes on with the tail.
    func follow(after place: Int64) {
        guard phase == .readingOlder, let context else { return }
        cursor = place
        phase = .following
        source.fanOut.join(self, source.tail, context.eventLoop)
    }
}
