// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// What a flush picked before it knew what to lock.
package struct FlushPicks: Sendable {
    var ready: [QueuedRun] = []
    var held: [String: Int] = [:]
    var due: [QueuedRun] = []
    var orphans: [HeldLease] = []
    /// Sessions that are over: ended by their workers, or silent for too long.
    var expired: [ExpiredSession] = []
    var overdue: [HeldLease] = []
    var settled: [SettledDependency] = []
    var dueApprovals: [DueApproval] = []
    /// Whether the picking itself deleted rows, which has to be committed even if nothing else happens.
    var hasChangedRows = false

    init() {}

    /// The first round trip: begins the transaction and finds what the commands have asked for, so that `needs` names all that
    /// is to be locked. Does nothing where no command has to find its work.
    init(_ needs: inout CommandNeeds, of workspaceID: ID<Workspace>, on connection: PostgresConnection) async throws {
        guard needs.picks else { return }
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
        var expired: StatementBatch.Ticket<[ExpiredSession]>?
        var orphans: StatementBatch.Ticket<[HeldLease]>?
        var overdue: StatementBatch.Ticket<[HeldLease]>?
        if needs.orphanLimit > 0 {
            expired = batch.add(LeaseStore.takeExpiredSessions(workspaceID, limit: needs.orphanLimit))
            orphans = batch.add(LeaseStore.orphans(workspaceID, limit: needs.orphanLimit))
            overdue = batch.add(LeaseStore.overdue(workspaceID, limit: needs.orphanLimit))
        }
        let settled =
            needs.settledLimit > 0
            ? batch.add(DependencyStore.takeSettled(workspaceID, limit: needs.settledLimit)) : nil
        let approvals =
            needs.expiryLimit > 0 ? batch.add(ApprovalStore.due(in: workspaceID, limit: needs.expiryLimit)) : nil
        let results = try await batch.run(on: connection)
        if let ready { self.ready = try results(ready) }
        if let held { self.held = try results(held) }
        if let due { self.due = try results(due) }
        if let expired {
            self.expired = try results(expired)
            hasChangedRows = !self.expired.isEmpty
        }
        if let orphans { self.orphans = try results(orphans) }
        if let overdue { self.overdue = try results(overdue) }
        if let settled { self.settled = try results(settled) }
        if let approvals { dueApprovals = try results(approvals) }
        if !self.due.isEmpty || !self.settled.isEmpty { hasChangedRows = true }
        want(&needs, in: workspaceID)
    }

    private func want(_ needs: inout CommandNeeds, in workspaceID: ID<Workspace>) {
        for run in ready { needs.rows.rooms.want(run.roomID) }
        for orphan in orphans { needs.wantLostWorker(orphan.lease.workerSessionID, in: workspaceID) }
        for run in ready + due {
            needs.streams.insert(.room(run.roomID))
            needs.tasks.append(TaskStore.Wanted(id: run.taskID, withInput: run.queueID > 0))
        }
        for lease in orphans + overdue {
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
