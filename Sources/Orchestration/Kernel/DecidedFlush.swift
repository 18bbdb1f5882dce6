// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// A flush that was decided on what is known, without looking: one round trip that locks, makes sure that the log still ends
/// where it did and that claims have missed nothing, writes and commits. See `docs/adr/0024-rows-that-a-lane-knows.md`.
///
/// What it leaves is known from here on, so that the next one may be decided before this one is through, and is behind it on
/// the same connection: when this one fails the log does not end as the next one expects, and that fails, too.
struct DecidedFlush {
    let commands: [QueuedCommand]
    let workspaceID: ID<Workspace>
    /// All that is to be sent.
    let batch: StatementBatch
    private let known: KnownRows
    private let answers: [@Sendable () -> Void]
    private let committed: (StatementBatch.Results) throws -> CommittedBatch
    /// Which of the statements fail when something is not as it was thought to be.
    private let expectations: (head: Int, others: [Int])

    /// Nil when what is known does not suffice, or when nothing would happen: then nothing would show whether what the callers
    /// are told is still so, and a flush that failed would not be missed by the next one.
    init?(_ flush: Flush) throws {
        guard !flush.mayBeDone, let foreknown = flush.known.foreknowledge(for: flush.needs),
            let head = foreknown.heads.workspace
        else { return nil }
        var state = FlushState(
            workspaceID: flush.workspaceID, now: foreknown.heads.time, picks: foreknown.picks, rows: foreknown.rows)
        let decided = flush.decide(&state, done: [:])
        guard !state.events.isEmpty else { return nil }
        var batch = StatementBatch()
        expectations = Self.open(&batch, foreknown, head)
        for sql in flush.rowStatements(state) { batch.add(sql) }
        let rest = try flush.writeRest(state, foreknown.heads, decided.memos, into: &batch)
        commands = flush.commands
        workspaceID = flush.workspaceID
        known = flush.known
        answers = decided.answers
        committed = { [state] in try flush.committed(state, rest, $0) }
        self.batch = batch
        guard let end = rest.head else { return }
        known.keep(state, head: end, streams: rest.streams)
        // Nobody knows before it is done what comes out of the lines of limits.
        known.keep(ready: rest.queues.unparked == nil ? rest.queues.filled.union(state.stale.map(\.queue)) : nil)
    }

    private static func open(
        _ batch: inout StatementBatch, _ foreknown: KnownRows.Foreknowledge, _ head: WorkspaceHead
    ) -> (head: Int, others: [Int]) {
        let needs = foreknown.needs
        var others: [Int] = []
        func expect(_ sql: SQL) {
            others.append(batch.statements.count)
            batch.add(sql)
        }
        batch.beginFlush()
        if needs.picks { batch.add(QueueStore.lockClaims(head.workspaceID)) }
        if !needs.sessions.isEmpty { expect(LeaseStore.expectOpen(needs.sessions, in: head.workspaceID)) }
        batch.add(EventStore.lockStreamHeads(head.workspaceID, Flush.inOrder(needs.streams)))
        let expectsHead = batch.statements.count
        batch.add(EventStore.expect(head))
        let empty = needs.claimable.values.filter { foreknown.picks.ready.empty.contains($0.queue) }
        if !empty.isEmpty { expect(QueueStore.expectNothing(head.workspaceID, empty)) }
        return (expectsHead, others)
    }

    /// What came of it, from what the database has answered.
    func outcome(of rows: [PostgresRows]) throws -> Flush.Outcome {
        Flush.Outcome(batch: try committed(batch.results(rows)), answers: answers)
    }

    /// Takes back what it was to leave, because it has failed. `isAlone` says that the flush before it in its workspace went as it
    /// was thought to.
    func fail(_ error: any Error, isAlone: Bool) {
        known.forget()
        if isAlone, isUnexpected(error), (error as? PostgresError)?.statementIndex == expectations.head {
            known.noteMoved()
        }
    }

    /// Whether it has only come upon something else than was known.
    func isUnexpected(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError, EventStore.isUnexpected(error), let index = error.statementIndex
        else { return false }
        return index == expectations.head || expectations.others.contains(index)
    }
}
