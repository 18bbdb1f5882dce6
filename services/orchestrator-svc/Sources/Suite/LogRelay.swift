// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import HTTPTypes
import Orchestration

/// Asks logging-svc on behalf of people who talk to the orchestrator alone.
///
/// Answers are passed on as they come, and so is what logging-svc has to say about a request; anything else means that the
/// log cannot be read.
package struct LogRelay: Sendable {
    private let client: ServiceClient
    /// An answer may have megabytes.
    private let turns = Permits(8)
    /// Longer than logging-svc lets one of its statements take, so that its own words arrive.
    private let patience: Duration

    package init(client: ServiceClient, patience: Duration = .seconds(15)) {
        self.client = client
        self.patience = patience
    }

    /// What logging-svc answers to the query at `path`.
    package func get<Input, View>(_ path: String, _ input: RelayedInput<Input>) async throws -> Relayed<View> {
        let call = HTTPCall(.get, path, query: input.query, deadline: patience)
        do {
            let answer = try await turns.withPermit { try await client.send(call) }
            guard answer.headers[.contentType] == "application/json", answer.body.first == UInt8(ascii: "{") else {
                throw HTTPCallError.malformed("the answer is not a JSON object")
            }
            return Relayed(trusted: answer.body)
        } catch let error as HTTPCallError {
            throw Self.problem(error)
        }
    }

    /// What the caller is told.
    static func problem(_ error: HTTPCallError) -> Problem {
        switch error {
        case .problem(let problem, let status) where isAboutTheRequest(status): return problem
        case .tooLarge(let limit):
            return Problem(
                .invalid, "The frames are larger than \(limit) bytes together; ask for fewer by `limit`.",
                code: "page_too_large", fields: [.init("limit", "is too high for frames of this size")], cause: error)
        case .status(401, _), .status(403, _), .problem(_, 401), .problem(_, 403):
            return unavailable("logging-svc does not take our key; give both daemons the same INTERNAL_KEY", error)
        case .timeout: return unavailable("logging-svc did not answer in time; try a shorter range of time", error)
        case .connection:
            return unavailable(
                "logging-svc cannot be reached; see whether it runs, and whether LOGGING_SVC_URL is right", error)
        case .problem, .status, .malformed:
            return unavailable(
                "logging-svc does not answer as it should; see its own log, and whether it is of this version", error)
        }
    }

    /// Whether a status says something to whoever sent the request, and not to whoever runs the suite. A search that took too
    /// long is among them: it can be narrowed down.
    private static func isAboutTheRequest(_ status: Int) -> Bool {
        switch status {
        case 401, 403, 404, 405: false
        case 400..<500, 504: true
        default: false
        }
    }

    private static func unavailable(_ words: String, _ error: HTTPCallError) -> Problem {
        Problem(
            .unavailable, "The log cannot be read: \(words).", code: "logging_unavailable",
            retryAfter: error.retryAfter ?? .seconds(1), cause: error)
    }
}
