// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension RunWorkAPI {
    package static let finish = Endpoint<FinishRunsInput, RunReportsView>(
        "finishRuns", .post, "/v1/runs/finish", .workers(.workRuns), "Says what became of many runs.",
        description: """
            Each report is judged by itself, as if it had come alone: 200 has an outcome for each, in their order, with the \
            run or with the problem that the report met. They are recorded together. 400 says that the request cannot be \
            read, and then nothing has changed. Saying it again is safe: what is known answers the run as it was left, and \
            a run that was given back is met by `stale_lease`.
            """,
        tag: "work", isIdempotent: true)
}

/// `POST /v1/runs/finish`.
package struct FinishRunsInput: WireInput {
    package static let wireName = "RunReports"

    package let workspaceID: ID<Workspace>
    package let reports: [RunReportInput]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        reports = reader.member(
            "reports", "What became of each run; a run is named once.",
            .array(of: .object(RunReportInput.self), min: 1, max: 100))
        var named: Set<ID<Run>> = []
        for (index, report) in reports.enumerated() where !named.insert(report.runID).inserted {
            reader.refuse("/reports/\(index)/run_id", "is named by an earlier report")
        }
    }
}

/// What became of one run.
package struct RunReportInput: WireInput {
    package static let wireName = "RunReport"

    /// The word for how a run ended.
    package enum Ending: String, CaseIterable, Sendable { case completed, failed, released }

    package let runID: ID<Run>
    package let lease: LeaseInput
    package let ending: RunEnding

    package init(_ reader: inout InputReader) {
        runID = reader.member("run_id", "The run.", .id())
        lease = reader.leaseMembers()
        let word = reader.member("ending", "How it ended; `released` gives it back unfinished.", .choice(Ending.self))
        let result = reader.runResult()
        let error = reader.optional(
            "error", "What went wrong; for `failed`, which needs it.", .object(RunErrorInput.self))
        let pause = reader.leastPause()
        let reason = reader.releaseReason()
        // Whoever is misunderstood as to the word is not told that the rest does not go with it.
        if reader.refusals.fields.isEmpty {
            let strangers: [(name: String, isGiven: Bool, of: Ending)] = [
                ("result", result != nil, .completed), ("error", error != nil, .failed),
                ("retry_after_seconds", pause != nil, .failed), ("reason", reason != nil, .released),
            ]
            for stranger in strangers where stranger.isGiven && stranger.of != word {
                reader.refuse("/\(stranger.name)", "goes with the ending \(stranger.of.rawValue) only")
            }
            if word == .failed, error == nil { reader.refuse("/error", "is required of a run that failed") }
        }
        switch word {
        case .completed: ending = .completed(result: result)
        case .failed:
            let failure = error?.failure ?? RunFailure(code: "failed", message: "", isRetryable: true)
            ending = .failed(failure, leastPause: .seconds(pause ?? 0))
        case .released: ending = .released(reason: reason)
        }
    }
}

extension RunEnding {
    /// With the result as a worker gives it: null unless it gives one.
    package static func completed(result: JSONValue?) -> RunEnding {
        .completed(result?.bytes ?? Array("null".utf8))
    }
}

extension InputReader {
    /// What a worker may hand in with a run that it completed.
    mutating func runResult() -> JSONValue? {
        optional("result", "What came of it; null unless given.", .anything)
    }

    /// What a worker may ask for with a failure.
    mutating func leastPause() -> Double? {
        optional("retry_after_seconds", "The pause before the next try is at least this.", .number(0...86_400))
    }

    /// What a worker may say when it gives a run back.
    mutating func releaseReason() -> String? { optional("reason", "Why.", .string(.text, max: 1000)) }
}

/// What each of many reports came to.
package struct RunReportsView: WireObject {
    package static let wireName = "RunReportOutcomes"

    package let outcomes: [RunReportView]

    package init(outcomes: [RunReportView]) { self.outcomes = outcomes }

    package static let fields: [Field<RunReportsView>] = [
        Field("outcomes", "One for each report, in their order.") { $0.outcomes }
    ]
}

/// What one report came to: the run, or a problem.
package struct RunReportView: WireObject {
    package static let wireName = "RunReportOutcome"

    package let runID: ID<Run>
    package let outcome: Result<RunRow, Problem>

    package init(_ runID: ID<Run>, _ outcome: Result<RunRow, Problem>) {
        self.runID = runID
        self.outcome = outcome
    }

    package static let fields: [Field<RunReportView>] = [
        Field("run_id", "The run that was reported.") { $0.runID },
        .ifPresent("run", "The run after the report; left out when there is a problem.") { try? $0.outcome.get() },
        .ifPresent("problem", "Why the report was not taken, as the answer to it alone would say.") {
            view -> ProblemView? in
            guard case .failure(let problem) = view.outcome else { return nil }
            return ProblemView(problem: problem)
        },
    ]
}

/// A problem within an answer.
package struct ProblemView: WireValue {
    package let problem: Problem

    package init(problem: Problem) { self.problem = problem }

    package static func schema(in components: inout Components) -> JSONObject { Problem.schema(in: &components) }

    package func write(to writer: inout JSONWriter) {
        writer.write(json: problem.json(requestID: nil, traceID: nil))
    }
}
