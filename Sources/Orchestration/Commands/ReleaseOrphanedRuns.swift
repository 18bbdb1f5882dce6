// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
import Store

/// Ends the sessions of silent workers and queues all they held for the next epoch, which is an incident; fails runs of
/// workers outside that take longer than they may. Answers how many leases it did away with.
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
        var count = 0
        var lost: [ID<WorkerSession>: LostRuns] = [:]
        for ended in state.endedLeases {
            let held = ended.held
            if let aggregate = try? state.task(held.taskID), let event = try? event(ended, aggregate, at: state.now) {
                state.record(event, on: held.taskID, by: actor)
                count += 1
                if case .sessionLost(let worker) = ended.cause {
                    lost[held.lease.workerSessionID, default: LostRuns(worker: worker)]
                        .add(held, event: state.events.last?.id)
                }
            } else if state.drop(held) {
                count += 1
            }
        }
        for (session, runs) in lost.sorted(by: { $0.key < $1.key }) { try report(session, runs, &state) }
        return count
    }

    /// Too long is a failure of the run; silence, and no sign of progress, only cost its worker the lease.
    private func event(
        _ ended: EndedLease, _ aggregate: TaskAggregate, at now: Timestamp
    ) throws(TaskError) -> TaskEvent {
        let lease = ended.held.lease
        return switch ended.cause {
        case .sessionEnded: try aggregate.release(lease, reason: "The worker has ended its session.")
        case .sessionLost: try aggregate.loseLease(lease)
        case .timeOver: try aggregate.timeOut(lease, at: now, jitter: .random(in: 0...1))
        case .noProgress: try aggregate.loseLease(lease)
        }
    }

    /// What one session held.
    private struct LostRuns {
        /// The worker's name; nil when nothing is known of the session any more.
        let worker: String?
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
    /// that the first one opened.
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
        guard let worker = lost.worker else { return }
        let room = lost.rooms.count == 1 ? lost.rooms.first : nil
        var context = state.context(
            room.map { .room($0) } ?? .workspace(workspaceID), by: actor, traceID: traceID)
        context.idempotencyKey = session.rawValue
        let runs = lost.runIDs.count == 1 ? "a run" : "\(lost.runIDs.count) runs"
        let report = IncidentReport(
            .workerLost, title: "Worker \(worker) went silent while it held \(runs)",
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
