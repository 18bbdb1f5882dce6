// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import ServiceKit

/// What the agent does: it mirrors a message, once for each idempotency key, and stops when it is told to or out of
/// time.
final class Echo: Sendable {
    private let answers: AnswerBook
    private let calls = RunningCalls()
    /// No call may wait longer than an input can ask for, with a margin, when the caller names no deadline.
    private static let longest = Duration.seconds(660)

    init(answers: AnswerBook = AnswerBook()) { self.answers = answers }

    /// Answers a call; throws a problem that says by `retryable` whether another try makes sense.
    func answer(_ input: EchoInput, _ context: CallContext) async throws -> EchoView {
        let received = Timestamp.now()
        context.logger.info("echo", metadata: Self.metadata(input))
        let left = input.deadline.map { $0 - .now() } ?? Self.longest
        guard left > .zero else {
            throw Problem(
                .conflict, "The deadline had passed when the call came in.", code: "deadline_passed",
                details: ["retryable": true])
        }
        return try await calls.run(input.runID, input.epoch) {
            try await withDeadline(min(left, Self.longest), throwing: Self.late()) {
                try await self.answerOnce(input, context, received)
            }
        }
    }

    /// Cancels the call of a run and epoch; says whether there was one.
    func cancel(run: String, epoch: Int) -> Bool { calls.cancel(run, epoch) }

    func addMetrics(to metrics: Metrics) {
        metrics.gauge("echo_calls_running", "Calls under way.") { Double(self.calls.count) }
        metrics.gauge("echo_answers_kept", "Answers kept for repeated calls.") { Double(self.answers.count) }
    }

    private func answerOnce(
        _ input: EchoInput, _ context: CallContext, _ received: Timestamp
    ) async throws -> EchoView {
        guard let key = input.idempotencyKey else { return try await work(input, context, received) }
        let (answer, isReplayed) = try await answers.answer(key: key, body: input.fingerprint) {
            try await self.work(input, context, received)
        }
        guard isReplayed else { return answer }
        context.logger.info("replayed an earlier answer", metadata: Self.metadata(input))
        var replayed = answer
        replayed.isReplayed = true
        return replayed
    }

    /// The agent's work proper; yours would do something useful here.
    private func work(
        _ input: EchoInput, _ context: CallContext, _ received: Timestamp
    ) async throws -> EchoView {
        if input.delay > .zero { try await Task.sleep(for: input.delay) }
        if let failure = input.failure, failure.times.map({ (input.attempt ?? 1) <= $0 }) ?? true {
            let isRetryable = failure.kind == .retryable
            // Going by the status alone neither would be repeated; `retryable` decides.
            throw Problem(
                .conflict, "The input asked for a \(failure.kind.rawValue) failure.",
                code: "asked_to_fail", details: ["retryable": .bool(isRetryable)])
        }
        return EchoView(input, trace: context.trace, caller: context.caller, received: received, now: .now())
    }

    private static func late() -> Problem {
        Problem(.timeout, "The deadline passed before the answer was ready.", details: ["retryable": true])
    }

    private static func metadata(_ input: EchoInput) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["bytes": .stringConvertible(input.message.utf8.count)]
        if let task = input.taskID { metadata["task_id"] = .string(task) }
        if let run = input.runID { metadata["run_id"] = .string(run) }
        if let epoch = input.epoch { metadata["epoch"] = .stringConvertible(epoch) }
        if let attempt = input.attempt { metadata["attempt"] = .stringConvertible(attempt) }
        return metadata
    }
}

extension EchoInput {
    /// What makes two bodies the same.
    var fingerprint: ContentDigest {
        let failure: JSONValue =
            failure.map {
                ["kind": .string($0.kind.rawValue), "times": $0.times.map { JSONValue($0) } ?? .null]
            } ?? .null
        let body: JSONValue = [
            "message": .string(message), "delay": .number(JSONNumber(delay.seconds)), "fail": failure,
        ]
        return ContentDigest(of: body.canonicalBytes)
    }
}
