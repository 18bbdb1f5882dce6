// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What to count.
package struct CountLogs: WireInput {
    package let filter: LogFilter
    package let since: Timestamp
    package let until: Timestamp
    package let buckets: Int

    package init(_ input: inout InputReader) {
        filter = LogFilterInput(&input).filter
        since = input.requiredQuery(
            "since", "From this moment on, by the frame's own time (see `listLogs`).", .timestamp)
        until = input.requiredQuery("until", "To before this moment.", .timestamp)
        buckets = input.query("buckets", "How many parts of equal length at most.", .integer(1...200), default: 60)
        if input.refusals.fields.isEmpty, until <= since { input.refuse("until", "must be later than since") }
    }
}

/// How many frames a range of time has, part by part.
package struct LogHistogramView: WireObject {
    /// A part of the range.
    package struct Bucket: WireObject {
        let start: Timestamp
        let counts: [LogLevel: Int]

        package static let wireName = "LogHistogramBucket"
        package static let fields: [Field<Bucket>] =
            [Field("start", "Where it begins; it ends where the next one begins.") { $0.start }]
            + LogLevel.allCases.map { level in
                Field(level.rawValue, "Frames of this level.") { $0.counts[level] ?? 0 }
            }
    }

    let since: Timestamp
    let until: Timestamp
    let width: Duration
    let buckets: [Bucket]
    let scanned: Int
    let countedFrom: Timestamp?
    let countedUntil: Timestamp?

    /// - Parameters:
    ///   - buckets: Each with where it begins and how many frames of a level it has.
    ///   - countedFrom: When the oldest frame that was looked at arrived, if earlier ones were left out.
    ///   - countedUntil: When the newest frame that was looked at arrived, if later ones were left out.
    package init(
        since: Timestamp, until: Timestamp, width: Duration, buckets: [(start: Timestamp, counts: [LogLevel: Int])],
        scanned: Int, countedFrom: Timestamp?, countedUntil: Timestamp?
    ) {
        self.since = since
        self.until = until
        self.width = width
        self.buckets = buckets.map { Bucket(start: $0.start, counts: $0.counts) }
        self.scanned = scanned
        self.countedFrom = countedFrom
        self.countedUntil = countedUntil
    }

    package static let wireName = "LogHistogram"
    package static let fields: [Field<LogHistogramView>] = [
        Field("since", "Where the range begins.") { $0.since },
        Field("until", "Where the range ends.") { $0.until },
        Field("bucket_seconds", "The length of each bucket; the last one may reach beyond `until`.") {
            Double($0.width / .microseconds(1)) / 1_000_000
        },
        Field("buckets", "In the order of time, those without frames included.") { $0.buckets },
        Field("scanned", "Frames that were looked at.") { $0.scanned },
        Field("complete", "Whether every frame of the range was looked at.") {
            $0.countedFrom == nil && $0.countedUntil == nil
        },
        Field(
            "counted_from",
            "When the oldest frame that was looked at arrived: earlier ones are not counted. Null when none was left out."
        ) { $0.countedFrom },
        Field(
            "counted_until",
            """
            When the newest frame that was looked at arrived: what arrived later, though it says that it is of the range, is \
            not counted. Null when none was left out.
            """
        ) { $0.countedUntil },
    ]
}
