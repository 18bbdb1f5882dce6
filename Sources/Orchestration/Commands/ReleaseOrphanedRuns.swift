// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
import Store

/// Ends the sessions of silent workers and queues all they held for the next epoch, which is an incident; fails runs of
/// workers outside that take longer than they may. Answers how many runs it found.
package struct ReleaseOrphanedRuns: Command {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let actor: Principal
    private let traceID = TraceContext.makeRoot().traceID

    package init(workspaceID: ID<Workspace>, limit: Int, actor: Principal) {
        self.workspaceID = workspaceID
        self.limit = limit
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.orphanLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        let ended = Set(state.expired.filter(\.wasEnded).map(\.id))
        var lost: [ID<WorkerSession>: LostRuns] = [:]
        for orphan in state.orphans {
            let wasEnded = ended.contains(orphan.lease.workerSessionID)
            guard let aggregate = try? state.task(orphan.taskID),
                let event = try? wasEnded
                    ? aggregate.release(orphan.lease, reason: "The worker has ended its session.")
                    : aggregate.loseLease(orphan.lease)
            else { continue }
            state.record(event, on: orphan.taskID, by: actor)
            lost[orphan.lease.workerSessionID, default: LostRuns()].add(orphan, event: state.events.last?.id)
        }
        for (session, runs) in lost.sorted(by: { $0.key < $1.key }) { try report(session, runs, &state) }
        for overdue in state.overdue {
            guard let aggregate = try? state.task(overdue.taskID), aggregate.task.status == .running,
                let event = try? overrun(overdue, aggregate, at: state.now)
            else { continue }
            state.record(event, on: overdue.taskID, by: actor)
        }
        return state.orphans.count + state.overdue.count
    }

    /// Too long is a failure of the run; no sign of progress only costs its worker the lease.
    private func overrun(
        _ held: HeldLease, _ aggregate: TaskAggregate, at now: Timestamp
    ) throws(TaskError) -> TaskEvent {
        if let timeout = held.timeoutAt, timeout <= now {
            return try aggregate.timeOut(held.lease, at: now, jitter: .random(in: 0...1))
        }
        return try aggregate.loseLease(held.lease)
    }

    /// What one session held.
    private struct LostRuns {
        var rooms: Set<ID<Room>> = []
        var runIDs: [ID<Run>] = []
        var eventIDs: [UUID] = []

        mutating func add(_ orphan: HeldLease, event: UUID?) {
            rooms.insert(orphan.roomID)
            runIDs.append(orphan.lease.runID)
            if let event { eventIDs.append(event) }
        }

        /// No more than an incident takes.
        var links: IncidentLinks { IncidentLinks(runIDs: runIDs, eventIDs: eventIDs) }
    }

    /// A session that held more than one flush releases is found again: what is left of its runs is linked to the incident
    /// that the first one opened. Whoever has said good-bye is not lost, whatever was still held.
    private func report(
        _ session: ID<WorkerSession>, _ lost: LostRuns, _ state: inout FlushState
    ) throws(Problem) {
        let key = Incident.openKey(kind: SystemIncident.workerLost.rawValue, idempotencyKey: session.rawValue)
        if let known = state.rows.incidents.row(withIdempotencyKey: key) {
            let isLocked = known.roomID.map(lost.rooms.contains) ?? true
            guard isLocked, let event = try? known.link(lost.links) else { return }
            try state.record(
                event, on: known.id, in: \.incidents, state.context(known.stream, by: actor, traceID: traceID))
            return
        }
        guard let ended = state.expired.first(where: { $0.id == session }), !ended.wasEnded else { return }
        let room = lost.rooms.count == 1 ? lost.rooms.first : nil
        var context = state.context(
            room.map { .room($0) } ?? .workspace(workspaceID), by: actor, traceID: traceID)
        context.idempotencyKey = session.rawValue
        let runs = lost.runIDs.count == 1 ? "a run" : "\(lost.runIDs.count) runs"
        let report = IncidentReport(
            .workerLost, title: "Worker \(ended.worker) went silent while it held \(runs)",
            description: """
                The worker session \(session) missed its deadline. Its runs were released in the same moment: they go to the \
                next claim under a new epoch, or have failed where no attempt was left.
                """,
            links: lost.links)
        _ = try state.open(report, context)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}

extension CommandNeeds {
    /// What is needed to tell of a worker that went silent.
    mutating func wantLostWorker(_ session: ID<WorkerSession>, in workspaceID: ID<Workspace>) {
        streams.insert(.workspace(workspaceID))
        rows.incidents.want(
            idempotencyKey: Incident.openKey(
                kind: SystemIncident.workerLost.rawValue, idempotencyKey: session.rawValue))
    }
}
