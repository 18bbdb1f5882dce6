// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// What a flush picked before it knew what to lock.
package struct FlushPicks: Sendable {
    var ready = ReadyRuns()
    var held: [String: Int] = [:]
    /// Agents whose runs may be handed out by the very flush that makes them.
    var startable: Set<String> = []
    /// Those of the wanted worker sessions that are open.
    var sessions: Set<ID<WorkerSession>> = []
    var due: [QueuedRun] = []
    /// Leases to be taken back.
    var endedLeases: [EndedLease] = []
    var settled: [SettledDependency] = []
    var dueApprovals: [DueApproval] = []
    /// Whether the picking itself deleted rows, which has to be committed even if nothing else happens.
    var hasChangedRows = false

    /// What the ready runs count against.
    var limits: Set<LimitUse> { Set((ready.runs + ready.blocked).flatMap(\.limits)) }

    init() {}

    /// Of claims for which it is known what is ready.
    init(_ ready: ReadyRuns, for needs: CommandNeeds, held: [String: Int]) {
        self.ready = ready
        self.held = held
        startable = needs.starts
        sessions = needs.sessions
    }

    /// The first round trip: begins the transaction and finds what the commands have asked for, so that `needs` names all that
    /// is to be locked. Does nothing where no command has to find its work.
    init(_ needs: inout CommandNeeds, of workspaceID: ID<Workspace>, on connection: PostgresConnection) async throws {
        guard needs.picks else { return }
        var batch = StatementBatch()
        batch.beginFlush()
        var ready: StatementBatch.Ticket<[QueuedRun]>?
        var held: StatementBatch.Ticket<[String: Int]>?
        var sessions: StatementBatch.Ticket<[ID<WorkerSession>]>?
        var paused: StatementBatch.Ticket<[AgentQueue]>?
        if !needs.claimable.isEmpty {
            batch.add(QueueStore.lockClaims(workspaceID))
            if !needs.sessions.isEmpty {
                sessions = batch.add(LeaseStore.lockOpen(needs.sessions.sorted(), in: workspaceID))
            }
            ready = batch.add(QueueStore.ready(workspaceID, Array(needs.claimable.values)))
            held = batch.add(LeaseStore.counts(workspaceID))
            if !needs.starts.isEmpty { paused = batch.add(AgentQueueStore.load(Array(needs.starts), in: workspaceID)) }
        }
        let due = needs.dueLimit > 0 ? batch.add(QueueStore.takeDue(workspaceID, limit: needs.dueLimit)) : nil
        let leases = needs.orphanLimit > 0 ? Leases(workspaceID, limit: needs.orphanLimit, &batch) : nil
        var settled: StatementBatch.Ticket<[SettledDependency]>?
        if needs.settledLimit > 0 {
            batch.add(DependencyStore.lockSettling(workspaceID))
            settled = batch.add(DependencyStore.takeSettled(workspaceID, limit: needs.settledLimit))
        }
        let approvals =
            needs.expiryLimit > 0 ? batch.add(ApprovalStore.due(in: workspaceID, limit: needs.expiryLimit)) : nil
        let results = try await batch.run(on: connection)
        if let held { self.held = try results(held) }
        if let paused {
            startable = needs.starts.subtracting(try results(paused).filter { $0.pausedAt != nil }.map(\.agent))
        }
        if let sessions { self.sessions = Set(try results(sessions)) }
        if let due { self.due = try results(due) }
        if let leases {
            endedLeases = try results(leases.orphans) + results(leases.overdue)
            hasChangedRows = try results(leases.givenUp) + results(leases.deleted) > 0
        }
        if let settled { self.settled = try results(settled) }
        if let approvals { dueApprovals = try results(approvals) }
        if !self.due.isEmpty || !self.settled.isEmpty { hasChangedRows = true }
        if let ready {
            self.ready = try await ReadyRuns(
                try results(ready), needs, held: self.held, of: workspaceID, on: connection)
        }
        want(&needs, in: workspaceID)
    }

    /// Finds leases to be taken back, and does away with the sessions that are over.
    private struct Leases {
        let givenUp: StatementBatch.Ticket<Int>
        let orphans: StatementBatch.Ticket<[EndedLease]>
        let overdue: StatementBatch.Ticket<[EndedLease]>
        let deleted: StatementBatch.Ticket<Int>

        init(_ workspaceID: ID<Workspace>, limit: Int, _ batch: inout StatementBatch) {
            givenUp = batch.add(LeaseStore.giveUpExpired(workspaceID, limit: limit))
            orphans = batch.add(LeaseStore.orphans(workspaceID, limit: limit))
            overdue = batch.add(LeaseStore.overdue(workspaceID, limit: limit))
            deleted = batch.add(LeaseStore.deleteEmpty(workspaceID, limit: limit))
        }
    }

    /// Adds what has to be locked and loaded for what was picked.
    func want(_ needs: inout CommandNeeds, in workspaceID: ID<Workspace>) {
        for run in ready.runs { needs.rows.rooms.want(run.roomID) }
        for ended in endedLeases {
            guard case .sessionLost = ended.cause else { continue }
            needs.wantLostWorker(ended.held.lease.workerSessionID, in: workspaceID)
        }
        for run in ready.runs + due {
            needs.streams.insert(.room(run.roomID))
            needs.tasks.append(TaskStore.Wanted(id: run.taskID, withInput: run.queueID > 0))
        }
        for lease in endedLeases.map(\.held) {
            needs.streams.insert(.room(lease.roomID))
            needs.tasks.append(TaskStore.Wanted(id: lease.taskID))
        }
        for dependency in settled {
            needs.streams.insert(.room(dependency.roomID))
            needs.tasks.append(TaskStore.Wanted(id: dependency.taskID))
        }
        for approval in dueApprovals {
            needs.streams.insert(.room(approval.roomID))
            needs.rows.approvals.want(approval.id)
            if let taskID = approval.taskID { needs.tasks.append(TaskStore.Wanted(id: taskID)) }
        }
    }
}
