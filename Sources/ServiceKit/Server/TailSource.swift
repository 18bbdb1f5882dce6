// SPDX-License-Identifier: Apache-2.0

package import Common
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// A stream that many follow: what is recent comes from a shared tail, what is older from storage.
package struct TailSource: Sendable {
    /// A page of what is no longer in the tail.
    package enum Older: Sendable {
        case batch(EventBatch)
        /// Something to be said before the stream ends.
        case last(StreamEvent)
        /// There is nothing to go on with; the client comes back.
        case nothing
    }

    let tail: any EventTail
    let fanOut: TailFanOut
    let cursor: Int64
    let older: @Sendable (Int64) async throws -> Older

    /// - Parameters:
    ///   - fanOut: Shared by all streams of a daemon.
    ///   - cursor: What comes after this is sent.
    ///   - older: Reads a page from storage. When it throws, the connection is cut off.
    package init(
        _ tail: any EventTail, through fanOut: TailFanOut, after cursor: Int64,
        older: @escaping @Sendable (Int64) async throws -> Older
    ) {
        self.tail = tail
        self.fanOut = fanOut
        self.cursor = cursor
        self.older = older
    }

    /// Clients that lose their daemon together do not come back together.
    static var greeting: ByteBuffer {
        ByteBuffer(string: ": connected\nretry: \(Int.random(in: 1000...5000))\n\n")
    }

    /// Writes until the stream ends; answers the number of bytes that did not go through `writer`.
    @concurrent
    func write(
        to writer: inout any ResponseBodyWriter, channel: any Channel, disconnect: Disconnect?
    ) async throws -> Int {
        let connection = TailConnection(channel: channel, tail: tail, fanOut: fanOut, disconnect: disconnect)
        var cursor = cursor
        var sent = 0
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            guard case .older = tail.read(after: cursor) else {
                let outcome = await connection.follow(after: cursor)
                sent += outcome.sent
                cursor = outcome.cursor
                guard case .older = outcome.ending else { return sent }
                continue
            }
            switch try await older(cursor) {
            case .batch(let batch):
                try await writer.write(ByteBuffer(bytes: batch.bytes))
                cursor = batch.last
            case .last(let event):
                var buffer = ByteBuffer()
                event.write(to: &buffer)
                try await writer.write(buffer)
                return sent
            case .nothing: return sent
            }
        }
        return sent
    }
}
