// SPDX-License-Identifier: Apache-2.0

/// One event of a `text/event-stream`.
package struct ServerSentEvent: Sendable, Equatable {
    /// The last id the stream has named so far, to be sent as Last-Event-ID when reading on later; empty when none was.
    package let id: String
    /// `message` unless the stream says otherwise.
    package let event: String
    /// The data lines joined by line feeds.
    package let data: String

    package init(id: String, event: String, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// Reads a `text/event-stream` from chunks that may be cut anywhere, as the HTML standard says.
package struct ServerSentEvents: Sendable {
    /// A line or an event that is longer than we are willing to hold.
    package struct TooLong: Error, Sendable, Equatable {
        package let limit: Int

        package init(limit: Int) { self.limit = limit }
    }

    /// The id to resume after: that of the last event handed out.
    package private(set) var lastEventID = ""
    /// The pause before connecting again that the stream asked for.
    package private(set) var retry: Duration?

    private let limit: Int
    private var line: [UInt8] = []
    private var isAtStart = true
    private var skipsLineFeed = false
    private var idBuffer = ""
    private var eventBuffer = ""
    private var dataBuffer: [UInt8] = []
    private var hasData = false

    /// `limit` bounds the bytes of a line and of the data of one event.
    package init(limit: Int = 1024 * 1024) { self.limit = limit }

    /// Takes in the next bytes and returns the events they complete. After `TooLong` the stream is not to be read on.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            if skipsLineFeed {
                skipsLineFeed = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            switch byte {
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                skipsLineFeed = byte == UInt8(ascii: "\r")
                if let event = try endLine() { events.append(event) }
            default:
                guard line.count < limit else { throw TooLong(limit: limit) }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws(TooLong) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isAtStart {
            isAtStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        guard line.first != UInt8(ascii: ":") else { return nil }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        try take(field: String(decoding: line[..<colon], as: UTF8.self), value: value)
        return nil
    }

    private mutating func take(field: String, value: ArraySlice<UInt8>) throws(TooLong) {
        switch field {
        case "data":
            guard dataBuffer.count + value.count < limit else { throw TooLong(limit: limit) }
            if hasData { dataBuffer.append(UInt8(ascii: "\n")) }
            dataBuffer.append(contentsOf: value)
            hasData = true
        case "event": eventBuffer = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { idBuffer = String(decoding: value, as: UTF8.self) }
        case "retry":
            let isNumber = value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if isNumber, let milliseconds = Int64(String(decoding: value, as: UTF8.self)) {
                retry = .milliseconds(milliseconds)
            }
        default: break
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        lastEventID = idBuffer
        defer {
            eventBuffer = ""
            dataBuffer.removeAll(keepingCapacity: true)
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            id: lastEventID, event: eventBuffer.isEmpty ? "message" : eventBuffer,
            data: String(decoding: dataBuffer, as: UTF8.self))
    }
}

extension HTTPStream {
    /// The stream's events; an event that is cut off by the end is left out. Throws what the stream throws, and `HTTPCallError`
    /// when a line or an event exceeds `limit` bytes.
    package func events(limit: Int = 1024 * 1024) -> HTTPStreamEvents { HTTPStreamEvents(stream: self, limit: limit) }
}

/// The server-sent events of one answer.
package struct HTTPStreamEvents: AsyncSequence, Sendable {
    package typealias Element = ServerSentEvent
    let stream: HTTPStream
    let limit: Int

    package func makeAsyncIterator() -> Iterator {
        Iterator(chunks: stream.makeAsyncIterator(), parser: ServerSentEvents(limit: limit))
    }

    package struct Iterator: AsyncIteratorProtocol {
        private var chunks: HTTPStream.Iterator
        private var parser: ServerSentEvents
        private var ready: ArraySlice<ServerSentEvent> = []

        init(chunks: HTTPStream.Iterator, parser: ServerSentEvents) {
            self.chunks = chunks
            self.parser = parser
        }

        @concurrent package mutating func next() async throws -> ServerSentEvent? {
            while ready.isEmpty {
                guard let chunk = try await chunks.next() else { return nil }
                do {
                    ready = try parser.feed(chunk)[...]
                } catch {
                    throw HTTPCallError.malformed("an event longer than \(error.limit) bytes")
                }
            }
            return ready.removeFirst()
        }
    }
}
