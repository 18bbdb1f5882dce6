// SPDX-License-Identifier: Apache-2.0

package import Common
import Domain

/// What the body of a `POST /log` held: rows of the good frames, and why the others were refused.
package struct LogBody: Sendable {
    package enum Form: Sendable {
        /// One frame, or an array of frames.
        case json
        /// A frame a line; blank lines do not count.
        case lines
    }

    /// One frame that was not taken.
    package struct Refused: Sendable, Equatable {
        /// Its place among the frames, from 0.
        package let index: Int
        /// A JSON Pointer into the frame; empty for the frame itself.
        package let field: String
        package let message: String
    }

    package private(set) var rows = LogRows()
    /// The first of the refused; there may be more.
    package private(set) var refused: [Refused] = []
    package private(set) var refusedCount = 0
    /// Whether the body was one frame by itself, so that its index says nothing.
    package private(set) var isSingle = false
    /// Good frames that only the general parser could read; they cost several times as much.
    package private(set) var oddCount = 0
    private var count = 0

    /// Refused frames that are told one by one.
    package static let mostRefused = 100
    /// Frames of one request; what follows is not read.
    package static let mostFrames = 100_000

    /// Reads the body; frames that say no time are of `arrival`.
    package init(_ bytes: [UInt8], form: Form, arrival: Timestamp) {
        var scanner = LogFrameScanner(bytes)
        // A row is about as long as its JSON, of which 200 bytes are usual.
        rows.reserve(bytes: bytes.count, rows: bytes.count / 200 + 1)
        switch form {
        case .json: readDocument(&scanner, arrival)
        case .lines: readLines(&scanner, arrival)
        }
    }

    private mutating func readLines(_ scanner: inout LogFrameScanner, _ arrival: Timestamp) {
        let bytes = scanner.bytes
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            scanner.beginLine(start..<end)
            scanner.skipSpace()
            if scanner.position < end {
                guard hasRoom() else { return }
                let isTaken = scanner.scanFrame(into: &rows, arrival: arrival)
                scanner.skipSpace()
                if isTaken, scanner.position == end {
                    count += 1
                } else {
                    // A good frame with something behind it is no frame.
                    if isTaken { rows.dropLast() }
                    readOdd(bytes[start..<end], arrival)
                }
            }
            start = end + 1
        }
    }

    private mutating func readDocument(_ scanner: inout LogFrameScanner, _ arrival: Timestamp) {
        scanner.skipSpace()
        guard scanner.take("[") else {
            isSingle = true
            let isTaken = scanner.scanFrame(into: &rows, arrival: arrival)
            scanner.skipSpace()
            if isTaken, scanner.position == scanner.end {
                count = 1
            } else {
                if isTaken { rows.dropLast() }
                readOdd(scanner.bytes[...], arrival)
            }
            return
        }
        scanner.skipSpace()
        if scanner.take("]") { return readEnd(&scanner) }
        repeat {
            scanner.skipSpace()
            guard hasRoom() else { return }
            if scanner.scanFrame(into: &rows, arrival: arrival) {
                count += 1
            } else {
                let start = scanner.position
                guard scanner.skipUnchecked() else {
                    return refuse("is not valid JSON, and nothing after it could be read")
                }
                readOdd(scanner.bytes[start..<scanner.position], arrival)
            }
            scanner.skipSpace()
        } while scanner.take(",")
        guard scanner.take("]") else { return refuse("does not follow a comma, so nothing from here on could be read") }
        readEnd(&scanner)
    }

    private mutating func readEnd(_ scanner: inout LogFrameScanner) {
        scanner.skipSpace()
        if scanner.position < scanner.end { refuse("is behind the end of the array") }
    }

    /// Reads a frame by the general parser.
    private mutating func readOdd(_ slice: ArraySlice<UInt8>, _ arrival: Timestamp) {
        do {
            rows.append(try LogFrameDraft(try JSONValue.parse(Array(slice))), arrival: arrival)
            oddCount += 1
            count += 1
        } catch let error as LogFrameRefusal {
            refuse(error.message, error.field)
        } catch {
            refuse("is not valid JSON: \(error)")
        }
    }

    private mutating func hasRoom() -> Bool {
        guard count < Self.mostFrames else {
            refuse("is one too many: a request takes \(Self.mostFrames) frames")
            return false
        }
        return true
    }

    private mutating func refuse(_ message: String, _ field: String = "") {
        if refused.count < Self.mostRefused { refused.append(Refused(index: count, field: field, message: message)) }
        refusedCount += 1
        count += 1
    }
}

extension LogFrameScanner {
    /// Moves behind a value by its brackets and quotes alone; false when they do not close.
    mutating func skipUnchecked() -> Bool {
        var depth = 0
        let start = position
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard skipQuoted() else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position > start }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return position > start }
            default: break
            }
            position += 1
        }
        return false
    }

    private mutating func skipQuoted() -> Bool {
        position += 1
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return false
    }
}
