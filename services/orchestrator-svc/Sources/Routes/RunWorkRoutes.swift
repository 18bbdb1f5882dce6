// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import Orchestration
import ServiceKit
import Store

func answerWork(_ router: inout EndpointRouter, _ runs: RunOperations, _ workers: WorkerOperations) {
    let signer = runs.leaseSigner
    router.on(RunWorkAPI.claim) { input, context in
        try await context.caller.requireSession(input.session, in: input.workspaceID, workers)
        try context.caller.require(only: input.agents, labels: input.labels)
        let claimed = try await runs.claim(
            RunOperations.ClaimRequest(
                session: input.session, agents: input.agents, labels: input.labels, limit: input.limit,
                wait: .seconds(input.waitSeconds), starts: input.starts),
            in: input.workspaceID, by: context.caller)
        return ClaimView(
            runs: claimed.map { run in
                ClaimedRunView(RunRow(run.run, of: run.task), lease: run.lease, token: signer.token(of: run.lease))
            })
    }
    router.on(RunWorkAPI.start) { input, context in
        let found = try await runs.start(
            input.lease.proof(of: input.runID, signer), in: input.workspaceID, by: context.caller)
        return RunRow(found.run, of: found.task)
    }
    router.on(RunWorkAPI.complete) { input, context in
        let report = RunReport(input.lease.proof(of: input.runID, signer), .completed(result: input.result))
        let found = try await runs.finish(report, in: input.workspaceID, by: context.caller)
        return RunRow(found.run, of: found.task)
    }
    router.on(RunWorkAPI.fail) { input, context in
        let report = RunReport(
            input.lease.proof(of: input.runID, signer),
            .failed(input.error.failure, leastPause: .seconds(input.retryAfterSeconds ?? 0)))
        let found = try await runs.finish(report, in: input.workspaceID, by: context.caller)
        return RunRow(found.run, of: found.task)
    }
    router.on(RunWorkAPI.finish) { input, context in
        let outcomes = try await runs.finish(
            input.reports.map { RunReport($0.lease.proof(of: $0.runID, signer), $0.ending) },
            in: input.workspaceID, by: context.caller)
        return RunReportsView(
            outcomes: zip(input.reports, outcomes).map { report, outcome in
                if case .failure(let problem) = outcome, problem.kind == .internal {
                    context.logger.error(
                        "a report could not be recorded", error: problem, metadata: ["run_id": "\(report.runID)"])
                }
                return RunReportView(report.runID, outcome.map { RunRow($0.run, of: $0.task) })
            })
    }
    router.on(RunWorkAPI.heartbeat) { input, _ in
        let deadline = try await runs.reportProgress(
            input.lease.proof(of: input.runID, signer), within: .seconds(input.progressSeconds),
            in: input.workspaceID)
        return LeaseView(epoch: input.lease.epoch, deadlineAt: deadline)
    }
    router.on(RunWorkAPI.release) { input, context in
        let report = RunReport(input.lease.proof(of: input.runID, signer), .released(reason: input.reason))
        _ = try await runs.finish(report, in: input.workspaceID, by: context.caller)
        return NoContent()
    }
}

func answerWorkers(_ router: inout EndpointRouter, _ workers: WorkerOperations, _ signer: LeaseSigner) {
    router.on(WorkersAPI.open) { input, context in
        try context.caller.require(only: input.agents, labels: input.labels)
        return WorkerView(
            try await workers.open(
                NewWorker(
                    name: input.name, agents: input.agents, labels: input.labels, capacity: input.capacity),
                in: input.workspaceID, by: context.caller))
    }
    router.on(WorkersAPI.beat) { input, context in
        try await context.caller.requireSession(input.session, in: input.workspaceID, workers)
        let beat = try await workers.beat(input.session, in: input.workspaceID, by: context.caller)
        return WorkerBeatView(
            expiresAt: beat.expiresAt,
            leases: beat.leases.map { held, claimedAt in
                HeldLeaseView(
                    held.lease, agent: held.agent, claimedAt: claimedAt,
                    token: beat.isOwn ? signer.token(of: held.lease) : nil)
            })
    }
    router.on(WorkersAPI.end) { input, context in
        try await context.caller.requireSession(input.session, in: input.workspaceID, workers)
        try await workers.end(input.session, in: input.workspaceID)
        return NoContent()
    }
    router.on(WorkersAPI.list) { input, _ in
        let (found, next) = try await workers.list(
            in: input.workspaceID, after: input.cursor, limit: input.limit)
        return Page(items: found.map(WorkerView.init), nextCursor: next?.rawValue)
    }
}

extension Caller {
    /// A worker's token is good for the runs of its own agent.
    fileprivate func require(only agents: [String], labels: [String]) throws(Problem) {
        guard audience == .agent else { return }
        guard labels.isEmpty else {
            throw Problem(
                .forbidden, "A worker's token is good for its own agent, not for labels.",
                fields: [.init("/labels", "is not for a worker's token")])
        }
        for (index, agent) in agents.enumerated() where agent != principal.name {
            throw Problem(
                .forbidden, "A worker's token is good for its own agent only.",
                fields: [.init("/agents/\(index)", "is not the agent of this token")])
        }
    }

    /// A worker may use only the sessions that it opened.
    fileprivate func requireSession(
        _ session: ID<WorkerSession>, in workspaceID: ID<Workspace>, _ workers: WorkerOperations
    ) async throws {
        guard audience == .agent else { return }
        guard let owner = try await workers.owner(of: session, in: workspaceID) else { return }
        guard owner == principal else { throw Problem.notFound("worker session", session.rawValue) }
    }
}

extension WorkerView {
    fileprivate init(_ worker: Worker) {
        self.init(
            Content(
                session: worker.id, name: worker.worker.name, agents: worker.worker.agents,
                labels: worker.worker.labels, capacity: worker.worker.capacity, principal: worker.principal,
                held: worker.held, startedAt: worker.startedAt, lastBeatAt: worker.lastBeatAt,
                expiresAt: worker.expiresAt, beat: WorkerOperations.beat, lifetime: WorkerOperations.lifetime))
    }
}
