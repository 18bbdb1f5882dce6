// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
import Logging
import Synchronization

/// How runs ended, told to the orchestrator: alone, or many in one request.
extension HTTPRunSource {
    /// What one request may carry: by its weight half of the body that an orchestrator takes by default.
    static let largestBatch = ReportGathering<RunReportCall>.Limits(items: 100, weight: 512 * 1024)
    /// What is larger goes alone, beside the others and not before them.
    private static let largestGathered = 64 * 1024

    package func finish(_ assignment: Assignment, _ ending: RunEnding) async throws {
        switch ending {
        case .completed:
            do {
                try await report(RunReportCall(assignment, ending))
            } catch let problem as Problem where problem.kind == .tooLarge || problem.kind == .invalid {
                // Nobody would take it the next time either.
                logger.warning(
                    "a result was refused", error: problem, metadata: ["run_id": "\(assignment.lease.runID)"])
                let failure = RunFailure(
                    code: problem.kind == .tooLarge ? "answer_too_large" : "answer_refused",
                    message: "The orchestrator did not take the agent's answer.", isRetryable: false)
                try await finish(assignment, .failed(failure, leastPause: .zero))
            }
        case .failed(let failure, _):
            do {
                try await report(RunReportCall(assignment, ending))
            } catch let problem as Problem where problem.kind == .invalid && failure != Self.unspeakable(failure) {
                // An agent's words have no bounds, those of a worker do.
                try await finish(assignment, .failed(Self.unspeakable(failure), leastPause: .zero))
            }
        case .released: try await report(RunReportCall(assignment, ending))
        }
    }

    private static func unspeakable(_ failure: RunFailure) -> RunFailure {
        RunFailure(
            code: "agent_failed", message: "The agent failed, in words that the orchestrator did not take.",
            isRetryable: failure.isRetryable)
    }

    private func report(_ report: RunReportCall) async throws {
        guard report.size <= Self.largestGathered else { return try await tell(report) }
        try await gathering(in: report.workspaceID).submit(report, weight: report.size)
    }

    private func gathering(in workspaceID: ID<Workspace>) -> ReportGathering<RunReportCall> {
        gatherings.withLock { gatherings in
            if let known = gatherings[workspaceID] { return known }
            let new = ReportGathering<RunReportCall>(Self.largestBatch) { [weak self] reports in
                await self?.tell(reports, in: workspaceID) ?? reports.map { _ in CancellationError() }
            }
            gatherings[workspaceID] = new
            return new
        }
    }

    /// Tells all of them in one request; a single one as it is told alone.
    private func tell(_ reports: [RunReportCall], in workspaceID: ID<Workspace>) async -> [(any Error)?] {
        guard reports.count > 1 else { return await tellEach(reports) }
        do {
            let answer = try await calls.send(RunReportCall.call(reports, signer), in: workspaceID)
            guard let outcomes = answer["outcomes"]?.array, outcomes.count == reports.count else {
                throw OrchestratorCalls.malformed("outcomes of reports")
            }
            return outcomes.map { outcome in outcome["problem"].map { calls.failure($0) } }
        } catch let problem as Problem where problem.kind != .unavailable && problem.kind != .timeout {
            // Something in it is not to be read by the orchestrator, which is to spoil no other.
            return await tellEach(reports)
        } catch {
            let interrupted = Problem(.unavailable, "The request with the report was given up.", cause: error)
            // If it is the first whose task was cancelled, the others are still to be told.
            return reports.indices.map { $0 > 0 && error is CancellationError ? interrupted : error }
        }
    }

    private func tellEach(_ reports: [RunReportCall]) async -> [(any Error)?] {
        await withTaskGroup(of: (index: Int, error: (any Error)?).self) { group in
            for (index, report) in reports.enumerated() {
                group.addTask {
                    do {
                        try await self.tell(report)
                        return (index, nil)
                    } catch {
                        return (index, error)
                    }
                }
            }
            var errors = [(any Error)?](repeating: nil, count: reports.count)
            for await (index, error) in group { errors[index] = error }
            return errors
        }
    }

    func tell(_ report: RunReportCall) async throws {
        _ = try await endings.pass { try await calls.send(report.call(signer), in: report.workspaceID) }
    }
}
