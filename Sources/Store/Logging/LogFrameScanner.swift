// SPDX-License-Identifier: Apache-2.0

import Common
import Domain

/// Turns the JSON of an ordinary frame straight into a row.
///
/// It takes only what it is sure of and otherwise changes nothing, so that the general parser can decide and find the
/// words for what is wrong: unusual escapes, repeated or unknown members, line breaks within `fields`, and every mistake.
/// For whatever it does take, `LogFrameDraft` gives the same frame (a test compares them).
struct LogFrameScanner {
    let bytes: [UInt8]
    /// The end of what may be read.
    var end: Int
    var position = 0
    /// Whether what may be read is UTF-8; if not, other than ASCII is left to the general parser.
    private(set) var isUnicode: Bool
    private let isAllUnicode: Bool
    /// The places of member names of the objects being read, to find one that is repeated.
    var names: [Range<Int>] = []

    /// The content of a string, between its quotes.
    struct Text {
        let range: Range<Int>
        let isEscaped: Bool
    }

    /// Deeper fields are left to the general parser.
    static let deepest = 24
    /// Larger objects are left to the general parser, which finds repeated names by hashing.
    static let mostMembers = 24

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
        isAllUnicode = Self.isUnicode(bytes[...])
        isUnicode = isAllUnicode
    }

    /// Goes on with one line, which is read as if it were by itself: what is wrong with others is not its fault.
    mutating func beginLine(_ line: Range<Int>) {
        position = line.lowerBound
        end = line.upperBound
        isUnicode = isAllUnicode || Self.isUnicode(bytes[line])
    }

    private static func isUnicode(_ slice: ArraySlice<UInt8>) -> Bool {
        slice.allSatisfy { $0 < 0x80 } || String(validating: slice, as: UTF8.self) != nil
    }

    /// Appends the frame at `position` to `rows` and moves behind it; false if it is not one for us.
    mutating func scanFrame(into rows: inout LogRows, arrival: Timestamp) -> Bool {
        let start = position
        if readFrame(into: &rows, arrival: arrival) { return true }
        position = start
        return false
    }

    mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func isNext(_ character: Unicode.Scalar) -> Bool {
        position < end && bytes[position] == UInt8(ascii: character)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        position += 1
        return true
    }
}

// MARK: - The frame

extension LogFrameScanner {
    private struct Members {
        var level: LogLevel?
        var time: Timestamp?
        var service: Text?
        var message: Text?
        var traceID: Text?
        var correlationID: Text?
        var fields: Range<Int>?
        /// One bit for each member that was given.
        var given: UInt8 = 0

        mutating func isFirst(_ bit: UInt8) -> Bool {
            defer { given |= 1 << bit }
            return given & (1 << bit) == 0
        }
    }

    private mutating func readFrame(into rows: inout LogRows, arrival: Timestamp) -> Bool {
        var members = Members()
        guard take("{") else { return false }
        repeat {
            skipSpace()
            guard readMember(into: &members) else { return false }
            skipSpace()
        } while take(",")
        guard take("}"), let level = members.level, let service = members.service, let message = members.message else {
            return false
        }
        rows.begin(time: members.time ?? arrival, level: level)
        rows.append(text: bytes[service.range])
        guard append(message, to: &rows) else {
            rows.dropLast()
            return false
        }
        rows.append(text: members.traceID.map { bytes[$0.range] })
        rows.append(text: members.correlationID.map { bytes[$0.range] })
        rows.append(text: members.fields.map { bytes[$0] })
        return true
    }

    private mutating func readMember(into members: inout Members) -> Bool {
        guard let name = readString(), !name.isEscaped else { return false }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
        switch name.range.count {
        case 4 where equals(name.range, "time"):
            guard members.isFirst(0) else { return false }
            if readNull() { return true }
            guard let text = readString(), !text.isEscaped, text.range.count <= 40,
                let time = Timestamp(String(decoding: bytes[text.range], as: UTF8.self)),
                LogFrameDraft.times.contains(time)
            else { return false }
            members.time = time
        case 5 where equals(name.range, "level"):
            guard members.isFirst(1), let text = readString(), let level = level(text.range) else { return false }
            members.level = level
        case 6 where equals(name.range, "fields"):
            guard members.isFirst(2) else { return false }
            if readNull() { return true }
            let start = position
            guard isNext("{"), skipValue(depth: 0), position - start <= LogFrameDraft.longestFields else {
                return false
            }
            members.fields = start..<position
        case 7 where equals(name.range, "service"):
            guard members.isFirst(3), let text = readLabel(longest: LogFrameDraft.longestService) else { return false }
            members.service = text
        case 7 where equals(name.range, "message"):
            guard members.isFirst(4), let text = readString(), text.range.count <= LogFrameDraft.longestMessage else {
                return false
            }
            members.message = text
        case 7 where equals(name.range, "traceId"):
            guard members.isFirst(5) else { return false }
            if readNull() { return true }
            guard let text = readLabel(longest: LogFrameDraft.longestIdentifier) else { return false }
            members.traceID = text
        case 13 where equals(name.range, "correlationId"):
            guard members.isFirst(6) else { return false }
            if readNull() { return true }
            guard let text = readLabel(longest: LogFrameDraft.longestIdentifier) else { return false }
            members.correlationID = text
        default: return false
        }
        return true
    }

    func equals(_ range: Range<Int>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { characters in
            for place in 0..<range.count where unsafe bytes[range.lowerBound + place] != characters[place] {
                return false
            }
            return true
        }
    }

    private func level(_ range: Range<Int>) -> LogLevel? {
        switch range.count {
        case 4 where equals(range, "info"): .info
        case 5 where equals(range, "debug"): .debug
        case 5 where equals(range, "trace"): .trace
        case 5 where equals(range, "error"): .error
        case 6 where equals(range, "notice"): .notice
        case 7 where equals(range, "warning"): .warning
        case 8 where equals(range, "critical"): .critical
        default: nil
        }
    }

    /// A short string without escapes, DEL or emptiness.
    private mutating func readLabel(longest: Int) -> Text? {
        guard let text = readString(), !text.isEscaped, (1...longest).contains(text.range.count),
            bytes[text.range].allSatisfy({ $0 != 0x7F })
        else { return nil }
        return text
    }

    private mutating func readNull() -> Bool { readWord("null") }

    mutating func readWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard position + length <= end, equals(position..<(position + length), word) else { return false }
        position += length
        return true
    }
}
