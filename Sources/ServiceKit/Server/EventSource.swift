// SPDX-License-Identifier: Apache-2.0

package import API
import Common
import HTTPTypes
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// One server-sent event.
package struct StreamEvent: Sendable {
    /// What a client sends as `Last-Event-ID` to go on after this event; without line breaks.
    package let id: String?
    /// `message` when nil.
    package let name: String?
    /// JSON in one line.
    package let data: [UInt8]

    package init(id: String? = nil, name: String? = nil, data: [UInt8]) {
        self.id = id
        self.name = name
        self.data = data
    }

    package init(id: String? = nil, name: String? = nil, _ value: some WireValue) {
        self.init(id: id, name: name, data: value.json)
    }

    func write(to buffer: inout ByteBuffer) {
        if let id { buffer.writeString("id: \(id)\n") }
        if let name { buffer.writeString("event: \(name)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
    }
}

/// What a streaming endpoint answers with: batches of events, as they come.
///
/// The next batch is only asked for when the last one has been taken by the connection; so nothing is buffered here,
/// and a source decides by itself what to do about a slow reader. A comment is sent when nothing else has been for a
/// while, so that proxies keep the connection and a vanished client is noticed.
package struct EventSource: Sendable {
    private enum Form: Sendable {
        /// Something that puts batches as they come.
        case pump(@Sendable (Handover<[StreamEvent]>) async throws -> Void, heartbeat: Duration)
        case tail(TailSource)
    }

    private let form: Form

    /// - Parameter batches: Empty batches are passed over. When it throws, the connection is cut off, which a client
    /// tells
    ///   from an end.
    package init<Batches: AsyncSequence & Sendable>(_ batches: Batches, heartbeat: Duration = .seconds(15))
    where Batches.Element == [StreamEvent] {
        form = .pump(
            { handover in for try await batch in batches where !batch.isEmpty { try await handover.put(batch) } },
            heartbeat: heartbeat)
    }

    /// Calls `next` for one batch after another, until it gives nil.
    package init(heartbeat: Duration = .seconds(15), next: @escaping @Sendable () async throws -> [StreamEvent]?) {
        form = .pump(
            { handover in
                while let batch = try await next() {
                    if !batch.isEmpty { try await handover.put(batch) }
                }
            }, heartbeat: heartbeat)
    }

    /// These events and then the end.
    package init(_ events: [StreamEvent]) {
        form = .pump({ handover in try await handover.put(events) }, heartbeat: .seconds(15))
    }

    /// Follows a tail that many share. It is written without any task, not even the connection's, and its bytes are not
    /// copied; at its end the connection is closed.
    package init(_ tail: TailSource) {
        form = .tail(tail)
    }

    func response(to context: CallContext) -> Response {
        // Nginx and its like buffer answers unless they are told not to.
        var headers: HTTPFields = [.contentType: "text/event-stream", constantName("X-Accel-Buffering"): "no"]
        if case .tail = form { headers[.connection] = "close" }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { [self] writer in
                switch form {
                case .pump(let pump, let heartbeat):
                    try await write(pump, to: &writer, heartbeat: heartbeat, disconnect: context.disconnect)
                case .tail(let tail): try await write(tail, to: &writer, context)
                }
                try await writer.finish(nil)
            })
    }

    @concurrent
    private func write(
        _ tail: TailSource, to writer: inout any ResponseBodyWriter, _ context: CallContext
    ) async throws {
        try await writer.write(TailSource.greeting)
        var cursor = tail.cursor
        while true {
            switch try await tail.step(after: cursor) {
            case .page(let bytes, let last):
                try await writer.write(ByteBuffer(bytes: bytes))
                cursor = last
            case .lastWord(let bytes): return try await writer.write(ByteBuffer(bytes: bytes))
            case .over: return
            case .follow:
                throw TailHandover(
                    source: tail.from(cursor), channel: context.channel, disconnect: context.disconnect)
            }
        }
    }

    @concurrent
    private func write(
        _ pump: @escaping @Sendable (Handover<[StreamEvent]>) async throws -> Void,
        to writer: inout any ResponseBodyWriter, heartbeat: Duration, disconnect: Disconnect?
    ) async throws {
        let handover = Handover<[StreamEvent]>()
        disconnect?.onGone { handover.finish() }
        defer { disconnect?.onGone(nil) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { handover.finish() }
                // A daemon that stops ends its streams; clients come back to another one with their last id.
                try await cancelWhenGracefulShutdown {
                    do { try await pump(handover) } catch is CancellationError {}
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: heartbeat)) != nil { handover.offer([]) }
            }
            // The head goes out with the first write; a client waits for it to know that it is connected.
            try await writer.write(ByteBuffer(string: ": connected\n\n"))
            while let batch = await handover.take() {
                var buffer = ByteBuffer()
                if batch.isEmpty { buffer.writeString(": still here\n\n") }
                for event in batch { event.write(to: &buffer) }
                try await writer.write(buffer)
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
