// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Frames as rows of a binary COPY, made once and handed from the request that brought them to the connection that
/// stores them. Binary, because then text needs no escaping and the number and time of arrival, known only inside the
/// transaction, are patched in at fixed places.
package struct LogRows: Sendable {
    package static let columns = "log_id, received_at, time, level, service, message, trace_id, correlation_id, fields"

    /// The rows one after another, without the header and the trailer of the COPY.
    package private(set) var bytes: [UInt8] = []
    /// Where each row begins.
    private var starts: [Int] = []

    // A row: the number of columns (2 bytes), then each column as its length (4) and its bytes.
    private static let columnCount: UInt16 = 9
    private static let idOffset = 2 + 4
    private static let arrivalOffset = idOffset + 8 + 4
    private static let timeOffset = arrivalOffset + 8 + 4
    private static let levelOffset = timeOffset + 8 + 4
    private static let textsOffset = levelOffset + 2
    /// 2000-01-01, from which the server counts, in microseconds since 1970.
    private static let serverEpoch: Int64 = 946_684_800_000_000

    package init() {}

    package var count: Int { starts.count }
    package var isEmpty: Bool { starts.isEmpty }

    package mutating func reserve(bytes: Int, rows: Int) {
        self.bytes.reserveCapacity(self.bytes.count + bytes)
        starts.reserveCapacity(starts.count + rows)
    }

    /// Appends a frame that says no time of its own as of `arrival`.
    package mutating func append(_ draft: LogFrameDraft, arrival: Timestamp) {
        begin(time: draft.time ?? arrival, level: draft.level)
        append(text: draft.service.utf8)
        append(text: draft.message.utf8)
        append(text: draft.traceID?.utf8)
        append(text: draft.correlationID?.utf8)
        append(text: draft.fields)
    }

    /// Gives the rows consecutive ids and one time of arrival.
    package mutating func number(from first: Int64, receivedAt: Timestamp) {
        var id = first
        let arrival = receivedAt.microseconds - Self.serverEpoch
        for start in starts {
            put(id, at: start + Self.idOffset)
            put(arrival, at: start + Self.arrivalOffset)
            id += 1
        }
    }
}

// MARK: - Writing, for the scanner too

extension LogRows {
    /// Begins a row; five texts have to follow.
    mutating func begin(time: Timestamp, level: LogLevel) {
        starts.append(bytes.count)
        append(Self.columnCount)
        append(UInt32(8))
        append(UInt64(0))
        append(UInt32(8))
        append(UInt64(0))
        append(UInt32(8))
        append(UInt64(bitPattern: time.microseconds - Self.serverEpoch))
        append(UInt32(2))
        append(UInt16(bitPattern: level.rank))
    }

    mutating func append(text: (some Collection<UInt8>)?) {
        guard let text else { return appendNull() }
        append(UInt32(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func appendNull() { append(UInt32.max) }

    /// Appends a text whose bytes `write` appends one by one.
    mutating func append(measured write: (inout [UInt8]) -> Bool) -> Bool {
        let place = bytes.count
        append(UInt32(0))
        guard write(&bytes) else { return false }
        let length = UInt32(bytes.count - place - 4)
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index))) }
        return true
    }

    /// Takes back the row that was begun last.
    mutating func dropLast() {
        guard let start = starts.popLast() else { return }
        bytes.removeSubrange(start...)
    }

    private mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private mutating func put(_ value: Int64, at place: Int) {
        for index in 0..<8 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (56 - 8 * index)) }
    }
}

// MARK: - Reading, for live subscribers

extension LogRows {
    /// The frames, once they have been numbered.
    package var frames: [LogFrame] { starts.indices.map(frame) }

    private func frame(at index: Int) -> LogFrame {
        let start = starts[index]
        var place = start + Self.textsOffset
        let service = text(at: &place) ?? ""
        let message = text(at: &place) ?? ""
        let traceID = text(at: &place)
        let correlationID = text(at: &place)
        let fields = range(at: &place).map { Array(bytes[$0]) }
        return LogFrame(
            id: Int64(bitPattern: number(at: start + Self.idOffset, size: 8)),
            time: time(at: start + Self.timeOffset),
            level: LogLevel(rank: Int16(number(at: start + Self.levelOffset, size: 2))) ?? .critical,
            service: service, message: message, traceID: traceID, correlationID: correlationID, fields: fields,
            receivedAt: time(at: start + Self.arrivalOffset))
    }

    private func number(at place: Int, size: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in place..<(place + size) { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    private func time(at place: Int) -> Timestamp {
        Timestamp(microseconds: Int64(bitPattern: number(at: place, size: 8)) + Self.serverEpoch)
    }

    private func range(at place: inout Int) -> Range<Int>? {
        let length = UInt32(truncatingIfNeeded: number(at: place, size: 4))
        place += 4
        guard length != UInt32.max else { return nil }
        let range = place..<(place + Int(length))
        place = range.upperBound
        return range
    }

    private func text(at place: inout Int) -> String? {
        range(at: &place).map { String(decoding: bytes[$0], as: UTF8.self) }
    }
}

// MARK: - The whole of a COPY

extension LogRows {
    /// What comes before the first row: signature, flags, length of the extension.
    package static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    /// What comes after the last.
    package static let trailer: [UInt8] = [0xFF, 0xFF]
}
