// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Tells when the other end of a connection has gone, or has closed its half, which no caller of ours does before it
/// has read its answer.
final class Disconnect: Sendable {
    private struct State {
        var isGone = false
        var callback: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Whether the other end is known to have gone.
    var isGone: Bool { state.withLock { $0.isGone } }

    /// Calls back once, at once if the other end has gone already; nil takes the callback back.
    func onGone(_ callback: (@Sendable () -> Void)?) {
        let isGone = state.withLock { state in
            state.callback = state.isGone ? nil : callback
            return state.isGone
        }
        if isGone { callback?() }
    }

    fileprivate func announce() {
        let callback = state.withLock { state in
            state.isGone = true
            defer { state.callback = nil }
            return state.callback
        }
        callback?()
    }

    /// The watch of a connection, put into its pipeline when it is asked for the first time; nil when it is closed.
    static func watch(_ channel: any Channel) async -> Disconnect? {
        try? await channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            if let watch = try? pipeline.handler(type: DisconnectHandler.self) { return watch.disconnect }
            let watch = DisconnectHandler()
            try pipeline.addHandler(watch, position: .first)
            return watch.disconnect
        }.get()
    }
}

/// Sits at the socket's end of a pipeline and passes everything on.
private final class DisconnectHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let disconnect = Disconnect()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { disconnect.announce() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        disconnect.announce()
        context.fireChannelInactive()
    }
}
