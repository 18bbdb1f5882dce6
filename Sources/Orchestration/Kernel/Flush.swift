// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Postgres
import Store

/// One transaction over all commands of a batch.
///
/// Three round trips as a rule: pick (only where a command has to find its work first), lock and load, write and commit. A
/// large flush writes its rows in one of their own, while its events are sealed.
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
        let picks = try await FlushPicks(&needs, of: workspaceID, on: connection)
        let (heads, rows, done) = try await lockAndLoad(needs, picks, begins: !needs.picks, on: connection)
        var state = FlushState(workspaceID: workspaceID, now: heads.time, picks: picks, rows: rows)
        let decided = decide(&state, done: done)
        guard !state.isUnchanged || picks.hasChangedRows else {
            _ = try await connection.query("ROLLBACK")
            var batch = CommittedBatch(workspaceID: workspaceID, events: [])
            batch.full = picks.ready.full
            return Outcome(batch: batch.full.isEmpty ? nil : batch, answers: decided.answers)
        }
        var batch = try await write(state, heads: heads, memos: decided.memos, on: connection)
        batch.full = picks.ready.full
        for queue in picks.ready.unread { batch.count(ready: queue) }
        return Outcome(batch: batch, answers: decided.answers)
    }

    // MARK: Round trip 2: lock and load

    private struct Heads {
        var streams: [StreamKey: Int64]
        var workspace: WorkspaceHead?
        /// When the locks were ours, by the one clock that all orchestrators share: what is decided to happen later is
        /// found due by it, too.
        var time: Timestamp
    }

    private func lockAndLoad(
        _ needs: CommandNeeds, _ picks: FlushPicks, begins: Bool, on connection: PostgresConnection
    ) async throws -> (Heads, FlushRows, [UUID: [UInt8]?]) {
        var batch = StatementBatch()
        if begins { batch.beginFlush() }
        let streams = needs.streams.sorted { ($0.type, $0.id) < ($1.type, $1.id) }
        if needs.opensWorkspace {
            batch.add(EventStore.openWorkspaceHead(workspaceID))
            batch.add(PipelineStore.open(workspaceID))
        }
        if !needs.opened.isEmpty {
            batch.add(EventStore.openStreamHeads(workspaceID, streams.filter { needs.opened.contains($0) }))
        }
        let heads = batch.add(EventStore.lockStreamHeads(workspaceID, streams))
        // Only after the heads are ours: an earlier try that is still committing held them until it was through.
        let done = mayBeDone ? batch.add(DedupStore.committed(commands.map(\.id))) : nil
        let tasks = needs.tasks.isEmpty ? nil : batch.add(TaskStore.load(workspaceID, distinct(needs.tasks)))
        // Whatever ends a run ends what it asked people for.
        let open =
            needs.tasks.isEmpty
            ? nil : batch.add(ApprovalStore.open(of: Array(Set(needs.tasks.map(\.id))), in: workspaceID))
        let keys =
            needs.idempotencyKeys.isEmpty
            ? nil : batch.add(TaskStore.tasks(withKeys: needs.idempotencyKeys, in: workspaceID))
        let fillings = Ledgers.kinds.compactMap { $0.load(needs.rows, workspaceID, &batch) }
        let events = needs.eventIDs.isEmpty ? nil : batch.add(EventStore.known(needs.eventIDs, in: workspaceID))
        let agents = needs.agents.map { batch.add(AgentStore.agent($0, in: workspaceID)) }
        let workspace = batch.add(EventStore.lockWorkspaceHead(workspaceID))
        let clock = batch.add(EventStore.clock)
        // Only now: whoever gives a place back holds that lock, and looks for parked runs before it lets go.
        let uses = Set((picks.ready.runs + picks.ready.blocked).flatMap(\.limits))
        let usage = uses.isEmpty ? nil : batch.add(LimitStore.usage(workspaceID, Array(uses)))
        let results = try await batch.run(on: connection)
        var rows = FlushRows()
        if let tasks { rows.tasks = try results(tasks) }
        if let keys { rows.keys = try results(keys) }
        if let events { rows.events = try results(events) }
        for fill in fillings { try fill(results, &rows.ledgers) }
        if let usage { rows.usage = try results(usage) }
        if let open { rows.ledgers.approvals.fill(try results(open)) }
        rows.agents = try agents.compactMap { try results($0)?.agent }
        return (
            Heads(streams: try results(heads), workspace: try results(workspace), time: try results(clock)), rows,
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
            state.beginCommand()
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
        let rows = rowStatements(state)
        if state.events.count < Self.overlapping {
            var batch = StatementBatch()
            for sql in rows { batch.add(sql) }
            let rest = try writeRest(state, heads, memos, into: &batch)
            return try committed(state, rest, try await batch.run(on: connection))
        }
        async let written = connection.pipeline(rows)
        var batch = StatementBatch()
        let rest = try writeRest(state, heads, memos, into: &batch)
        _ = try await written
        return try committed(state, rest, try await batch.run(on: connection))
    }

    /// From so many events on, it takes longer to seal them than to go to the database once more.
    private static let overlapping = 32

    private func rowStatements(_ state: FlushState) -> [SQL] {
        let rows = state.taskRows
        var statements: [SQL] = []
        if !rows.newTasks.isEmpty { statements.append(TaskStore.insert(rows.newTasks)) }
        if let labels = TaskStore.insertLabels(of: rows.newTasks) { statements.append(labels) }
        if !rows.changedTasks.isEmpty { statements.append(TaskStore.update(rows.changedTasks)) }
        if !rows.newRuns.isEmpty { statements.append(TaskStore.insert(rows.newRuns)) }
        if !rows.changedRuns.isEmpty { statements.append(TaskStore.update(rows.changedRuns)) }
        return statements
    }

    private struct RestOfWrites {
        let queues: QueueWrites
        let recorded: [RecordedEvent]
    }

    /// What is written beside the rows of tasks and runs, and the commit.
    private func writeRest(
        _ state: FlushState, _ heads: Heads, _ memos: [(id: UUID, outcome: [UInt8]?)], into batch: inout StatementBatch
    ) throws -> RestOfWrites {
        let moves = state.pipelineMoves
        if !moves.isEmpty { batch.add(PipelineStore.move(workspaceID, moves)) }
        for kind in Ledgers.kinds { kind.write(state.rows, &batch) }
        for content in state.contents { batch.add(ArtifactStore.keep(content, in: workspaceID)) }
        if !state.changedAgents.isEmpty { batch.add(AgentStore.upsert(state.changedAgents)) }
        let queues = writeQueues(state, into: &batch)
        if !memos.isEmpty { batch.add(DedupStore.insert(workspaceID, memos)) }
        let recorded = try seal(state.events, heads, into: &batch)
        batch.add("COMMIT")
        return RestOfWrites(queues: queues, recorded: recorded)
    }

    /// What the others are told of the commit.
    private func committed(
        _ state: FlushState, _ rest: RestOfWrites, _ results: StatementBatch.Results
    ) throws -> CommittedBatch {
        let queues = rest.queues
        var committed = CommittedBatch(workspaceID: workspaceID, events: rest.recorded)
        for task in queues.ready {
            committed.count(ready: task.agent)
            for label in task.labels { committed.count(ready: QueuedRun.queue(ofLabel: label)) }
        }
        for run in state.stale { committed.count(ready: run.queue) }
        for task in state.released { committed.count(freed: task.agent) }
        if let ticket = queues.unparked {
            let unparked = try results(ticket)
            for queue in unparked.queues { committed.count(ready: queue) }
            committed.earliestUnpark = unparked.nextDue
        }
        for ticket in queues.settled where try results(ticket) { committed.hasSettledDependencies = true }
        committed.earliestDelay = queues.delayed.compactMap(\.runAt).min()
        committed.earliestExpiry = state.rows.approvals.changed.filter(\.status.isOpen).map(\.expiresAt).min()
        committed.earliestFire = state.rows.schedules.changed.filter(\.isActive).compactMap(\.nextFireAt).min()
        return committed
    }

    private struct QueueWrites {
        var ready: [WorkTask] = []
        var delayed: [WorkTask] = []
        var unparked: StatementBatch.Ticket<ParkedRunStore.Unparked>?
        var settled: [StatementBatch.Ticket<Bool>] = []
    }

    /// What follows from the events for queues, leases, limits and dependencies.
    private func writeQueues(_ state: FlushState, into batch: inout StatementBatch) -> QueueWrites {
        var writes = QueueWrites()
        if !state.dropped.isEmpty { batch.add(LeaseStore.delete(workspaceID, state.dropped)) }
        if !state.leases.isEmpty { batch.add(LeaseStore.insert(workspaceID, state.leases, at: state.now)) }
        if !state.paused.isEmpty { batch.add(LeaseStore.pause(workspaceID, state.paused)) }
        if !state.resumed.isEmpty { batch.add(LeaseStore.resume(workspaceID, state.resumed)) }
        if !state.dequeued.isEmpty {
            for sql in QueueStore.remove(workspaceID, state.dequeued) { batch.add(sql) }
        }
        writes.ready = state.states(of: state.enqueued, in: .queued)
        if !writes.ready.isEmpty { batch.add(QueueStore.enqueue(workspaceID, writes.ready)) }
        writes.delayed = state.states(of: state.delayed, in: .scheduled).filter { !$0.isBlocked }
        if !writes.delayed.isEmpty { batch.add(QueueStore.delay(workspaceID, writes.delayed)) }
        if !state.restoredRooms.isEmpty { batch.add(QueueStore.requeue(workspaceID, of: state.restoredRooms)) }
        writes.unparked = writeLimits(state, into: &batch)
        if !state.dependencies.isEmpty { batch.add(DependencyStore.insert(workspaceID, state.dependencies)) }
        let ended = state.ended
        if !ended.isEmpty { writes.settled.append(batch.add(DependencyStore.settle(workspaceID, ended))) }
        let lost = ended.filter { $0.status != .completed }
        if !lost.isEmpty { writes.settled.append(batch.add(DependencyStore.abandonChildren(workspaceID, of: lost))) }
        return writes
    }

    /// First what is parked and what counts, then, by that, who may come back.
    private func writeLimits(
        _ state: FlushState, into batch: inout StatementBatch
    ) -> StatementBatch.Ticket<ParkedRunStore.Unparked>? {
        if !state.unlined.isEmpty { batch.add(ParkedRunStore.forget(workspaceID, state.unlined)) }
        if !state.parked.isEmpty { batch.add(ParkedRunStore.park(workspaceID, state.parked)) }
        let released = state.released.filter { !$0.limits.isEmpty }.map(\.runID)
        if !released.isEmpty { batch.add(LimitStore.release(workspaceID, released)) }
        let limited = state.limited.filter { held in !state.dropped.contains(held.runID) }
        if !limited.isEmpty {
            for sql in LimitStore.hold(workspaceID, limited, state.takenUsage) { batch.add(sql) }
        }
        let chances = state.chances
        return chances.isEmpty
            ? nil : batch.add(ParkedRunStore.unpark(workspaceID, chances.map { ($0.key, $0.value) }))
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
        let recorded = sealed.map(\.recorded)
        if let news = NotificationStore.insert(recorded) { batch.add(news) }
        return recorded
    }
}
