// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Turns what a handler throws into `application/problem+json`, and tells operators what strangers are not told.
struct ProblemRenderer: Sendable {
    private let translate: @Sendable (any Error) -> Problem?

    /// - Parameter translate: Says what an error of a library means; nil for one it does not know.
    init(translate: @escaping @Sendable (any Error) -> Problem? = { _ in nil }) { self.translate = translate }

    /// The problem that strangers are shown for an error.
    func problem(for error: any Error) -> Problem {
        if let problem = error as? Problem { return problem }
        if let problem = translate(error) { return problem }
        if error is CancellationError { return .cancelled }
        return Problem(
            .internal, "Something went wrong on our side. Quote the request id when you report it.", cause: error)
    }

    /// Status, headers and body of a problem.
    func answer(_ problem: Problem, trace: TraceContext?) -> (status: Int, headers: HTTPFields, body: [UInt8]) {
        var headers: HTTPFields = [.contentType: Problem.mediaType]
        if problem.kind == .unauthenticated {
            // A browser that is offered Basic asks for a password by itself, in the middle of the dashboard.
            headers[.wwwAuthenticate] =
                SessionCookie.refusals.contains(problem.code)
                ? "Session realm=\"tutti\"" : "Basic realm=\"tutti\", charset=\"UTF-8\""
        }
        if let wait = problem.retryAfter {
            headers[.retryAfter] = String(max(1, Int(wait.seconds.rounded(.up))))
        }
        return (problem.kind.status, headers, problem.json(requestID: trace?.requestID, traceID: trace?.traceID))
    }

    /// Writes the cause of a failure of ours to the log, with the whole chain.
    func report(_ problem: Problem, to logger: Logger) {
        switch problem.kind {
        case .internal: logger.error("A request failed.", error: problem)
        case .unavailable, .timeout:
            if problem.cause != nil { logger.warning("A request could not be served.", error: problem) }
        default: break
        }
    }

    func response(_ error: any Error, exchange: Exchange, logger: Logger) -> Response {
        let problem = problem(for: error)
        report(problem, to: logger)
        exchange.problemCode = problem.code
        let (status, headers, body) = answer(problem, trace: exchange.trace)
        return Response(
            status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
