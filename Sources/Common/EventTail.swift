// SPDX-License-Identifier: Apache-2.0

/// Consecutive events of a stream as the bytes that go to every reader, made once for all of them.
package final class EventBatch: Sendable {
    /// The sequence of the last event in it: where a reader stands that has taken it.
    package let last: Int64
    package let bytes: [UInt8]

    package init(last: Int64, bytes: [UInt8]) {
        self.last = last
        self.bytes = bytes
    }
}

/// What a reader finds behind its cursor.
package enum TailReading: Sendable {
    case batch(EventBatch)
    /// Nothing has happened since.
    case nothing
    /// What follows is no longer in memory and has to be read from storage.
    case older
}

/// The recent part of a stream that many follow, each pulling by a cursor of its own.
///
/// Nothing is kept for a reader, so a slow one costs nothing and loses nothing. Safe to use from any thread; no call waits.
package protocol EventTail: AnyObject, Sendable {
    /// What follows `cursor`, as much of it as makes one write.
    func read(after cursor: Int64) -> TailReading

    /// Has `wake` called, on any thread, whenever there is something new, until `unwatch`; `wake` must not wait.
    func watch(_ wake: @escaping @Sendable () -> Void) -> Int

    /// Ends what `watch` began.
    func unwatch(_ watch: Int)
}
