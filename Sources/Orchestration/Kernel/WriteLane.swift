// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Postgres
import Synchronization

/// One lane of the group commit: takes whatever is queued, one transaction after the other.
///
/// While a flush is under way the next one gathers, so batches grow with the load by themselves and an idle lane adds
/// no delay. Flushes that can be decided without looking follow each other closely (`FlushChain`).
final class WriteLane: Sendable {
    /// Commands that may wait; beyond, callers are told to come back.
    static let queueLimit = 8192
    /// Commands of one transaction: enough that what a transaction costs by itself hardly counts.
    static let batchLimit = 512
    /// The pause after a failed flush, doubled from failure to failure.
    private static let pauses: (first: Duration, longest: Duration) = (.milliseconds(20), .seconds(1))

    private struct Inbox {
        var commands: [QueuedCommand] = []
        var isClosed = false
        /// How many commands the lane is to be woken for.
        var wakesAt = 1

        /// Takes commands of one workspace out, so many at most, claims last, so that they find what the others make.
        mutating func take(_ count: Int, of workspaceID: ID<Workspace>) -> [QueuedCommand] {
            let limit = min(count, WriteLane.batchLimit)
            var batch: [QueuedCommand] = []
            var claims: [QueuedCommand] = []
            var rest: [QueuedCommand] = []
            for command in commands {
                if batch.count + claims.count == limit || command.workspaceID != workspaceID {
                    rest.append(command)
                } else if command.needs.claimable.isEmpty {
                    batch.append(command)
                } else {
                    claims.append(command)
                }
            }
            commands = rest
            return batch + claims
        }
    }

    private let inbox = Mutex(Inbox())
    private let wakes: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation
    private let pool: PostgresPool
    private let onCommit: @Sendable (CommittedBatch) -> Void
    private let companion: GroupCommit.Companion
    let statistics: LaneStatistics
    private let logger: Logger

    init(
        pool: PostgresPool, statistics: LaneStatistics, logger: Logger, companion: @escaping GroupCommit.Companion,
        onCommit: @escaping @Sendable (CommittedBatch) -> Void
    ) {
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.pool = pool
        self.statistics = statistics
        self.logger = logger
        self.companion = companion
        self.onCommit = onCommit
    }

    /// Queues a command, or refuses it at once.
    func submit(_ command: QueuedCommand) { submit([command]) }

    /// Queues commands one behind the other, or refuses them at once.
    func submit(_ commands: [QueuedCommand]) {
        let (problem, wakes): (Problem?, Bool) = inbox.withLock { inbox in
            if inbox.isClosed {
                return (Problem(.unavailable, "The daemon is stopping.", retryAfter: .seconds(1)), false)
            }
            guard inbox.commands.count < Self.queueLimit else {
                let words = "Too much is waiting to be written; try again."
                return (Problem(.unavailable, words, retryAfter: .seconds(1)), false)
            }
            inbox.commands.append(contentsOf: commands)
            return (nil, inbox.commands.count >= inbox.wakesAt)
        }
        if let problem {
            for command in commands { command.fail(problem) }
        } else if wakes {
            wake.yield()
        }
    }

    /// Refuses what comes from now on; `run` returns when the rest is through.
    func close() {
        inbox.withLock { $0.isClosed = true }
        wake.finish()
    }

    var depth: Int { inbox.withLock { $0.commands.count } }

    /// Flushes until the lane is closed and empty, or the task is cancelled.
    func run() async {
        let known = KnownWorkspaces()
        var signals = wakes.makeAsyncIterator()
        while await signals.next() != nil { await drain(known, &signals) }
        await drain(known, &signals)
        for command in inbox.withLock({ $0.commands }) { command.fail(CancellationError()) }
    }

    private func drain(_ known: KnownWorkspaces, _ signals: inout AsyncStream<Void>.Iterator) async {
        while !Task.isCancelled, let commands = takeBatch(known) {
            for rest in await follow(commands, known, &signals) {
                await flush(rest.commands, mayBeDone: rest.mayBeDone, known)
            }
        }
    }

    /// Flushes commands and what comes behind them as far as nobody has to look, on one connection; answers what is left.
    private func follow(
        _ commands: [QueuedCommand], _ known: KnownWorkspaces, _ signals: inout AsyncStream<Void>.Iterator
    ) async -> [FlushChain.Rest] {
        do {
            return try await pool.withConnection { connection in
                var chain = FlushChain(lane: self, connection: connection, known: known)
                return await chain.run(commands, &signals)
            }
        } catch {
            // Nothing was decided. Who flushes them as others are waits for a connection as long as it takes.
            return [FlushChain.Rest(commands: commands)]
        }
    }

    /// Decides without looking, if what is known suffices.
    func decide(_ commands: [QueuedCommand], _ known: KnownWorkspaces) -> DecidedFlush? {
        let flush = makeFlush(commands, mayBeDone: false, known)
        do {
            return try DecidedFlush(flush)
        } catch {
            // It fails in the same way, and for those whom it concerns, when it is flushed as others are.
            flush.known.forget()
            return nil
        }
    }

    private func makeFlush(_ commands: [QueuedCommand], mayBeDone: Bool, _ known: KnownWorkspaces) -> Flush {
        let workspaceID = commands[0].workspaceID
        return Flush(commands, of: workspaceID, mayBeDone: mayBeDone, known: known[workspaceID])
    }

    // MARK: Taking

    /// From so many commands on two flushes behind each other are faster than one.
    private static let many = 64

    /// The commands at the front that belong to the same workspace as the first, with a claim for what they make; half of many
    /// where they need not look and none of them claims what the others make, since a claim that finds less comes again sooner.
    /// Nil when there are none. To go behind what is under way they must be `following` in number, and not have to look: while one of them has to
    /// find its work first they gather on. The lane is woken when there may be enough.
    func takeBatch(following: Int? = nil, _ known: KnownWorkspaces) -> [QueuedCommand]? {
        let taken: [QueuedCommand]? = inbox.withLock { inbox in
            inbox.commands.removeAll { $0.isAbandoned }
            let needed = following ?? 1
            guard let workspaceID = inbox.commands.first?.workspaceID else {
                inbox.wakesAt = needed
                return nil
            }
            let rows = known[workspaceID]
            let found = inbox.commands.count { $0.workspaceID == workspaceID }
            let claims = inbox.commands.filter { $0.workspaceID == workspaceID && $0.needs.picks }
            let mayFollow = rows.wasEnough && !claims.contains { rows.hasToPick(for: $0.needs) }
            inbox.wakesAt = mayFollow || following == nil ? inbox.commands.count + needed - found : .max
            guard inbox.wakesAt <= inbox.commands.count else { return nil }
            inbox.wakesAt = .max
            let isHalved = mayFollow && found >= Self.many && claims.allSatisfy { rows.hasReady(for: $0.needs) }
            return inbox.take(isHalved ? (found + 1) / 2 : found, of: workspaceID)
        }
        guard var batch = taken else { return nil }
        let starts = batch.reduce(into: Set<String>()) { $0.formUnion($1.needs.starts) }
        if !starts.isEmpty, let claim = companion(batch[0].workspaceID, starts, batch.count) { batch.append(claim) }
        return batch
    }

    // MARK: Flushing

    /// Answers to those whose commands were committed.
    func answer(
        _ outcome: Flush.Outcome, commands: Int, since start: ContinuousClock.Instant, isFollower: Bool = false
    ) {
        statistics.flushed(
            commands: commands, events: outcome.batch?.events.count ?? 0, isFollower: isFollower,
            in: start.duration(to: .now))
        if let batch = outcome.batch { onCommit(batch) }
        for answer in outcome.answers { answer() }
    }

    /// Flushes until every command has an answer: again as a whole after a lost connection, a deadlock or a
    /// serialisation failure, in halves after any other error, so that a poison command harms only itself.
    private func flush(_ batch: [QueuedCommand], mayBeDone: Bool, _ known: KnownWorkspaces) async {
        var commands = batch
        var mayBeDone = mayBeDone
        var pause = Self.pauses.first
        while true {
            // Nothing of this batch has happened; whoever was told so or went away is not served after all.
            if !mayBeDone { commands.removeAll { $0.isAbandoned } }
            if commands.isEmpty { return }
            do {
                let start = ContinuousClock.now
                let flush = makeFlush(commands, mayBeDone: mayBeDone, known)
                let outcome = try await pool.withConnection { connection in try await flush.run(on: connection) }
                answer(outcome, commands: commands.count, since: start)
                return
            } catch {
                statistics.failed()
                let failure = error as? PostgresError
                if failure?.isOutcomeUnknown == true { mayBeDone = true }
                guard isPassing(error) else {
                    await split(commands, mayBeDone: mayBeDone, known, after: error)
                    return
                }
                tell(error)
                giveUpOverdue(commands, mayBeDone: mayBeDone, after: error)
                guard (try? await Task.sleep(for: pause)) != nil else {
                    for command in commands { command.fail(error) }
                    return
                }
                pause = min(pause * 2, Self.pauses.longest)
            }
        }
    }

    /// Tells of a flush that is tried again, unless that is nothing unusual.
    func tell(_ error: any Error) {
        guard (error as? PostgresError)?.isRetryable != true else { return }
        logger.warning("flush failed, trying again", error: error)
    }

    private func isPassing(_ error: any Error) -> Bool {
        guard let failure = error as? PostgresError else { return false }
        if failure.isRetryable || failure.isConnectionLost { return true }
        switch failure.kind {
        case .connection, .timeout, .poolExhausted: return true
        default: return failure.sqlState?.isPassing ?? false
        }
    }

    private func split(
        _ commands: [QueuedCommand], mayBeDone: Bool, _ known: KnownWorkspaces, after error: any Error
    ) async {
        guard commands.count > 1 else {
            for command in commands { command.fail(refusal(error)) }
            return
        }
        let middle = commands.count / 2
        await flush(Array(commands[..<middle]), mayBeDone: mayBeDone, known)
        await flush(Array(commands[middle...]), mayBeDone: mayBeDone, known)
    }

    /// What one command's caller is told when the database will not have it.
    private func refusal(_ error: any Error) -> any Error {
        guard let failure = error as? PostgresError, failure.sqlState?.isDataException == true else { return error }
        return Problem(.invalid, "The database cannot store a value of this request.", cause: failure)
    }

    private func giveUpOverdue(_ commands: [QueuedCommand], mayBeDone: Bool, after error: any Error) {
        let now = ContinuousClock().now
        for command in commands where command.deadline <= now {
            let problem =
                mayBeDone
                ? Problem(
                    .unavailable, "The database went away during the commit; it is not known whether this happened.",
                    code: "outcome_unknown", retryAfter: .seconds(2), cause: error)
                : Problem(.unavailable, "The database is out of reach.", retryAfter: .seconds(2), cause: error)
            command.fail(problem)
        }
    }
}
