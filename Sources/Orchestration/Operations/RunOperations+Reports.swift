// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// What the worker that held a run says became of it.
package struct RunReport: Sendable {
    package let proof: LeaseProof
    package let ending: RunEnding

    package init(_ proof: LeaseProof, _ ending: RunEnding) {
        self.proof = proof
        self.ending = ending
    }
}

/// Reports of workers outside: one, or many in one transaction.
extension RunOperations {
    /// The worker says what became of its run. Saying it again answers the run as it was left.
    package func finish(
        _ report: RunReport, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        let place = try await core.place(of: report.proof.runID, in: workspaceID)
        let command = command(for: report, at: place, in: workspaceID, by: caller)
        let outcome: Result<TaskAggregate, any Error>
        do {
            outcome = .success(try await core.commit.submit(command))
        } catch {
            outcome = .failure(error)
        }
        return try await answer(report, outcome, at: place, in: workspaceID, by: caller)
    }

    /// As `finish` for each of the reports, which are about different runs: none is refused for the sake of another. The
    /// answers are in the order of the reports.
    package func finish(
        _ reports: [RunReport], in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [Result<RunOfTask, Problem>] {
        let places = try await core.places(of: reports.map(\.proof.runID), in: workspaceID)
        let known = reports.compactMap { report in places[report.proof.runID].map { (report: report, place: $0) } }
        let outcomes = await core.commit.submit(
            all: known.map { command(for: $0.report, at: $0.place, in: workspaceID, by: caller) })
        try Task.checkCancellation()
        var answers: [ID<Run>: Result<RunOfTask, Problem>] = [:]
        for ((report, place), outcome) in zip(known, outcomes) {
            do {
                let outcome = outcome.mapError(Self.problem)
                answers[report.proof.runID] = .success(
                    try await answer(report, outcome, at: place, in: workspaceID, by: caller))
            } catch let problem as Problem {
                answers[report.proof.runID] = .failure(problem)
            }
        }
        return reports.map { report in
            answers[report.proof.runID] ?? .failure(Problem.notFound("run", report.proof.runID.rawValue))
        }
    }

    /// What kept one report from being recorded, whatever becomes of the others.
    private static func problem(_ error: any Error) -> any Error {
        if error is Problem { return error }
        guard error is CancellationError else {
            return Problem(.internal, "The report could not be recorded.", cause: error)
        }
        return Problem(.unavailable, "The report was given up before it was recorded.", retryAfter: .seconds(1))
    }

    private func command(
        for report: RunReport, at place: TaskPlace, in workspaceID: ID<Workspace>, by caller: Caller
    ) -> FinishRun {
        FinishRun(
            workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID, holder: .worker(report.proof),
            ending: report.ending, actor: caller.principal)
    }

    private func answer(
        _ report: RunReport, _ outcome: Result<TaskAggregate, any Error>, at place: TaskPlace,
        in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        do {
            let aggregate = try outcome.get()
            // A failure that is tried again has made a new run; the caller asked about its own.
            guard let run = aggregate.runs.first(where: { $0.id == report.proof.runID }) else {
                return try await self.run(report.proof.runID, in: workspaceID)
            }
            return RunOfTask(run: run, task: aggregate.task)
        } catch let problem as Problem where problem.code == Problem.staleLeaseCode {
            guard let found = try await recorded(report, at: place, in: workspaceID, by: caller) else { throw problem }
            return found
        }
    }

    /// The run, if it has ended by this very report and so the answer of an earlier one was lost; nil otherwise. Its row
    /// still names the epoch and the session of the lease, so the token is proved as ever; what was reported, and by whom,
    /// is what the event says.
    private func recorded(
        _ report: RunReport, at place: TaskPlace, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask? {
        let found = try await run(report.proof.runID, in: workspaceID)
        guard found.run.status.isFinal, let session = found.run.workerSessionID,
            report.proof.fits(Lease(runID: found.run.id, epoch: found.run.epoch, workerSessionID: session)),
            let record = try await core.read(
                EventStore.ending(of: found.run.id, task: place.taskID, in: workspaceID)),
            record.event.actor == caller.principal, report.ending.isRecorded(by: record.event)
        else { return nil }
        return found
    }
}
