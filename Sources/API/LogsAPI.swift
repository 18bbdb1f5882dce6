// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// Log frames in, pages and a live stream of them out.
package enum LogsAPI {
    package static let append = Endpoint<AppendLogs, LogReceipt>(
        "appendLogs", .post, "/log", .peopleAndServices(.writeLogs), "Stores log frames.",
        description: """
            The answer comes after the frames are committed. Good frames are stored even when others of the same request are \
            refused; each of those is told by its index. The answer is 400 only when no frame was good.
            """,
        tag: "logs", success: [202])

    package static let list = Endpoint<ListLogs, LogsView>(
        "listLogs", .get, "/logs", .peopleAndServices(.readLogs), "Finds log frames.",
        description: """
            Frames are in the order of their ids, which is the order in which they were committed. A page looks at a bounded \
            number of frames, so it can be short, or even empty, and still have a `next_cursor` to go on with.
            """,
        tag: "logs", stopsWithConnection: true)

    package static let count = Endpoint<CountLogs, LogHistogramView>(
        "countLogs", .get, "/logs/histogram", .peopleAndServices(.readLogs), "Counts log frames over time, by level.",
        description: """
            A bounded number of frames is looked at: first those that arrived within the range, from the newest back. When \
            these were not all, `complete` is false, and `counted_from` and `counted_until` say which were.
            """,
        tag: "logs", stopsWithConnection: true)

    package static let stream = Endpoint<StreamLogs, EventStream<LogFrameView>>(
        "streamLogs", .get, "/logs/stream", .peopleAndServices(.readLogs), "Streams log frames as they are committed.",
        description: """
            Each frame is an event `log` with its log id as the id, in the order of ids, each once. The stream begins with \
            what is committed from now on, or behind the id in `Last-Event-ID` or `after`. If that is older than what is \
            kept, or was never handed out, an event `reset` says with which id it goes on (`{"next_id":5}`).
            """,
        tag: "logs")

    package static let catalogue: [AnyEndpoint] = [append.route, list.route, count.route, stream.route]
}

// MARK: - In

/// A body of frames, in one of three forms.
package struct AppendLogs: WireInput {
    package let mediaType: String
    package let bytes: [UInt8]

    package init(_ input: inout InputReader) {
        (mediaType, bytes) = input.rawBody(
            "One frame, an array of frames, or a frame a line.",
            [
                (Self.json, { @Sendable (components: inout Components) in Self.frames(&components) }),
                (Self.lines, { @Sendable (_: inout Components) in Self.frameLines }),
            ])
    }

    private static func frames(_ components: inout Components) -> JSONObject {
        let frame = JSONValue.object(frame(&components))
        // One good element is enough for the request to succeed.
        return ["anyOf": [frame, ["type": "array", "contains": frame]]]
    }

    private static let frameLines: JSONObject = [
        "type": "string", "description": "A frame a line; blank lines do not count.",
    ]

    package static let json = "application/json"
    package static let lines = "application/x-ndjson"

    private static func frame(_ components: inout Components) -> JSONObject {
        components.reference("NewLogFrame") { _ in
            func label(_ longest: Int, _ description: String, orNull: Bool = true) -> JSONValue {
                [
                    "type": orNull ? ["string", "null"] : "string", "minLength": 1, "maxLength": JSONValue(longest),
                    "pattern": #"^[^\u0000-\u001f\u007f]*$"#, "description": .string(description),
                ]
            }
            return [
                "type": "object",
                "properties": [
                    "level": ["type": "string", "enum": .array(LogLevel.allCases.map { .string($0.rawValue) })],
                    "service": label(LogFrameDraft.longestService, "Who logs.", orNull: false),
                    "message": [
                        "type": "string", "maxLength": JSONValue(LogFrameDraft.longestMessage),
                        "description": "What is to be said. U+0000 is stored as U+FFFD.",
                    ],
                    "traceId": label(LogFrameDraft.longestIdentifier, "The W3C trace it belongs to."),
                    "correlationId": label(LogFrameDraft.longestIdentifier, "What else it belongs to."),
                    "time": [
                        "type": ["string", "null"], "format": "date-time",
                        "description": "When it was logged; the time of arrival unless given.",
                    ],
                    "fields": ["type": ["object", "null"], "description": "Anything else, up to 256 KiB as JSON."],
                ],
                "required": ["level", "service", "message"], "additionalProperties": false,
            ]
        }
    }
}

/// What to find.
package struct ListLogs: WireInput {
    package let filter: LogFilter
    package let since: Timestamp?
    package let until: Timestamp?
    package let after: Int64?
    package let before: Int64?
    package let order: LogOrder
    package let limit: Int

    package init(_ input: inout InputReader) {
        filter = LogFilterInput(&input).filter
        since = input.query(
            "since",
            """
            Only of this moment and later, by the frame's own time; by its time of arrival when the two are further apart \
            than an hour late or a minute early.
            """, .timestamp)
        until = input.query("until", "Only from before this moment; see `since`.", .timestamp)
        limit = input.query("limit", "How many at most.", .integer(1...1000), default: 100)
        let order = input.query("order", "Which come first: `newest` unless said otherwise.", .choice(LogOrder.self))
        let cursor = input.query(
            "cursor", "Where the last page ended; send the same restrictions with it.",
            Shape<String>.string(.cursor, max: 512).map(
                placeholder: nil as LogCursor?, words: "a cursor that was handed out"
            ) { text in LogCursor(text).map(Optional.some) })
        let after = input.query("after", "Only with larger ids.", .integer(0...Int.max))
        let before = input.query("before", "Only with smaller ids.", .integer(0...Int.max))
        let place = cursor ?? nil
        self.order = place?.order ?? order ?? .newest
        var bounds = (after: after.map(Int64.init), before: before.map(Int64.init))
        if let place {
            if let order, order != place.order { input.refuse("order", "must be that of the cursor") }
            if place.order == .oldest {
                bounds.after = max(place.id, bounds.after ?? 0)
            } else {
                bounds.before = min(place.id, bounds.before ?? .max)
            }
        }
        self.after = bounds.after
        self.before = bounds.before
    }
}

/// What to stream, and from where on.
package struct StreamLogs: WireInput {
    package let filter: LogFilter
    /// Nil begins with what comes from now on.
    package let after: Int64?

    package init(_ input: inout InputReader) {
        filter = LogFilterInput(&input).filter
        let after = input.query("after", "Begin behind this id.", .integer(0...Int.max))
        let last = input.header(
            "Last-Event-ID", "As `after`, and before it, when a client connects again.", .integer(0...Int.max))
        self.after = (last ?? after).map(Int64.init)
    }
}

// MARK: - Out

/// What became of the frames of a request.
package struct LogReceipt: WireObject {
    /// A frame that was not taken.
    package struct Rejected: WireObject {
        let index: Int
        let field: String
        let message: String

        package init(index: Int, field: String, message: String) {
            self.index = index
            self.field = field
            self.message = message
        }

        package static let wireName = "RejectedLogFrame"
        package static let fields: [Field<Rejected>] = [
            Field("index", "Its place among the frames of the request, from 0.") { $0.index },
            Field("field", "A JSON Pointer into the frame; empty for the frame itself.") { $0.field },
            Field("message", "What is wrong with it.") { $0.message },
        ]
    }

    let accepted: Int
    let rejectedCount: Int
    let rejected: [Rejected]

    package init(accepted: Int, rejectedCount: Int, rejected: [Rejected]) {
        self.accepted = accepted
        self.rejectedCount = rejectedCount
        self.rejected = rejected
    }

    package static let fields: [Field<LogReceipt>] = [
        Field("accepted", "Frames that are stored now.") { $0.accepted },
        Field("rejected_count", "Frames that were not taken.") { $0.rejectedCount },
        Field("rejected", "The first hundred of those that were not taken.") { $0.rejected },
    ]
}

extension LogOrder: WireEnum {}

/// A frame as it is shown.
package struct LogFrameView: WireObject {
    let frame: LogFrame

    package init(_ frame: LogFrame) { self.frame = frame }

    package static let wireName = "LogFrame"
    package static let fields: [Field<LogFrameView>] = [
        Field("id", "Rises by one with every frame, in the order of commit.") { $0.frame.id },
        Field("time", "When it was logged, as its sender says.") { $0.frame.time },
        Field("level", "How much it matters.") { $0.frame.level },
        Field("service", "Who logged it.") { $0.frame.service },
        Field("message", "What is to be said.") { $0.frame.message },
        Field("trace_id", "The trace it belongs to; null when it says none.") { $0.frame.traceID },
        Field("correlation_id", "What else it belongs to; null when it says none.") { $0.frame.correlationID },
        Field("fields", "What else the sender said; null when nothing.") { $0.frame.fields.map(LogFields.init) },
        Field("received_at", "When it was committed.") { $0.frame.receivedAt },
    ]
}

/// A JSON object that is passed on as it is.
private struct LogFields: WireValue {
    let bytes: [UInt8]

    static func schema(in components: inout Components) -> JSONObject { ["type": "object"] }
    func write(to writer: inout JSONWriter) { writer.write(json: bytes) }
}

/// A page of frames.
package struct LogsView: WireObject {
    let frames: [LogFrameView]
    let nextCursor: LogCursor?
    let scannedTo: Int64
    let newestID: Int64
    let oldestID: Int64

    package init(frames: [LogFrame], nextCursor: LogCursor?, scannedTo: Int64, newestID: Int64, oldestID: Int64) {
        self.frames = frames.map(LogFrameView.init)
        self.nextCursor = nextCursor
        self.scannedTo = scannedTo
        self.newestID = newestID
        self.oldestID = oldestID
    }

    package static let wireName = "LogPage"
    package static let fields: [Field<LogsView>] = [
        Field("logs", "The frames, in the order asked for.") { $0.frames },
        Field("next_cursor", "Send it as `cursor` to go on; null at the end.") { $0.nextCursor?.text },
        Field("scanned_to", "The last id that was looked at, in the order asked for.") { $0.scannedTo },
        Field("newest_id", "The newest id there is; 0 before the first frame.") { $0.newestID },
        Field("oldest_id", "The oldest id that is kept; one more than the newest when none is.") { $0.oldestID },
    ]
}

/// Says that a stream goes on elsewhere than asked for.
package struct LogReset: WireObject {
    let nextID: Int64

    package init(nextID: Int64) { self.nextID = nextID }

    package static let fields: [Field<LogReset>] = [
        Field("next_id", "The smallest id that can follow.") { $0.nextID }
    ]
}
