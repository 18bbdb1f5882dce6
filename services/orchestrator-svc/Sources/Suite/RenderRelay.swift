// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import HTTPTypes
import Orchestration
package import ServiceKit

/// Asks renderctl-svc on behalf of people who talk to the orchestrator alone.
///
/// What it answers is passed on as it comes, and so is every problem that it explains; anything else means that it cannot be
/// asked. The person who asks goes along, so that the record names them.
package struct RenderRelay: Sendable {
    /// Nil when `SUITE_PEERS` names no renderctl-svc.
    private let client: ServiceClient?
    private let turns = Permits(8)
    /// For calls that may take minutes, so that nobody who only looks has to wait for them.
    private let longTurns = Permits(16)

    package static let peer = "renderctl-svc"
    /// A plan of many resources with all that there is to say about its file.
    private static let answerLimit = 16 * 1024 * 1024
    /// Where neither the caller nor the call sets a limit. Nothing is repeated: whoever asks sees why it failed, and decides.
    private static let patience = Duration.seconds(60)
    /// What an answer takes on its way.
    private static let margin = Duration.seconds(10)

    package init(peers: [DaemonRoster.Peer], credential: ServiceCredential) {
        client = peers.first { $0.name == Self.peer }.map { peer in
            ServiceClient(
                peer: peer.name, baseURL: peer.baseURL, credential: credential,
                limits: .init(deadline: Self.patience, answerBytes: Self.answerLimit, retries: .never))
        }
    }

    /// What renderctl-svc answers to the call that an endpoint of `RelayedRenderAPI` stands for.
    package func pass<Input, View>(
        _ input: RelayedInput<Input>, _ context: CallContext
    ) async throws -> Reply<Relayed<View>> {
        guard let client else {
            throw Self.unavailable("name it in SUITE_PEERS, as renderctl-svc=http://host:port", nil)
        }
        guard let path = RelayedRenderAPI.target(of: context.endpoint.path).path(with: input.path) else {
            throw Problem(.internal, "The call cannot be passed on.")
        }
        do {
            let turns = context.endpoint.keepsOwnDeadline ? longTurns : turns
            let answer = try await turns.withPermit { try await client.send(call(path, input, context)) }
            guard answer.headers[.contentType] == "application/json", answer.body.first == UInt8(ascii: "{") else {
                throw HTTPCallError.malformed("the answer is not a JSON object")
            }
            return Reply(Relayed(trusted: answer.body), status: answer.status)
        } catch let error as HTTPCallError {
            throw Self.problem(error)
        }
    }

    private func call<Input>(_ path: String, _ input: RelayedInput<Input>, _ context: CallContext) -> HTTPCall {
        let endpoint = context.endpoint
        var call = HTTPCall(endpoint.method, path, query: input.query, isIdempotent: endpoint.isIdempotent)
        call.headers[.actingPrincipal] = HTTPCall.encodeComponent(context.caller.principal.text)
        if !endpoint.input.members.isEmpty {
            call.headers[.contentType] = "application/json"
            call.body = JSONValue.object(input.body).bytes
        }
        // A little less than the caller is kept waiting, so that it hears why; where the call ends by itself, longer than that.
        call.deadline =
            context.deadline.map { max(.seconds(1), $0 - .now - .milliseconds(500)) }
            ?? RenderAPI.longest(endpoint.id).map { $0 + Self.margin }
        return call
    }

    /// What the caller is told.
    static func problem(_ error: HTTPCallError) -> Problem {
        switch error {
        case .status(401, _), .status(403, _), .problem(_, 401):
            unavailable("it does not take our key; give both daemons the same INTERNAL_KEY", error)
        case .problem(let problem, _): problem
        case .timeout: unavailable("it did not answer in time; try again", error)
        case .connection: unavailable("see whether it runs, and whether SUITE_PEERS has its address", error)
        case .tooLarge, .status, .malformed:
            unavailable("it does not answer as it should; see its own log, and whether it is of this version", error)
        }
    }

    private static func unavailable(_ words: String, _ error: HTTPCallError?) -> Problem {
        Problem(
            .unavailable, "renderctl-svc cannot be asked: \(words).", code: "renderctl_unavailable",
            retryAfter: error?.retryAfter ?? .seconds(1), cause: error)
    }
}
