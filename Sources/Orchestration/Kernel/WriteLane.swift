// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Postgres
import Synchronization

/// One lane of the group commit: takes whatever is queued, one transaction at a time.
///
/// While a flush is under way the next one gathers, so batches grow with the load by themselves and an idle lane adds
/// no delay.
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
    }

    private let inbox = Mutex(Inbox())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let pool: PostgresPool
    private let onCommit: @Sendable (CommittedBatch) -> Void
    private let companion: GroupCommit.Companion
    private let statistics: LaneStatistics
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
        let problem: Problem? = inbox.withLock { inbox in
            if inbox.isClosed {
                return Problem(.unavailable, "The daemon is stopping.", retryAfter: .seconds(1))
            }
            guard inbox.commands.count < Self.queueLimit else {
                return Problem(.unavailable, "Too much is waiting to be written; try again.", retryAfter: .seconds(1))
            }
            inbox.commands.append(contentsOf: commands)
            return nil
        }
        if let problem {
            for command in commands { command.fail(problem) }
        } else {
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
        for await _ in wakes { await drain(known) }
        await drain(known)
        for command in inbox.withLock({ $0.commands }) { command.fail(CancellationError()) }
    }

    private func drain(_ known: KnownWorkspaces) async {
        while !Task.isCancelled, var commands = takeBatch() {
            let starts = commands.reduce(into: Set<String>()) { $0.formUnion($1.needs.starts) }
            if !starts.isEmpty, let claim = companion(commands[0].workspaceID, starts, commands.count) {
                commands.append(claim)
            }
            await flush(commands, mayBeDone: false, known)
        }
    }

    /// The commands at the front that belong to the same workspace as the first.
    private func takeBatch() -> [QueuedCommand]? {
        inbox.withLock { inbox in
            inbox.commands.removeAll { $0.isAbandoned }
            guard let workspaceID = inbox.commands.first?.workspaceID else { return nil }
            var batch: [QueuedCommand] = []
            var rest: [QueuedCommand] = []
            for command in inbox.commands {
                if batch.count < Self.batchLimit, command.workspaceID == workspaceID {
                    batch.append(command)
                } else {
                    rest.append(command)
                }
            }
            inbox.commands = rest
            // Claims last, so that they find what the others make.
            return batch.filter { $0.needs.claimable.isEmpty } + batch.filter { !$0.needs.claimable.isEmpty }
        }
    }

    /// Flushes until every command has an answer: again as a whole after a lost connection, a deadlock or a
    /// serialisation failure, in halves after any other error, so that a poison command harms only itself.
    private func flush(_ batch: [QueuedCommand], mayBeDone: Bool, _ known: KnownWorkspaces) async {
        var commands = batch
        var mayBeDone = mayBeDone
        var pause = Self.pauses.first
        while true {
            do {
                let outcome = try await attempt(commands, mayBeDone: mayBeDone, known)
                if let batch = outcome.batch { onCommit(batch) }
                for answer in outcome.answers { answer() }
                return
            } catch {
                statistics.failed()
                let failure = error as? PostgresError
                if failure?.isOutcomeUnknown == true { mayBeDone = true }
                guard isPassing(error) else {
                    await split(commands, mayBeDone: mayBeDone, known, after: error)
                    return
                }
                if failure?.isRetryable != true {
                    logger.warning("flush failed, trying again", error: error)
                }
                giveUpOverdue(commands, mayBeDone: mayBeDone, after: error)
                // Nothing of this batch has happened; whoever was told so or went away is not served after all.
                if !mayBeDone { commands.removeAll { $0.isAbandoned } }
                if commands.isEmpty { return }
                guard (try? await Task.sleep(for: pause)) != nil else {
                    for command in commands { command.fail(error) }
                    return
                }
                pause = min(pause * 2, Self.pauses.longest)
            }
        }
    }

    private func attempt(
        _ commands: [QueuedCommand], mayBeDone: Bool, _ known: KnownWorkspaces
    ) async throws -> Flush.Outcome {
        let clock = ContinuousClock()
        let start = clock.now
        let workspaceID = commands[0].workspaceID
        let flush = Flush(
            workspaceID: workspaceID, commands: commands, mayBeDone: mayBeDone, known: known[workspaceID])
        let outcome = try await pool.withConnection { connection in try await flush.run(on: connection) }
        statistics.flushed(
            commands: commands.count, events: outcome.batch?.events.count ?? 0, in: clock.now - start)
        return outcome
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
