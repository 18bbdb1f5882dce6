// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
import Postgres
import Store

/// Events that have just been committed, in the order of their positions.
package struct CommittedBatch: Sendable {
    package let workspaceID: ID<Workspace>
    package let events: [RecordedEvent]
    /// Agents whose runs became ready, for waking whoever claims them.
    package let readyAgents: Set<String>
    /// The earliest time to which a run was put off.
    package let earliestDelay: Timestamp?
    /// The earliest fire of the schedules that changed.
    package let earliestFire: Timestamp?
}

/// One transaction over all commands of a batch.
///
/// Three round trips at most: pick (only where a command has to find its work first), lock and load, write and commit.
/// Locks are taken in an order that every flush of every orchestrator shares: claims, stream heads by name, the
/// workspace head last. Holding a stream's head means that nothing in that stream changes, so the decisions made
/// between the second and the third trip are exact.
struct Flush {
    let workspaceID: ID<Workspace>
    let commands: [QueuedCommand]
    /// Whether an earlier try may have committed; commands found to be done are then answered from their memo.
    let mayBeDone: Bool

    /// Answers to the callers, to be given once the transaction is through.
    struct Outcome {
        let batch: CommittedBatch?
        let answers: [@Sendable () -> Void]
    }

    func run(on connection: PostgresConnection) async throws -> Outcome {
        var needs = CommandNeeds()
        for command in commands { needs.merge(command.needs) }
        do {
            return try await run(needs, on: connection)
        } catch {
            // A broken connection has nothing to roll back, and one that is not clean is not reused by the pool.
            if (error as? PostgresError)?.isConnectionLost != true { _ = try? await connection.query("ROLLBACK") }
            throw error
        }
    }

    private func run(_ merged: CommandNeeds, on connection: PostgresConnection) async throws -> Outcome {
        var needs = merged
        let picks = try await pick(&needs, on: connection)
        let (heads, rows, done) = try await lockAndLoad(needs, begins: !needs.picks, on: connection)
        var state = FlushState(workspaceID: workspaceID, now: .now(), picks: picks, rows: rows)
        let decided = decide(&state, done: done)
        guard !state.isUnchanged || picks.hasChangedRows else {
            _ = try await connection.query("ROLLBACK")
            return Outcome(batch: nil, answers: decided.answers)
        }
        let batch = try await write(state, heads: heads, memos: decided.memos, on: connection)
        return Outcome(batch: batch, answers: decided.answers)
    }

    // MARK: Round trip 1: pick

    private func pick(_ needs: inout CommandNeeds, on connection: PostgresConnection) async throws -> FlushPicks {
        guard needs.picks else { return FlushPicks() }
        var batch = StatementBatch()
        batch.add("BEGIN")
        var ready: StatementBatch.Ticket<[QueuedRun]>?
        var held: StatementBatch.Ticket<[String: Int]>?
        if !needs.claimable.isEmpty {
            batch.add(QueueStore.lockClaims(workspaceID))
            ready = batch.add(QueueStore.ready(workspaceID, needs.claimable))
            held = batch.add(LeaseStore.counts(workspaceID))
        }
        let due = needs.dueLimit > 0 ? batch.add(QueueStore.takeDue(workspaceID, limit: needs.dueLimit)) : nil
        var expired: StatementBatch.Ticket<[ID<WorkerSession>]>?
        var orphans: StatementBatch.Ticket<[HeldLease]>?
        if needs.orphanLimit > 0 {
            expired = batch.add(LeaseStore.takeExpiredSessions(workspaceID, limit: needs.orphanLimit))
            orphans = batch.add(LeaseStore.orphans(workspaceID, limit: needs.orphanLimit))
        }
        let results = try await batch.run(on: connection)
        var picks = FlushPicks()
        if let ready { picks.ready = try results(ready) }
        if let held { picks.held = try results(held) }
        if let due { picks.due = try results(due) }
        if let expired { picks.hasChangedRows = try !results(expired).isEmpty }
        if !picks.due.isEmpty { picks.hasChangedRows = true }
        if let orphans { picks.orphans = try results(orphans) }
        for run in picks.ready + picks.due {
            needs.streams.insert(.room(run.roomID))
            needs.tasks.append(TaskStore.Wanted(id: run.taskID, withInput: run.queueID > 0))
        }
        for orphan in picks.orphans {
            needs.streams.insert(.room(orphan.roomID))
            needs.tasks.append(TaskStore.Wanted(id: orphan.taskID))
        }
        return picks
    }

    // MARK: Round trip 2: lock and load

    private struct Heads {
        var streams: [StreamKey: Int64]
        var workspace: WorkspaceHead?
    }

    private func lockAndLoad(
        _ needs: CommandNeeds, begins: Bool, on connection: PostgresConnection
    ) async throws -> (Heads, FlushRows, [UUID: [UInt8]?]) {
        var batch = StatementBatch()
        if begins { batch.add("BEGIN") }
        let streams = needs.streams.sorted { ($0.type, $0.id) < ($1.type, $1.id) }
        if needs.opensWorkspace { batch.add(EventStore.openWorkspaceHead(workspaceID)) }
        if !needs.opened.isEmpty {
            batch.add(EventStore.openStreamHeads(workspaceID, streams.filter { needs.opened.contains($0) }))
        }
        let heads = batch.add(EventStore.lockStreamHeads(workspaceID, streams))
        // Only after the heads are ours: an earlier try that is still committing held them until it was through.
        let done = mayBeDone ? batch.add(DedupStore.committed(commands.map(\.id))) : nil
        let tasks = needs.tasks.isEmpty ? nil : batch.add(TaskStore.load(workspaceID, distinct(needs.tasks)))
        let keys =
            needs.idempotencyKeys.isEmpty
            ? nil : batch.add(TaskStore.tasks(withKeys: needs.idempotencyKeys, in: workspaceID))
        let fillings = Ledgers.kinds.compactMap { $0.load(needs.rows, workspaceID, &batch) }
        let agents = needs.agents.map { batch.add(AgentStore.agent($0, in: workspaceID)) }
        let workspace = batch.add(EventStore.lockWorkspaceHead(workspaceID))
        let results = try await batch.run(on: connection)
        var rows = FlushRows()
        if let tasks { rows.tasks = try results(tasks) }
        if let keys { rows.keys = try results(keys) }
        for fill in fillings { try fill(results, &rows.ledgers) }
        rows.agents = try agents.compactMap { try results($0)?.agent }
        return (
            Heads(streams: try results(heads), workspace: try results(workspace)), rows,
            try done.map { try results($0) } ?? [:]
        )
    }

    /// Each task once; with its input if any command wants it.
    private func distinct(_ wanted: [TaskStore.Wanted]) -> [TaskStore.Wanted] {
        var inputs: [ID<WorkTask>: Bool] = [:]
        for task in wanted { inputs[task.id, default: false] = inputs[task.id] == true || task.withInput }
        return inputs.map { TaskStore.Wanted(id: $0.key, withInput: $0.value) }
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
            let (answer, memo) = command.decide(&state)
            answers.append(answer)
            if state.events.count > before { memos.append((command.id, memo)) }
        }
        return (answers, memos)
    }

    // MARK: Round trip 3: write and commit

    private func write(
        _ state: FlushState, heads: Heads, memos: [(id: UUID, outcome: [UInt8]?)], on connection: PostgresConnection
    ) async throws -> CommittedBatch {
        var batch = StatementBatch()
        let rows = state.taskRows
        if !rows.newTasks.isEmpty { batch.add(TaskStore.insert(rows.newTasks)) }
        if !rows.changedTasks.isEmpty { batch.add(TaskStore.update(rows.changedTasks)) }
        if !rows.newRuns.isEmpty { batch.add(TaskStore.insert(rows.newRuns)) }
        if !rows.changedRuns.isEmpty { batch.add(TaskStore.update(rows.changedRuns)) }
        for kind in Ledgers.kinds { kind.write(state.rows, &batch) }
        if !state.changedAgents.isEmpty { batch.add(AgentStore.upsert(state.changedAgents)) }
        if !state.dropped.isEmpty { batch.add(LeaseStore.delete(workspaceID, state.dropped)) }
        if !state.leases.isEmpty { batch.add(LeaseStore.insert(workspaceID, state.leases, at: state.now)) }
        if !state.dequeued.isEmpty { batch.add(QueueStore.remove(workspaceID, state.dequeued)) }
        let ready = state.states(of: state.enqueued, in: .queued)
        if !ready.isEmpty { batch.add(QueueStore.enqueue(workspaceID, ready)) }
        let delayed = state.states(of: state.delayed, in: .scheduled)
        if !delayed.isEmpty { batch.add(QueueStore.delay(workspaceID, delayed)) }
        if !memos.isEmpty { batch.add(DedupStore.insert(workspaceID, memos)) }
        let recorded = try seal(state.events, heads, into: &batch)
        batch.add("COMMIT")
        _ = try await batch.run(on: connection)
        return CommittedBatch(
            workspaceID: workspaceID, events: recorded, readyAgents: Set(ready.map(\.agent)),
            earliestDelay: delayed.compactMap(\.runAt).min(),
            earliestFire: state.rows.schedules.changed.filter(\.isActive).compactMap(\.nextFireAt).min())
    }

    /// Gives the events their places and hashes, and the block that seals them.
    private func seal(_ events: [Event], _ heads: Heads, into batch: inout StatementBatch) throws -> [RecordedEvent] {
        guard !events.isEmpty else { return [] }
        guard var head = heads.workspace else {
            throw Problem(.notFound, "There is no workspace \(workspaceID).")
        }
        var streams: [StreamKey: Int64] = [:]
        let first = head.position + 1
        var sealed: [SealedEvent] = []
        sealed.reserveCapacity(events.count)
        for event in events {
            guard let sequence = streams[event.stream] ?? heads.streams[event.stream] else {
                throw Problem(.notFound, "There is no \(event.stream.type) \(event.stream.id).")
            }
            streams[event.stream] = sequence + 1
            head.position += 1
            let salt = EventDigest.makeSalt()
            sealed.append(
                SealedEvent(
                    RecordedEvent(event: event, position: head.position, streamSequence: sequence + 1), salt: salt,
                    bodyHash: EventDigest.body(event.body, salt: salt)))
        }
        head.block += 1
        let block = BlockContent(
            number: head.block, firstPosition: first, lastPosition: head.position,
            root: EventDigest.root(sealed.map(\.leaf)))
        head.chain = EventDigest.chain(after: head.chain, workspaceID: workspaceID, block: block)
        for sql in EventStore.append(sealed, block: block, head: head, streams: streams) { batch.add(sql) }
        return sealed.map(\.recorded)
    }
}
