// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Postgres
import Store

/// One transaction over all commands of a batch.
///
/// One round trip where all that its commands need is known from the flushes before (`DecidedFlush`). Otherwise three as a
/// rule: pick (only where a command has to find its work first), lock and load, write and commit. A large flush
/// writes its rows in one of their own, while its events are sealed.
/// Locks are taken in an order that every flush of every orchestrator shares: claims, stream heads by name, the
/// workspace head last. Holding a stream's head means that nothing in that stream changes, so the decisions made
/// between the second and the third trip are exact.
struct Flush {
    let workspaceID: ID<Workspace>
    let commands: [QueuedCommand]
    /// Of all commands.
    let needs: CommandNeeds
    /// Whether an earlier try may have committed; commands found to be done are then answered from their memo.
    let mayBeDone: Bool
    /// What earlier flushes have found and left.
    let known: KnownRows

    /// Answers to the callers, to be given once the transaction is through.
    struct Outcome {
        let batch: CommittedBatch?
        let answers: [@Sendable () -> Void]
    }

    init(_ commands: [QueuedCommand], of workspaceID: ID<Workspace>, mayBeDone: Bool, known: KnownRows) {
        self.workspaceID = workspaceID
        self.commands = commands
        self.mayBeDone = mayBeDone
        self.known = known
        var needs = CommandNeeds()
        for command in commands { needs.merge(command.needs) }
        self.needs = needs
    }

    /// The whole flush, looking at everything first that is not known.
    func run(on connection: PostgresConnection) async throws -> Outcome {
        do {
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
        known.readAhead(&needs)
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

    /// Streams in the order in which every flush locks them.
    static func inOrder(_ streams: Set<StreamKey>) -> [StreamKey] {
        streams.sorted { ($0.type, $0.id) < ($1.type, $1.id) }
    }

    // MARK: Decide

    func decide(
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
