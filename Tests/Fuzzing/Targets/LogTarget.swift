// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Store

extension FuzzTarget {
    /// Bodies of `POST /log`, as JSON and as NDJSON: the quick scanner beside the general parser.
    static let logs = FuzzTarget("logs") { bytes in
        try LogTarget.checkLines(bytes)
        try LogTarget.checkDocument(bytes)
    }
}

private enum LogTarget {
    static let arrival = Timestamp(microseconds: 1_795_000_000_000_000)

    static func checkLines(_ bytes: [UInt8]) throws {
        let whole = LogBody(bytes, form: .lines, arrival: arrival)
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
        let filled = lines.filter { line in line.contains { ![0x20, 0x09, 0x0D].contains($0) } }
        try same(whole.rows.count + whole.refusedCount, filled.count, "frames taken and refused beside lines")
        var frames: [LogFrame] = []
        var refused: [String] = []
        for (index, line) in filled.enumerated() {
            let alone = LogBody(line, form: .lines, arrival: arrival)
            try same(alone.rows.count + alone.refusedCount, 1, "frames of one line")
            try checkFrame(line, alone)
            frames += alone.rows.frames
            refused += alone.refused.map { "\(index) \($0.field) \($0.message)" }
        }
        try hold(isSame(whole.rows.frames, frames), "lines give other frames together than one by one")
        let told = whole.refused.map { "\($0.index) \($0.field) \($0.message)" }
        try same(told, Array(refused.prefix(LogBody.mostRefused)), "what is told of refused lines")
        // A line that a reader would take for two would shift every frame after it.
        for frame in frames { try hold(frame.fields?.contains(0x0A) != true, "fields have a line break in them") }
    }

    /// The scanner takes a frame exactly when the general parser does, and as the same one.
    private static func checkFrame(_ line: [UInt8], _ body: LogBody) throws {
        guard let draft = try? LogFrameDraft(JSONValue.parse(line)) else {
            return try hold(body.rows.isEmpty, "the scanner takes what the general parser refuses")
        }
        guard let frame = body.rows.frames.first else { throw BrokenPromise("a good frame is refused") }
        let texts =
            [
                (frame.service, draft.service), (frame.message, draft.message), (frame.traceID, draft.traceID),
                (frame.correlationID, draft.correlationID),
            ] as [(String?, String?)]
        try hold(texts.allSatisfy { $0.0.isSpelt(as: $0.1) }, "the scanner reads another text")
        try hold(frame.time == draft.time ?? arrival && frame.level == draft.level, "the scanner reads another frame")
        // The scanner keeps blanks as they are.
        let fields = try frame.fields.map { try JSONValue.parse($0).bytes }
        try hold(fields == draft.fields, "the scanner reads other fields")
    }

    static func checkDocument(_ bytes: [UInt8]) throws {
        let body = LogBody(bytes, form: .json, arrival: arrival)
        guard let value = try? JSONValue.parse(bytes) else {
            return try hold(body.refusedCount > 0, "nothing is refused of what is not JSON")
        }
        guard case .array(let elements) = value else {
            try hold(body.isSingle, "one frame is not told as one")
            return try checkFrame(bytes, body)
        }
        let drafts = elements.compactMap { try? LogFrameDraft($0) }
        try same(body.rows.count, drafts.count, "frames taken of an array")
        try same(body.refusedCount, elements.count - drafts.count, "frames refused of an array")
        for (frame, draft) in zip(body.rows.frames, drafts) {
            try hold(frame.message.isSpelt(as: draft.message), "an array gives other frames")
        }
        // The same frames, one in a line.
        let lines = Array(elements.map(\.bytes).joined(separator: [0x0A]))
        let listed = LogBody(lines, form: .lines, arrival: arrival)
        try same(listed.rows.count, body.rows.count, "frames of an array as lines")
    }

    private static func isSame(_ left: [LogFrame], _ right: [LogFrame]) -> Bool {
        left == right && zip(left, right).allSatisfy { $0.message.isSpelt(as: $1.message) && $0.fields == $1.fields }
    }
}
