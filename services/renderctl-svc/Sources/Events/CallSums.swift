// SPDX-License-Identifier: Apache-2.0

package import Common

/// Calls that are told in one event: one, or several that were alike.
package struct CallSum: Sendable, Equatable {
    /// What calls are alike in.
    package struct Key: Sendable, Hashable {
        package let principal: Principal
        /// The operation's name, such as `listRenderServices`.
        package let operation: String
        /// The id in the path.
        package var target: String?
        package let status: Int
        /// What the problem calls itself.
        package let code: String?

        package init(principal: Principal, operation: String, target: String?, status: Int, code: String?) {
            self.principal = principal
            self.operation = operation
            self.target = target
            self.status = status
            self.code = code
        }
    }

    package let key: Key
    package private(set) var calls = 1
    package let firstAt: Timestamp
    package private(set) var lastAt: Timestamp
    package private(set) var longest: Duration
    /// Of the last call.
    package private(set) var traceID: String

    package init(_ key: Key, at time: Timestamp, took duration: Duration, traceID: String) {
        self.key = key
        firstAt = time
        lastAt = time
        longest = duration
        self.traceID = traceID
    }

    mutating func add(_ other: CallSum) {
        calls += other.calls
        lastAt = other.lastAt
        longest = max(longest, other.longest)
        traceID = other.traceID
    }
}

/// Which calls become events of their own, and which are summed. Every call that is noted is taken in exactly one sum.
///
/// A call that may change something is told by itself. So is the first of reads that are alike, at once; those that follow
/// within the same period are one sum at its end, because pages that are open ask every few seconds and events are kept for
/// ever. Reads that fail alike are summed as well: without a key of Render's API each look of an open page fails.
///
/// Memory is bounded. While nobody takes anything (the database is away) sums go on, and calls that there is no more room
/// for are summed without their targets.
package struct CallSums: Sendable {
    private let period: Duration
    private let room: Int
    private var due: [CallSum] = []
    /// What was read in this period, with what came after the call that was told by itself.
    private var reads: [CallSum.Key: CallSum?] = [:]
    private var merged: [CallSum.Key: CallSum] = [:]
    /// When what was read since is told; nil while nothing was read lately.
    package private(set) var periodEnd: ContinuousClock.Instant?
    /// Calls for which not even a sum without a target had room.
    private var lost = 0

    /// - Parameters:
    ///   - period: How long reads that are alike are summed.
    ///   - room: Entries of each of the three kinds that are held.
    package init(period: Duration, room: Int) {
        self.period = period
        self.room = room
    }

    /// How many calls have not been taken.
    package var calls: Int {
        due.reduce(0) { $0 + $1.calls } + reads.values.reduce(0) { $0 + ($1?.calls ?? 0) }
            + merged.values.reduce(0) { $0 + $1.calls }
    }

    /// Notes a call. Whether there is something to take that was not there before.
    ///
    /// - Parameter isRead: Whether the operation changes nothing, whoever calls it.
    package mutating func note(_ call: CallSum, isRead: Bool, now: ContinuousClock.Instant) -> Bool {
        if isRead {
            if let known = reads[call.key] {
                var sum = known
                sum?.add(call)
                reads[call.key] = .some(sum ?? call)
                return false
            }
            if reads.count < room {
                let isTold = due.count < room
                if isTold { due.append(call) }
                reads[call.key] = .some(isTold ? nil : call)
                if periodEnd == nil { periodEnd = now + period }
                return isTold
            }
        }
        if due.count < room {
            due.append(call)
            return true
        }
        merge(call)
        return false
    }

    private mutating func merge(_ call: CallSum) {
        var key = call.key
        key.target = nil
        if merged[key] != nil {
            merged[key]?.add(call)
        } else if merged.count < room {
            merged[key] = CallSum(key, at: call.firstAt, took: call.longest, traceID: call.traceID)
        } else {
            lost += call.calls
        }
    }

    /// Hands out what is to be told by now, or all that there is.
    package mutating func take(all: Bool = false, now: ContinuousClock.Instant) -> [CallSum] {
        var taken = due + merged.values
        due = []
        merged = [:]
        if all || periodEnd.map({ $0 <= now }) == true {
            taken += reads.values.compactMap(\.self)
            // What was asked for again goes on being summed; what was not is told at once the next time.
            reads = all ? [:] : reads.filter { $0.value != nil }.mapValues { _ in nil }
            periodEnd = reads.isEmpty ? nil : now + period
        }
        return taken.sorted { $0.lastAt < $1.lastAt }
    }

    /// How many calls are in no sum, since this was asked last.
    package mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }
}
