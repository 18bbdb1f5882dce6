// SPDX-License-Identifier: Apache-2.0

package import Common
import Synchronization

/// Keeps the calls of Render's API below its limits, which count for a token and not for a client: clients with one token
/// should share one of these.
///
/// Reads, writes, logs and the deploys of each service have buckets of their own. A call that finds its bucket empty waits,
/// first come first served; one that could not be served in its time is turned away at once.
package final class RenderPaces: Sendable {
    /// Calls in a minute, which hold until the API tells others.
    package struct Limits: Sendable {
        package var reads: Int
        package var writes: Int
        package var logs: Int
        /// Of each service.
        package var deploys: Int

        package init(reads: Int = 400, writes: Int = 30, logs: Int = 30, deploys: Int = 10) {
            self.reads = reads
            self.writes = writes
            self.logs = logs
            self.deploys = deploys
        }
    }

    private struct Waiter {
        let ticket: Int
        var continuation: CheckedContinuation<Void, any Error>?
        var isCancelled = false
    }

    private struct Lane {
        var bucket: PaceBucket
        /// First come first served; the first one sleeps until there is a token, the others until they are first.
        var waiters: [Waiter] = []
    }

    private struct State {
        var lanes: [RenderPace: Lane] = [:]
        var nextTicket = 0
    }

    private enum Entry {
        case admitted
        case queued(ticket: Int)
        case turnedAway(Duration)
    }

    private let limits: Limits
    private let time: PaceTime
    private let state = Mutex(State())
    /// Services whose deploys are remembered before idle ones are forgotten.
    private static let lanesKept = 64

    package init(
        limits: Limits = Limits(), clock: any Clock<Duration> = ContinuousClock(),
        wall: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.limits = limits
        time = PaceTime(clock, wall: wall)
    }

    /// The time since this was made, by its clock.
    var now: Duration { time.now }
    var wall: Timestamp { time.wall() }
    /// Buckets that are remembered.
    package var laneCount: Int { state.withLock { $0.lanes.count } }

    /// Sleeps by the clock; throws `CancellationError`.
    func sleep(_ duration: Duration) async throws { try await time.sleep(duration) }

    /// Takes a token, waiting for one until `end` at most; `finish` must follow. Throws `RenderError.rateLimited` when there
    /// is none in time, and `CancellationError`.
    func admit(_ pace: RenderPace, until end: Duration) async throws {
        switch enter(pace, until: end) {
        case .admitted: return
        case .turnedAway(let delay): throw RenderError.rateLimited(retryAfter: delay)
        case .queued(let ticket):
            do {
                try await becomeFirst(pace, ticket)
                while let delay = takeAsFirst(pace) {
                    guard now + delay <= end else { throw RenderError.rateLimited(retryAfter: delay) }
                    try await sleep(delay)
                }
            } catch {
                leave(pace, ticket)
                throw error
            }
        }
    }

    /// Throws `RenderError.rateLimited` when it is known already that so many calls, one behind the other, would not all be
    /// let through until `end`. More than a minute's limit are never let through at once: of them nothing is asked here.
    func foresee(_ count: Int, _ pace: RenderPace, until end: Duration) throws(RenderError) {
        let now = now
        let delay = state.withLock { state -> Duration? in
            guard var lane = state.lanes[pace], count <= lane.bucket.limit else { return nil }
            return lane.bucket.delay(of: lane.waiters.count + count, at: now)
        }
        if let delay, now + delay > end { throw .rateLimited(retryAfter: delay) }
    }

    /// The call that was admitted has ended.
    func finish(_ pace: RenderPace, _ announced: AnnouncedLimits) {
        let now = now
        state.withLock { state in
            state.lanes[pace]?.bucket.end(announced, isLowered: pace.isOfService, at: now)
        }
    }
}

extension RenderPaces {
    /// One bucket as it stands.
    package struct Rate: Sendable, Hashable {
        /// reads, writes, logs or deploys; of deploys, the service with most of them.
        package let name: String
        /// Calls in the last minute.
        package let used: Int
        /// Calls in a minute.
        package let limit: Int
        package let waiting: Int
    }

    /// How much of each limit is used, for metrics and for people.
    package var rates: [Rate] {
        let now = now
        let lanes = state.withLock { $0.lanes }
        func rate(_ name: String, _ lane: Lane?, of limit: Int) -> Rate {
            Rate(
                name: name, used: lane?.bucket.used(at: now) ?? 0, limit: lane?.bucket.limit ?? limit,
                waiting: lane?.waiters.count ?? 0)
        }
        let deploys = lanes.filter(\.key.isOfService).map { rate("deploys", $0.value, of: limits.deploys) }
        return [
            rate("reads", lanes[.reads], of: limits.reads), rate("writes", lanes[.writes], of: limits.writes),
            rate("logs", lanes[.logs], of: limits.logs),
            deploys.max { ($0.waiting, $0.used) < ($1.waiting, $1.used) } ?? rate("deploys", nil, of: limits.deploys),
        ]
    }
}

extension RenderPaces {
    private func enter(_ pace: RenderPace, until end: Duration) -> Entry {
        let now = now
        return state.withLock { state in
            if state.lanes.count > Self.lanesKept {
                state.lanes = state.lanes.filter { !$1.waiters.isEmpty || !$1.bucket.isIdle(at: now) }
            }
            var lane = state.lanes[pace] ?? Lane(bucket: PaceBucket(limit: limit(of: pace)))
            defer { state.lanes[pace] = lane }
            if lane.waiters.isEmpty {
                guard let delay = lane.bucket.delay(at: now) else {
                    lane.bucket.take(at: now)
                    return .admitted
                }
                guard now + delay <= end else { return .turnedAway(delay) }
            }
            // Those before it take at least this long, at one limit a minute.
            let queue = PaceBucket.window * (Double(lane.waiters.count) / Double(lane.bucket.limit))
            guard now + queue <= end else { return .turnedAway(queue) }
            let ticket = state.nextTicket
            state.nextTicket += 1
            lane.waiters.append(Waiter(ticket: ticket))
            return .queued(ticket: ticket)
        }
    }

    private func limit(of pace: RenderPace) -> Int {
        switch pace {
        case .reads: limits.reads
        case .writes: limits.writes
        case .logs: limits.logs
        case .deploys: limits.deploys
        }
    }

    private func becomeFirst(_ pace: RenderPace, _ ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    guard let place = state.lanes[pace]?.waiters.firstIndex(where: { $0.ticket == ticket }),
                        state.lanes[pace]?.waiters[place].isCancelled == false
                    else { return .failure(CancellationError()) }
                    guard place > 0 else { return .success(()) }
                    state.lanes[pace]?.waiters[place].continuation = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let place = state.lanes[pace]?.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                    return nil
                }
                state.lanes[pace]?.waiters[place].isCancelled = true
                defer { state.lanes[pace]?.waiters[place].continuation = nil }
                return state.lanes[pace]?.waiters[place].continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// For the first in the queue: takes its token and leaves the queue, or tells how long there is none.
    private func takeAsFirst(_ pace: RenderPace) -> Duration? {
        let now = now
        let (delay, next) = state.withLock { state -> (Duration?, CheckedContinuation<Void, any Error>?) in
            guard var lane = state.lanes[pace] else { return (nil, nil) }
            defer { state.lanes[pace] = lane }
            if let delay = lane.bucket.delay(at: now) { return (delay, nil) }
            lane.bucket.take(at: now)
            lane.waiters.removeFirst()
            return (nil, Self.promoted(&lane))
        }
        next?.resume()
        return delay
    }

    private func leave(_ pace: RenderPace, _ ticket: Int) {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard var lane = state.lanes[pace] else { return nil }
            defer { state.lanes[pace] = lane }
            lane.waiters.removeAll { $0.ticket == ticket }
            return Self.promoted(&lane)
        }
        next?.resume()
    }

    /// The one that is first now, if it sleeps for that.
    private static func promoted(_ lane: inout Lane) -> CheckedContinuation<Void, any Error>? {
        guard !lane.waiters.isEmpty else { return nil }
        defer { lane.waiters[0].continuation = nil }
        return lane.waiters[0].continuation
    }
}
