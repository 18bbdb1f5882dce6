// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Logging

/// One call as the methods of the client state it.
struct RenderCall: Sendable {
    let operation: RenderOperation
    /// The ids and names for the path, in the order of the template.
    let parameters: [String]
    var query: [(name: String, value: String)] = []
    var body: JSONValue?
    /// What a POST makes or does, in words that may be shown.
    var purpose: String?

    init(
        _ operation: RenderOperation, _ parameters: String..., query: [(name: String, value: String)] = [],
        body: JSONValue? = nil, purpose: String? = nil
    ) {
        self.operation = operation
        self.parameters = parameters
        self.query = query
        self.body = body
        self.purpose = purpose
    }

    var pace: RenderPace {
        switch operation {
        case .createDeploy: .deploys(parameters.first ?? "")
        case .listLogs: .logs
        default: operation.method == .get ? .reads : .writes
        }
    }

    /// The call as it is sent; refused here when an id would lead to another path than its own.
    func request() throws -> HTTPCall {
        var path = ""
        var rest = parameters[...]
        for segment in operation.template.split(separator: "/") {
            var text = String(segment)
            if text.hasPrefix("{") {
                text = rest.popFirst() ?? ""
                guard !text.isEmpty, text != ".", text != ".." else {
                    throw RenderError.refused(status: 404, code: nil, message: "A thing with this id cannot be.")
                }
            }
            path += "/" + HTTPCall.encodeComponent(text)
        }
        var call = HTTPCall(operation.method, path, query: query, headers: [.accept: "application/json"])
        if let body {
            call.body = body.bytes
            call.headers[.contentType] = "application/json"
        }
        return call
    }
}

extension RenderClient {
    /// Sends a call, at its pace and as often as may be; gives an answer with a 2xx status.
    @discardableResult
    func send(_ call: RenderCall) async throws -> HTTPAnswer {
        let request = try call.request()
        let end = paces.now + limits.patience
        var attempt = 1
        var refusals = 0
        while true {
            try Task.checkCancellation()
            try await paces.admit(call.pace, until: end)
            let outcome = try await exchange(request, of: call, attempt: attempt)
            switch verdict(on: outcome, of: call, attempt: attempt, refusals: refusals) {
            case .done(let answer): return answer
            case .failed(let error): throw error
            case .again(let pause, let isRefusal):
                if isRefusal { refusals += 1 } else { attempt += 1 }
                guard paces.now + pause <= end else { throw exhausted(outcome, of: call) }
                // After a 429 the bucket is closed, so the pause is kept where everybody keeps it.
                if !isRefusal { try await paces.sleep(pause) }
            }
        }
    }

    private func exchange(_ request: HTTPCall, of call: RenderCall, attempt: Int) async throws -> RenderOutcome {
        let start = paces.now
        var announced = AnnouncedLimits()
        defer { paces.finish(call.pace, announced) }
        let outcome: RenderOutcome
        do {
            let answer = try await transport.send(request)
            announced = AnnouncedLimits(answer, now: paces.wall)
            if answer.status == 429, announced.pause == nil { announced.pause = Self.pauseUnasked }
            outcome = .answered(answer)
        } catch let failure as HTTPExchangeFailure {
            outcome = .lost(failure)
        }
        logger.debug(
            "render call",
            metadata: [
                "operation": .string(call.operation.rawValue), "outcome": .string(outcome.word),
                "milliseconds": .stringConvertible(Int((paces.now - start).seconds * 1000)),
                "attempt": .stringConvertible(attempt),
            ])
        return outcome
    }

    private func verdict(
        on outcome: RenderOutcome, of call: RenderCall, attempt: Int, refusals: Int
    ) -> RenderVerdict {
        let operation = call.operation
        let pause = limits.pauses.pause(afterTry: attempt)
        switch outcome {
        case .lost(let failure):
            if failure.mayHaveArrived, !operation.mayRepeat {
                return .failed(unknown(call, failure.description))
            }
            switch failure.error {
            case .malformed, .tooLarge: return .failed(.malformed("\(operation.rawValue): \(failure)"))
            case .timeout, .connection, .problem, .status:
                guard attempt < limits.tries else {
                    return .failed(.unavailable("\(failure) in \(operation.rawValue)"))
                }
                return .again(after: pause, isRefusal: false)
            }
        case .answered(let answer):
            switch answer.status {
            case 200...299: return .done(answer)
            case 429:
                let asked = AnnouncedLimits(answer, now: paces.wall).pause
                guard refusals < limits.refusals else { return .failed(.rateLimited(retryAfter: asked)) }
                return .again(after: asked ?? Self.pauseUnasked, isRefusal: true)
            // It went in a try whose answer was lost.
            case 404 where operation.method == .delete && attempt > 1,
                410 where operation.method == .delete && attempt > 1:
                return .done(answer)
            case 408, 500...599:
                guard operation.mayRepeat else { return .failed(unknown(call, "status \(answer.status)")) }
                guard attempt < limits.tries else {
                    return .failed(.unavailable("status \(answer.status) of \(operation.rawValue)"))
                }
                let asked = RetryAfter.read(answer.headers[.retryAfter]) ?? .zero
                return .again(after: max(pause, asked), isRefusal: false)
            default: return .failed(refusal(answer, of: call))
            }
        }
    }

    /// How long a bucket is closed by a 429 that does not say.
    private static let pauseUnasked = Duration.seconds(10)

    private func refusal(_ answer: HTTPAnswer, of call: RenderCall) -> RenderError {
        let words = RenderWords(answer, redactor: redactor, secrets: call.body?.sentSecrets ?? [])
        return .refused(status: answer.status, code: words.code, message: words.message)
    }

    private func unknown(_ call: RenderCall, _ why: String) -> RenderError {
        .outcomeUnknown("\(call.purpose ?? call.operation.rawValue): \(why)")
    }

    /// The time of the call is up while there would have been another try.
    private func exhausted(_ outcome: RenderOutcome, of call: RenderCall) -> RenderError {
        if case .answered(let answer) = outcome, answer.status == 429 {
            return .rateLimited(retryAfter: RetryAfter.read(answer.headers[.retryAfter]))
        }
        return .unavailable("\(outcome.word) of \(call.operation.rawValue)")
    }
}

/// How one exchange ended.
private enum RenderOutcome {
    case answered(HTTPAnswer)
    case lost(HTTPExchangeFailure)

    /// For logs: the status, or what went wrong.
    var word: String {
        switch self {
        case .answered(let answer): "\(answer.status)"
        case .lost(let failure): failure.description
        }
    }
}

private enum RenderVerdict {
    case done(HTTPAnswer)
    case failed(RenderError)
    case again(after: Duration, isRefusal: Bool)
}
