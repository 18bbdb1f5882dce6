// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import Logging
import NIOCore

/// Plain HTTP/1, on connections that end with their sockets and not before.
struct PlainHTTPChannel: ServerChildChannel {
    let http1: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http1.setup(channel: channel, logger: logger).map { $0.keptUntilClosed() }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await http1.handle(value: value, logger: logger) }
}

extension NIOAsyncChannel {
    /// Keeps this until its socket is closed.
    ///
    /// One that is accepted in the moment in which the server stops listening is given to nobody, and NIO ends the process when
    /// one goes that was not served.
    func keptUntilClosed() -> Self {
        channel.closeFuture.whenComplete { _ in withExtendedLifetime(self) {} }
        return self
    }
}
