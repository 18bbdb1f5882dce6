// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Clients that connect and then send next to nothing, to keep a server busy waiting for them.
package final class SlowClients: Sendable {
    private let channels: [any Channel]

    private init(channels: [any Channel]) { self.channels = channels }

    /// Opens `count` connections. Each sends `beginning` and then one byte of `rest` after the other, `pause` apart.
    package static func open(
        _ count: Int, host: String, port: Int, beginning: [UInt8], rest: [UInt8], pause: Duration
    ) async throws -> SlowClients {
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port).get()
            channels.append(channel)
            channel.writeAndFlush(ByteBuffer(bytes: beginning), promise: nil)
            let left = Left(rest)
            channel.eventLoop.scheduleRepeatedTask(
                initialDelay: .zero, delay: .nanoseconds(Int64(pause / .nanoseconds(1)))
            ) { task in
                guard channel.isActive, let byte = left.next() else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
            }
        }
        return SlowClients(channels: channels)
    }

    /// How many the server has closed.
    package var closedCount: Int { channels.count { !$0.isActive } }

    package func close() { for channel in channels { channel.close(promise: nil) } }
}

/// What a client has not sent yet.
private final class Left: Sendable {
    private let bytes: Mutex<ArraySlice<UInt8>>

    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes[...]) }

    func next() -> UInt8? { bytes.withLock { $0.popFirst() } }
}
