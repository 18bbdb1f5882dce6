// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// One open WebSocket, on the server's side. Safe to use from several tasks; its messages have one reader.
package final class WebSocketConnection: Sendable {
    /// What the client asked for when it connected.
    package let request: WebSocketRequest
    private let channel: any Channel
    private let handler: NIOLoopBound<WebSocketHandler>
    private let gate: WriteGate
    private let inbox: WebSocketInbox
    private let ending: Mutex<WebSocketClosure?>

    init(request: WebSocketRequest, channel: any Channel, handler: WebSocketHandler) {
        self.request = request
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        gate = handler.gate
        inbox = handler.inbox
        ending = Mutex(nil)
    }

    /// Whole messages in order, until the connection ends for whatever reason or the reading task is cancelled.
    ///
    /// While many wait to be read, no more are taken from the client.
    package var messages: WebSocketMessages { WebSocketMessages(connection: self) }

    /// How the connection ended; nil while it is open.
    package var closure: WebSocketClosure? { ending.withLock { $0 } }

    /// Sends one text message; as `send(_:)`.
    package func send(text: String) async throws { try await send([WebSocketText(text)]) }

    /// Sends the messages together, with one flush.
    ///
    /// Suspends while the client is behind in reading. Returning means that they are on their way, not that they arrived.
    /// Throws `WebSocketClosed` when the connection is closing or the client takes nothing for the write timeout, and
    /// `CancellationError`.
    package func send(_ batch: [WebSocketText]) async throws {
        guard !batch.isEmpty else { return }
        try await gate.pass()
        let handler = handler
        try await channel.eventLoop.submit { try handler.value.send(batch.map(\.buffer)) }.get()
    }

    /// Begins the closing handshake; returns at once. Only the first close of a connection has an effect.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        let handler = handler
        channel.eventLoop.execute { handler.value.close(code, reason: reason) }
    }

    /// Returns when the connection is gone.
    func waitForEnd() async { try? await channel.closeFuture.get() }

    /// Drops the connection without a handshake.
    func abort() { channel.close(promise: nil) }

    func nextMessage() async -> WebSocketMessage? {
        await inbox.next {
            let handler = handler
            channel.eventLoop.execute { handler.value.resumeReading() }
        }
    }

    /// Notes the first reason for the end.
    func end(with closure: WebSocketClosure) { ending.withLock { $0 = $0 ?? closure } }
}

/// The messages that a client sends, for one reader.
package struct WebSocketMessages: AsyncSequence, Sendable {
    package typealias Element = WebSocketMessage
    package typealias Failure = Never
    let connection: WebSocketConnection

    package func makeAsyncIterator() -> Iterator { Iterator(connection: connection) }

    package struct Iterator: AsyncIteratorProtocol {
        package typealias Failure = Never
        let connection: WebSocketConnection

        package mutating func next() async -> WebSocketMessage? { await connection.nextMessage() }
    }
}
