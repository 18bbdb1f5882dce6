// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore

/// Brings a connection that has fallen behind its tail up to it again, from storage.
struct TailCatchUp: Sendable {
    let source: TailSource
    let start: Int64
    let writer: NIOLoopBound<TailWriter>
    let eventLoop: any EventLoop
    /// Of the request that the stream answers: what is logged meanwhile belongs to it.
    let trace: TraceContext

    /// Writes page by page, and then lets the writer follow the tail, or end.
    @concurrent
    func run() async {
        await TraceContext.$current.withValue(trace) {
            do { try await readAndSend() } catch { eventLoop.execute { writer.value.cut() } }
        }
    }

    private func readAndSend() async throws {
        var cursor = start
        while true {
            switch try await source.step(after: cursor) {
            case .page(let bytes, let last):
                try await send(bytes)
                cursor = last
            case .lastWord(let bytes):
                try await send(bytes)
                return eventLoop.execute { writer.value.end() }
            case .over: return eventLoop.execute { writer.value.end() }
            case .follow:
                let place = cursor
                return eventLoop.execute { writer.value.follow(after: place) }
            }
        }
    }

    private func send(_ bytes: [UInt8]) async throws {
        let chunk = TailChunk(bytes)
        try await eventLoop.flatSubmit {
            writer.value.send(chunk) ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }.get()
    }
}
