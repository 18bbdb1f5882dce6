// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import HTTPTypes

/// Calls of the orchestrator, with failures in the words of `RunSource`.
struct OrchestratorCalls: Sendable {
    static let deadline: Duration = .seconds(10)

    let client: ServiceClient

    /// Sends and reads JSON; null when the answer has no body.
    @discardableResult
    func send(_ call: HTTPCall, in workspaceID: ID<Workspace>? = nil) async throws -> JSONValue {
        var call = call
        if let workspaceID { call.headers[.workspaceID] = workspaceID.rawValue }
        if call.deadline == nil { call.deadline = Self.deadline }
        do {
            let answer = try await client.send(call)
            return answer.body.isEmpty ? .null : try answer.json()
        } catch let error as HTTPCallError {
            throw failure(error)
        }
    }

    /// What a problem within an answer means, as if it were the answer.
    func failure(_ problem: JSONValue) -> Problem {
        let status = problem["status"]?.int ?? 500
        guard let read = Problem(json: problem.bytes, status: status) else { return Self.malformed("problem") }
        return failure(.problem(read, status: status))
    }

    private func failure(_ error: HTTPCallError) -> Problem {
        if case .problem(let problem, _) = error, !error.isRetryable { return problem }
        return error.asProblem(of: client.peer)
    }

    /// What an answer is that lacks something it must have: as good as none.
    static func malformed(_ what: String) -> Problem {
        Problem(.unavailable, "The orchestrator's answer has no usable \(what).")
    }
}

extension HTTPField.Name {
    fileprivate static let workspaceID = header("x-workspace-id")

    /// A header by a name that is known to be one.
    static func header(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is no header's name") }
        return field
    }
}
