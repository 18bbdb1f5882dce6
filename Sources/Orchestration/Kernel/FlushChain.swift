// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// Flushes of a lane that follow each other closely on one connection: while one is under way the next is decided on what that
/// one leaves, and handed to the connection, which sends it in the moment in which the first is through. So neither the
/// database nor the lane waits for the other.
///
/// A flush that fails leaves the log as it was, and so the one behind it in the same workspace fails, too, by what it expects.
/// The chain ends then, and also with the first batch that cannot be decided without looking. See
/// `docs/adr/0025-flushes-behind-each-other.md`.
struct FlushChain {
    /// Commands that the chain could not flush.
    struct Rest {
        let commands: [QueuedCommand]
        /// Whether they may have been committed all the same.
        var mayBeDone = false
    }

    private struct Sent {
        let flush: DecidedFlush
        let pipeline: StartedPipeline
        let start: ContinuousClock.Instant
        let isFollower: Bool
    }

    private let lane: WriteLane
    private let connection: PostgresConnection
    private let known: KnownWorkspaces
    private var count = 0
    private var underWay: [Sent] = []
    private var lastEnd = ContinuousClock.now
    private var failed: [Rest] = []
    /// What was taken and has to look, behind all that is under way.
    private var last: Rest?

    init(lane: WriteLane, connection: PostgresConnection, known: KnownWorkspaces) {
        self.lane = lane
        self.connection = connection
        self.known = known
    }

    /// One is under way and one waits behind it: a third could not be sent any earlier, and would be smaller.
    private static let depth = 2
    /// Fewer are not worth what a transaction costs by itself, while they may as well gather on.
    private static let fewest = 16
    /// After so many flushes somebody else may have the connection.
    private static let longest = 32

    /// Flushes until nothing is under way; answers what is left, in order.
    mutating func run(_ first: [QueuedCommand], _ signals: inout AsyncStream<Void>.Iterator) async -> [Rest] {
        flush(first)
        while let front = underWay.first {
            if mayGoOn {
                if let commands = takeFollowers() {
                    flush(commands)
                    continue
                }
                // Whatever comes first: its end, or enough to follow it.
                if !front.pipeline.isDone, await signals.next(isolation: #isolation) != nil { continue }
            }
            await finish(underWay.removeFirst())
        }
        return failed + (last.map { [$0] } ?? [])
    }

    private var mayGoOn: Bool {
        underWay.count < Self.depth && count < Self.longest && failed.isEmpty && last == nil && !Task.isCancelled
    }

    /// Not those who will have to look: they may as well gather until what is under way is through. Half as many as are under
    /// way are enough, else those who call again and again would all be in one flush, and none would follow it.
    private func takeFollowers() -> [QueuedCommand]? {
        let count = underWay.reduce(0) { $0 + $1.flush.commands.count }
        return lane.takeBatch(following: max(Self.fewest, count / 2), known)
    }

    private mutating func flush(_ commands: [QueuedCommand]) {
        guard let flush = lane.decide(commands, known) else {
            last = Rest(commands: commands)
            return
        }
        count += 1
        let pipeline = connection.start(flush.batch.statements) { [wake = lane.wake] in wake.yield() }
        underWay.append(Sent(flush: flush, pipeline: pipeline, start: .now, isFollower: !underWay.isEmpty))
    }

    private mutating func finish(_ sent: Sent) async {
        // What waited behind another one has begun when that one had ended.
        let start = max(sent.start, lastEnd)
        defer { lastEnd = .now }
        let rows: [PostgresRows]
        do {
            rows = try await sent.pipeline.results()
        } catch {
            return fail(sent.flush, error, mayBeDone: (error as? PostgresError)?.isOutcomeUnknown == true)
        }
        do {
            let outcome = try sent.flush.outcome(of: rows)
            lane.answer(
                outcome, commands: sent.flush.commands.count, since: start, isFollower: sent.isFollower)
        } catch {
            fail(sent.flush, error, mayBeDone: true)
        }
    }

    private mutating func fail(_ flush: DecidedFlush, _ error: any Error, mayBeDone: Bool) {
        let isAlone = !failed.contains { $0.commands[0].workspaceID == flush.workspaceID }
        flush.fail(error, isAlone: isAlone)
        if flush.isUnexpected(error) {
            lane.statistics.surprised()
        } else {
            lane.statistics.failed()
            lane.tell(error)
        }
        failed.append(Rest(commands: flush.commands, mayBeDone: mayBeDone))
    }
}
