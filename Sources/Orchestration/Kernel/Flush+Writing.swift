// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Postgres
import Store

// The last round trip: write and commit.
extension Flush {
    /// Writes what was decided, and commits.
    func write(
        _ state: FlushState, heads: FlushHeads, memos: [(id: UUID, outcome: [UInt8]?)],
        on connection: PostgresConnection
    ) async throws -> CommittedBatch {
        let first = rowStatements(state)
        var batch = StatementBatch()
        let rest: RestOfWrites
        if state.events.count < Self.overlapping {
            for sql in first { batch.add(sql) }
            rest = try writeRest(state, heads, memos, into: &batch)
        } else {
            async let written = connection.pipeline(first)
            rest = try writeRest(state, heads, memos, into: &batch)
            _ = try await written
        }
        let committed = try committed(state, rest, try await batch.run(on: connection))
        if let head = rest.head { known.keep(state, head: head, streams: rest.streams) }
        known.keep(ready: Set(committed.ready.keys), unparks: rest.queues.unparked != nil)
        return committed
    }

    /// From so many events on, it takes longer to seal them than to go to the database once more.
    private static let overlapping = 32

    func rowStatements(_ state: FlushState) -> [SQL] {
        let rows = state.taskRows
        var statements: [SQL] = []
        if !rows.newTasks.isEmpty { statements.append(TaskStore.insert(rows.newTasks)) }
        if let labels = TaskStore.insertLabels(of: rows.newTasks) { statements.append(labels) }
        if !rows.changedTasks.isEmpty { statements.append(TaskStore.update(rows.changedTasks)) }
        if !rows.newRuns.isEmpty { statements.append(TaskStore.insert(rows.newRuns)) }
        if !rows.changedRuns.isEmpty { statements.append(TaskStore.update(rows.changedRuns)) }
        return statements
    }

    struct RestOfWrites {
        let queues: QueueWrites
        let recorded: [RecordedEvent]
        /// The ends of the logs as they are then.
        let head: WorkspaceHead?
        let streams: [StreamKey: Int64]
    }

    /// What is written beside the rows of tasks and runs, and the commit.
    func writeRest(
        _ state: FlushState, _ heads: FlushHeads, _ memos: [(id: UUID, outcome: [UInt8]?)],
        into batch: inout StatementBatch
    ) throws -> RestOfWrites {
        let moves = state.pipelineMoves
        if !moves.isEmpty { batch.add(PipelineStore.move(workspaceID, moves)) }
        if state.hasRecordedRows { for kind in Ledgers.kinds { kind.write(state.rows, &batch) } }
        for content in state.contents { batch.add(ArtifactStore.keep(content, in: workspaceID)) }
        if !state.changedAgents.isEmpty { batch.add(AgentStore.upsert(state.changedAgents)) }
        let queues = writeQueues(state, into: &batch)
        if !memos.isEmpty { batch.add(DedupStore.insert(workspaceID, memos)) }
        let (recorded, ends) = try seal(state.events, heads, into: &batch)
        batch.add("COMMIT")
        return RestOfWrites(queues: queues, recorded: recorded, head: ends.workspace, streams: ends.streams)
    }

    /// What the others are told of the commit.
    func committed(
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

    struct QueueWrites {
        var ready: [WorkTask] = []
        var delayed: [WorkTask] = []
        var unparked: StatementBatch.Ticket<ParkedRunStore.Unparked>?
        var settled: [StatementBatch.Ticket<Bool>] = []

        /// The queues that runs are put into.
        var filled: Set<String> {
            var names: Set<String> = []
            for task in ready {
                names.insert(task.agent)
                for label in task.labels { names.insert(QueuedRun.queue(ofLabel: label)) }
            }
            return names
        }
    }

    /// What follows from the events for queues, leases, limits and dependencies.
    private func writeQueues(_ state: FlushState, into batch: inout StatementBatch) -> QueueWrites {
        var writes = QueueWrites()
        if !state.dropped.isEmpty { batch.add(LeaseStore.delete(workspaceID, state.dropped)) }
        if !state.taken.isEmpty { batch.add(LeaseStore.insert(workspaceID, Array(state.taken.values), at: state.now)) }
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
        let limited = state.limited.filter { state.taken[$0.runID] != nil }
        if !limited.isEmpty {
            for sql in LimitStore.hold(workspaceID, limited, state.takenUsage) { batch.add(sql) }
        }
        let chances = state.chances
        return chances.isEmpty
            ? nil : batch.add(ParkedRunStore.unpark(workspaceID, chances.map { ($0.key, $0.value) }))
    }

    /// Gives the events their places and hashes, and the block that seals them.
    private func seal(
        _ events: [Event], _ heads: FlushHeads, into batch: inout StatementBatch
    ) throws -> ([RecordedEvent], FlushHeads) {
        guard !events.isEmpty else { return ([], heads) }
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
        let ends = FlushHeads(
            streams: heads.streams.merging(streams) { $1 }, workspace: head, time: heads.time)
        return (recorded, ends)
    }
}
