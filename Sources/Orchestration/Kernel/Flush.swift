// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Postgres
import Store

/// One transaction over all commands of a batch.
///
/// One round trip where all that its commands need is known from the flushes before: lock, write and commit. Otherwise
/// three as a rule: pick (only where a command has to find its work first), lock and load, write and commit. A large flush
/// writes its rows in one of their own, while its events are sealed.
/// Locks are taken in an order that every flush of every orchestrator shares: claims, stream heads by name, the
/// workspace head last. Holding a stream's head means that nothing in that stream changes, so the decisions made
/// between the second and the third trip are exact; those made before the only one hold because it fails unless the log
/// still ends where it did.
struct Flush {
    let workspaceID: ID<Workspace>
    let commands: [QueuedCommand]
    /// Whether an earlier try may have committed; commands found to be done are then answered from their memo.
    let mayBeDone: Bool
    /// What earlier flushes have found and left.
    let known: KnownRows

    /// Answers to the callers, to be given once the transaction is through.
    struct Outcome {
        let batch: CommittedBatch?
        let answers: [@Sendable () -> Void]
    }

    func run(on connection: PostgresConnection) async throws -> Outcome {
        var needs = CommandNeeds()
        for command in commands { needs.merge(command.needs) }
        do {
            if let outcome = try await runAtOnce(needs, on: connection) { return outcome }
            return try await run(needs, on: connection)
        } catch {
            known.forget()
            // A broken connection has nothing to roll back, and one that is not clean is not reused by the pool.
            if (error as? PostgresError)?.isConnectionLost != true { _ = try? await connection.query("ROLLBACK") }
            throw error
        }
    }

    private func run(_ merged: CommandNeeds, on connection: PostgresConnection) async throws -> Outcome {
        var needs = merged
        let picks = try await FlushPicks(&needs, of: workspaceID, on: connection)
        let (heads, rows, done) = try await lockAndLoad(
            needs, begins: !merged.picks, uses: picks.limits, on: connection)
        known.note(picks, for: merged)
        var state = FlushState(workspaceID: workspaceID, now: heads.time, picks: picks, rows: rows)
        let decided = decide(&state, done: done)
        guard !state.isUnchanged || picks.hasChangedRows else {
            _ = try await connection.query("ROLLBACK")
            if let head = heads.workspace { known.keep(state, head: head, streams: heads.streams) }
            var batch = CommittedBatch(workspaceID: workspaceID, events: [])
            batch.full = picks.ready.full
            return Outcome(batch: batch.full.isEmpty ? nil : batch, answers: decided.answers)
        }
        var batch = try await write(state, heads: heads, memos: decided.memos, on: connection)
        batch.full = picks.ready.full
        for queue in picks.ready.unread { batch.count(ready: queue) }
        return Outcome(batch: batch, answers: decided.answers)
    }

    /// The whole flush in one round trip, decided on what is known; nil when that does not suffice, or when the log has
    /// moved.
    private func runAtOnce(_ merged: CommandNeeds, on connection: PostgresConnection) async throws -> Outcome? {
        let opens = merged.opensWorkspace || !merged.opened.isEmpty
        guard known.maySpareLooking, !mayBeDone, !opens, let time = known.time,
            let sequences = known.sequences(of: merged.streams), let picks = known.picks(for: merged)
        else { return nil }
        var needs = merged
        guard let recollection = known.recall(&needs), needs.wantsNothing else { return nil }
        var rows = FlushRows()
        rows.add(recollection)
        var state = FlushState(workspaceID: workspaceID, now: time, picks: picks, rows: rows)
        let decided = decide(&state, done: [:])
        // Nothing would be committed, so nothing would show whether what the callers are told is still so.
        guard !state.isUnchanged else { return nil }
        var opening = StatementBatch()
        opening.beginFlush()
        if merged.picks { opening.add(QueueStore.lockClaims(workspaceID)) }
        opening.add(EventStore.lockStreamHeads(workspaceID, Self.inOrder(merged.streams)))
        var expectations: (head: Int, queues: Int?) = (opening.statements.count, nil)
        opening.add(EventStore.expect(recollection.head))
        if merged.picks {
            expectations.queues = opening.statements.count
            opening.add(QueueStore.expectNothing(workspaceID, Array(merged.claimable.values)))
        }
        let heads = FlushHeads(streams: sequences, workspace: recollection.head, time: time)
        do {
            let batch = try await write(state, heads: heads, memos: decided.memos, opening: opening, on: connection)
            return Outcome(batch: batch, answers: decided.answers)
        } catch let error as PostgresError where EventStore.isUnexpected(error) {
            // What the pipeline had begun is rolled back with it.
            switch error.statementIndex {
            case expectations.head: known.noteMoved()
            case expectations.queues: known.noteReady()
            default: throw error
            }
            return nil
        }
    }

    /// Streams in the order in which every flush locks them.
    static func inOrder(_ streams: Set<StreamKey>) -> [StreamKey] {
        streams.sorted { ($0.type, $0.id) < ($1.type, $1.id) }
    }

    // MARK: Decide

    private func decide(
        _ state: inout FlushState, done: [UUID: [UInt8]?]
    ) -> (answers: [@Sendable () -> Void], memos: [(id: UUID, outcome: [UInt8]?)]) {
        var answers: [@Sendable () -> Void] = []
        var memos: [(id: UUID, outcome: [UInt8]?)] = []
        for command in commands {
            if let memo = done[command.id] {
                answers.append(command.recall(memo, state))
                continue
            }
            let before = state.events.count
            state.beginCommand()
            let (answer, memo) = command.decide(&state)
            answers.append(answer)
            if state.events.count > before { memos.append((command.id, memo)) }
        }
        return (answers, memos)
    }
}
