// SPDX-License-Identifier: Apache-2.0

package import Common

/// A time that is looked at in parts of the same length, each with its begin and without its end.
package struct AnalyticsRange: Sendable, Equatable {
    /// Days that are looked at, at most.
    package static let mostDays = 92

    package let since: Timestamp
    package let until: Timestamp
    package let buckets: Int

    /// Nil unless it goes forwards, and not too far.
    package init?(since: Timestamp, until: Timestamp, buckets: Int) {
        guard since < until, until - since <= .seconds(Self.mostDays * 86_400), buckets > 0 else { return nil }
        self.since = since
        self.until = until
        self.buckets = buckets
    }

    /// Where each part begins. Whole microseconds, so that lists asked for the same times show just the tasks of a part.
    package var bounds: [Timestamp] { (0..<buckets).map(bound) }

    /// Where the part of this number begins, and the one before it ends.
    package func bound(_ number: Int) -> Timestamp {
        // No more than 2^53: 92 days have 8 * 10^12 microseconds.
        let length = until.microseconds - since.microseconds
        return Timestamp(microseconds: since.microseconds + length * Int64(number) / Int64(buckets))
    }
}

/// What became of the tasks that were created within a time.
package struct TaskFigures: Sendable, Equatable {
    package var created = 0
    package var completed = 0
    package var failed = 0
    package var cancelled = 0
    /// Of those completed, how many in no more than the time that was promised.
    package var inTime = 0
    /// From creation to the end, of those completed or failed: how long a cancelled one took says nothing of the work.
    package var duration: Percentiles?
    /// From creation until the first run started; where its worker was lost, until it last did.
    package var wait: Percentiles?

    package init() {}

    package var ended: Int { completed + failed + cancelled }

    /// The part of those ended that completed in time; nil while none has ended.
    package var share: Double? { ended == 0 ? nil : Double(inTime) / Double(ended) }
}

/// How long the middle one of many took, and the slowest but five, and but one, of a hundred. In seconds.
package struct Percentiles: Sendable, Equatable {
    package let p50: Double
    package let p95: Double
    package let p99: Double

    package init(p50: Double, p95: Double, p99: Double) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
    }
}
