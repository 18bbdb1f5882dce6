// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes
package import Logging
import Synchronization

/// Carries runs to agents that speak HTTP; the protocol is described in `services/echo-agent-svc/README.md`.
///
/// Each agent is called with its own token; the key that our daemons share never leaves for an agent.
package final class HTTPAgentTransport: AgentTransport {
    /// Answers beyond this fail the run: results are kept in events and must stay readable.
    package static let largestAnswer = 1024 * 1024
    private static let cancelDeadline: Duration = .seconds(5)

    private let internalKey: Secret<String>
    private let logger: Logger
    private let clients = Mutex<[Key: ServiceClient]>([:])

    private struct Key: Hashable {
        let agent: String
        let endpoint: String
    }

    package init(internalKey: Secret<String>, logger: Logger) {
        self.internalKey = internalKey
        self.logger = logger
    }

    package func call(_ call: AgentCall) async -> AgentAnswer {
        do {
            var request = HTTPCall(
                .post, "", headers: headers(call), body: call.assignment.input, isIdempotent: false,
                deadline: max(.milliseconds(1), call.deadline - .now()))
            request.headers[.contentType] = "application/json"
            request.headers[.idempotencyKey] = call.idempotencyKey
            request.trace = trace(call)
            let answer = try await client(call.agent).send(request)
            return .completed(try answer.json().bytes)
        } catch let error as HTTPCallError {
            return .failed(failure(error, agent: call.agent.name), leastPause: error.retryAfter ?? .zero)
        } catch is CancellationError {
            return .failed(
                RunFailure(code: "cancelled", message: "The call was called off.", isRetryable: true),
                leastPause: .zero)
        } catch {
            logger.error("calling an agent failed", error: error, metadata: ["agent": "\(call.agent.name)"])
            return .failed(
                RunFailure(code: "agent_unreachable", message: "The agent could not be called.", isRetryable: true),
                leastPause: .zero)
        }
    }

    package func cancel(_ call: AgentCall) async {
        var request = HTTPCall(
            .delete, "", headers: headers(call), isIdempotent: false, deadline: Self.cancelDeadline)
        request.trace = trace(call)
        do {
            _ = try await client(call.agent).send(request)
        } catch {
            // The closed connection has told an agent that listens; one that does not cannot be helped.
            logger.debug(
                "an agent did not take the cancellation",
                error: error, metadata: ["agent": "\(call.agent.name)", "run_id": "\(call.assignment.lease.runID)"])
        }
    }

    private func client(_ agent: Agent) throws(HTTPCallError) -> ServiceClient {
        guard let endpoint = agent.endpoint else { throw .malformed("the agent has no endpoint") }
        let key = Key(agent: agent.name, endpoint: endpoint)
        if let known = clients.withLock({ $0[key] }) { return known }
        let client = ServiceClient(
            peer: agent.name, baseURL: try BaseURL(endpoint),
            credential: .bearer(AgentToken.make(agent: agent.name, internalKey: internalKey)),
            limits: ServiceClient.Limits(
                deadline: .seconds(86_400), answerBytes: Self.largestAnswer, retries: .never))
        clients.withLock { clients in
            clients = clients.filter { $0.key.agent != agent.name }
            clients[key] = client
        }
        return client
    }

    private func headers(_ call: AgentCall) -> HTTPFields {
        var headers = HTTPFields()
        headers[.taskID] = call.assignment.taskID.rawValue
        headers[.runID] = call.assignment.lease.runID.rawValue
        headers[.epoch] = String(call.assignment.lease.epoch)
        headers[.attempt] = String(call.assignment.attempt)
        headers[.deadline] = call.deadline.description
        if let correlation = call.assignment.correlationID { headers[.correlationID] = correlation }
        return headers
    }

    private func trace(_ call: AgentCall) -> TraceContext {
        TraceContext(continuing: call.assignment.traceID, correlationID: call.assignment.correlationID)
    }

    /// An agent that has just started does not know its token before it is registered: that says nothing of the run.
    private func isRetryable(_ error: HTTPCallError) -> Bool { error.isRetryable || error.status == 401 }

    private func failure(_ error: HTTPCallError, agent: String) -> RunFailure {
        switch error {
        case .problem(let problem, _):
            RunFailure(code: problem.code, message: problem.message, isRetryable: isRetryable(error))
        case .status(let status, _):
            RunFailure(
                code: "agent_status_\(status)", message: "The agent answered with status \(status).",
                isRetryable: isRetryable(error))
        case .timeout:
            RunFailure(code: "timeout", message: "The agent did not answer in time.", isRetryable: true)
        case .connection:
            RunFailure(
                code: "agent_unreachable", message: "The connection to the agent \(agent) failed.", isRetryable: true)
        case .tooLarge(let limit):
            RunFailure(
                code: "answer_too_large", message: "The agent's answer is larger than \(limit) bytes.",
                isRetryable: false)
        case .malformed:
            RunFailure(code: "answer_malformed", message: "The agent's answer is not valid JSON.", isRetryable: false)
        }
    }
}

extension HTTPField.Name {
    fileprivate static let taskID = known("X-Tutti-Task-Id")
    fileprivate static let runID = known("X-Tutti-Run-Id")
    fileprivate static let epoch = known("X-Tutti-Epoch")
    fileprivate static let attempt = known("X-Tutti-Attempt")
    fileprivate static let deadline = known("X-Tutti-Deadline")

    private static func known(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is no header's name") }
        return field
    }
}
