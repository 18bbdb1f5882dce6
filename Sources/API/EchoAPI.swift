// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// The echo agent: what an agent's endpoint looks like to the orchestrator, in its smallest form.
package enum EchoAPI {
    package static let echo = Endpoint<EchoInput, EchoView>(
        "echo", .post, "/echo", .services(.callAgent), "Mirrors a message, with what the call says about itself.",
        description: """
            The body is the task's input. The same idempotency key with the same body is answered with what the first \
            call was answered, and `replayed` is true then. Problems say by `retryable` whether another try makes sense.
            """,
        tag: "agent", problems: [.conflict, .timeout], isIdempotent: true, stopsWithConnection: true,
        keepsOwnDeadline: true)

    package static let cancel = Endpoint<CancelEchoInput, NoContent>(
        "cancelEcho", .delete, "/echo", .services(.callAgent), "Cancels the running call of a run and epoch.",
        tag: "agent", success: [204], problems: [.notFound])

    package static let catalogue: [AnyEndpoint] = [echo.route, cancel.route]
}

/// The body and the headers of a call.
package struct EchoInput: WireInput {
    /// How a failure that was asked for looks.
    package enum FailureKind: String, WireEnum { case retryable, permanent }

    /// A failure that was asked for.
    package struct Failure: WireInput, Equatable {
        package static let wireName = "EchoFailure"

        package let kind: FailureKind
        package let times: Int?

        package init(_ input: inout InputReader) {
            kind = input.member("kind", "Whether another try makes sense.", .choice(FailureKind.self))
            times = input.optional(
                "times", "How many attempts fail, going by X-Tutti-Attempt; all of them unless given.",
                .integer(1...100))
        }
    }

    package let message: String
    package let delay: Duration
    package let failure: Failure?
    package let taskID: String?
    package let runID: String?
    package let epoch: Int?
    package let attempt: Int?
    package let deadline: Timestamp?
    package let idempotencyKey: String?

    package init(_ input: inout InputReader) {
        message = input.member("message", "What to say.", .string(max: 65_536))
        let delay = input.member(
            "delayMilliseconds", "How long to wait before answering, to try time limits and cancelling.",
            .integer(0...600_000), default: 0)
        self.delay = .milliseconds(delay)
        failure = input.optional("fail", "Fails instead of answering, to try retries.", .object(Failure.self))
        taskID = input.header("X-Tutti-Task-Id", "The task.", .string(.token, min: 1, max: 128))
        runID = input.header("X-Tutti-Run-Id", "The run.", .string(.token, min: 1, max: 128))
        epoch = input.header("X-Tutti-Epoch", "The lease's epoch.", .digits)
        attempt = input.header("X-Tutti-Attempt", "Which attempt this is, from 1.", .digits)
        deadline = input.header("X-Tutti-Deadline", "When the answer will be given up.", .timestamp)
        idempotencyKey = input.header(
            "Idempotency-Key", "Names the effect: calls with the same key are one.", .string(.token, min: 1, max: 128))
    }

    /// JSON Schema of the body alone, as the agent registers it.
    package static var bodySchema: JSONValue {
        var components = Components()
        let schema = InputDescription(of: EchoInput.self).schema(in: &components)
        // A schema that travels alone carries what it refers to.
        return Components.standalone(schema, components)
    }
}

/// Which call to cancel.
package struct CancelEchoInput: WireInput {
    package let runID: String
    package let epoch: Int

    package init(_ input: inout InputReader) {
        runID = input.requiredHeader("X-Tutti-Run-Id", "The run.", .string(.token, min: 1, max: 128))
        epoch = input.requiredHeader("X-Tutti-Epoch", "The lease's epoch.", .digits)
    }
}

/// The mirrored message.
package struct EchoView: WireObject {
    package let message: String
    package let taskID: String?
    package let runID: String?
    package let epoch: Int?
    package let attempt: Int?
    package let traceID: String
    package let requestID: String
    package let correlationID: String?
    package let caller: String
    package let receivedAt: Timestamp
    package let deadline: Timestamp?
    package let millisecondsLeft: Int?
    package let idempotencyKey: String?
    package var isReplayed: Bool

    /// `received` is when the handler was entered, `now` when the answer is made.
    package init(_ input: EchoInput, trace: TraceContext, caller: Caller, received: Timestamp, now: Timestamp) {
        message = input.message
        taskID = input.taskID
        runID = input.runID
        epoch = input.epoch
        attempt = input.attempt
        traceID = trace.traceID
        requestID = caller.requestID
        correlationID = trace.correlationID
        self.caller = caller.principal.text
        receivedAt = received
        deadline = input.deadline
        millisecondsLeft = input.deadline.map { Int(($0 - now) / .milliseconds(1)) }
        idempotencyKey = input.idempotencyKey
        isReplayed = false
    }

    package static let wireName = "Echo"

    package static let fields: [Field<EchoView>] = [
        Field("message", "What was said.") { $0.message },
        Field("task_id", "The task that asked.") { $0.taskID },
        Field("run_id", "Its run.") { $0.runID },
        Field("epoch", "The lease's epoch.") { $0.epoch },
        Field("attempt", "Which attempt this was.") { $0.attempt },
        Field("trace_id", "The trace that the call belongs to.") { $0.traceID },
        Field("request_id", "Names the request in logs.") { $0.requestID },
        Field("correlation_id", "What the call was correlated by.") { $0.correlationID },
        Field("caller", "Who called.") { $0.caller },
        Field("received_at", "When the call reached the agent's handler.") { $0.receivedAt },
        Field("deadline", "When the answer would have been given up.") { $0.deadline },
        Field("milliseconds_left", "How long before that the answer was made.") { $0.millisecondsLeft },
        Field("idempotency_key", "The key of the call.") { $0.idempotencyKey },
        Field("replayed", "Whether this is the answer to an earlier call with the same key.") { $0.isReplayed },
    ]
}
