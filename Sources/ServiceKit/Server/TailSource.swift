// SPDX-License-Identifier: Apache-2.0

package import Common
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

    /// What a connection is to be given next.
    enum Step: Sendable {
        /// Everything that follows is in the tail.
        case follow
        /// A page from storage, which ends with the event of that number.
        case page([UInt8], through: Int64)
        /// What is said before the stream ends.
        case lastWord([UInt8])
        case over
    }

    /// Reads what follows `cursor` where that is no longer in the tail. Throws when the connection is to be cut off.
    func step(after cursor: Int64) async throws -> Step {
        if Task.isShuttingDownGracefully { return .over }
        try Task.checkCancellation()
        guard case .older = tail.read(after: cursor) else { return .follow }
        switch try await older(cursor) {
        case .batch(let batch): return .page(batch.bytes, through: batch.last)
        case .last(let event):
            var buffer = ByteBuffer()
            event.write(to: &buffer)
            return .lastWord(Array(buffer.readableBytesView))
        case .nothing: return .over
        }
    }

    /// The same stream from another place on.
    func from(_ cursor: Int64) -> TailSource { TailSource(tail, through: fanOut, after: cursor, older: older) }
}
