// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Foundation
import HTTPTypes

/// renderctl-svc, as a person asks it.
struct RenderctlServer: Sendable {
    let address: BaseURL
    private let client: ServiceClient
    private let authorization: Secret<String>

    /// Longer than planning takes against the slowest of accounts, which renderctl-svc ends itself: Render is asked at its own
    /// pace.
    private static let patience = Duration.seconds(10) + (RenderAPI.longest(RenderAPI.plan.route.id) ?? .zero)

    init(_ address: String, _ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        do {
            self.address = try BaseURL(address)
        } catch {
            throw Failure(
                "the address of renderctl-svc is of no use: \(error)",
                hints: [
                    "Write --server (or TUTTI_RENDERCTL_URL) like http://127.0.0.1:8083, without name and password."
                ])
        }
        let user = Self.first(of: ["TUTTI_USER", "BASIC_AUTH_USER"], in: environment) ?? "admin"
        guard let password = Self.first(of: ["TUTTI_PASSWORD", "BASIC_AUTH_PASS"], in: environment) else {
            throw Failure(
                "there is no password for renderctl-svc",
                hints: ["Set TUTTI_PASSWORD, and TUTTI_USER unless it is admin."])
        }
        authorization = Secret(BasicCredentials.header(user: user, password: Secret(password)))
        client = ServiceClient(
            peer: "renderctl-svc", baseURL: self.address, credential: .none,
            limits: ServiceClient.Limits(deadline: Self.patience, answerBytes: 64 * 1024 * 1024))
        if address.lowercased().hasPrefix("http://"), !Self.isNear(self.address) {
            Terminal.note("warning: \(self.address) is not encrypted: whoever is between can read the password")
        }
    }

    private static func first(of names: [String], in environment: [String: String]) -> String? {
        names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }

    private static func isNear(_ address: BaseURL) -> Bool {
        let host = URLComponents(string: address.origin)?.host ?? ""
        return ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
    }

    func get(_ path: String, query: [(name: String, value: String)] = []) async throws -> JSONValue {
        try await ask(HTTPCall(.get, path, query: query))
    }

    func post(_ path: String, _ body: JSONObject) async throws -> JSONValue {
        try await ask(HTTPCall(.post, path, json: .object(body)))
    }

    /// Reads again and again what goes on without being watched: a daemon that is away is waited for, since another one, or
    /// the next, takes up what it did.
    func watch(_ path: String, query: [(name: String, value: String)] = []) async throws -> JSONValue {
        var away: ContinuousClock.Instant?
        while true {
            do {
                return try await send(HTTPCall(.get, path, query: query))
            } catch let error as HTTPCallError where error.isOfOneWhoIsAway {
                let now = ContinuousClock.now
                if away == nil { Terminal.note("renderctl-svc does not answer; waiting for it") }
                let start = away ?? now
                guard now - start < Self.longestAbsence else { throw Failure(error, from: address) }
                away = start
                try await Task.sleep(for: .seconds(1))
            } catch let error as HTTPCallError {
                throw Failure(error, from: address)
            }
        }
    }

    /// As long as a daemon is given to start again.
    private static let longestAbsence = Duration.seconds(120)

    private func ask(_ call: HTTPCall) async throws -> JSONValue {
        do {
            return try await send(call)
        } catch let error as HTTPCallError {
            throw Failure(error, from: address)
        }
    }

    private func send(_ call: HTTPCall) async throws -> JSONValue {
        var call = call
        call.headers[.authorization] = authorization.reveal()
        return try await client.send(call).json()
    }
}

extension HTTPCallError {
    /// Whether nobody answered who could say anything: the daemon is down, or what is before it or behind it is.
    fileprivate var isOfOneWhoIsAway: Bool {
        switch self {
        case .connection, .timeout: true
        case .problem(_, let status), .status(let status, _): (502...504).contains(status)
        case .tooLarge, .malformed: false
        }
    }
}

extension Failure {
    /// What renderctl-svc has against a request, and what to do about it.
    fileprivate init(_ error: HTTPCallError, from address: BaseURL) {
        switch error {
        case .connection(let reason):
            self.init(
                "renderctl-svc cannot be reached at \(address): \(reason)",
                hints: ["Check --server (or TUTTI_RENDERCTL_URL), and that the daemon runs: curl \(address)/health"])
        case .timeout:
            self.init(
                "renderctl-svc at \(address) did not answer in time",
                hints: ["What it was asked may still happen: look at the dashboard before asking again."])
        case .problem(let problem, let status): self.init(problem, status: status, from: address)
        case .status(let status, _):
            self.init(
                "\(address) answered \(status) in words that are not renderctl-svc's",
                hints: ["Check --server (or TUTTI_RENDERCTL_URL): it is to be the address of renderctl-svc itself."])
        case .tooLarge, .malformed: self.init("the answer of \(address) cannot be read: \(error)")
        }
    }

    private init(_ problem: Problem, status: Int, from address: BaseURL) {
        let fields = problem.fields.map { "\($0.field): \($0.message)" }
        switch (status, problem.code) {
        case (401, _):
            self.init(
                "renderctl-svc at \(address) does not know these credentials",
                hints: ["Check TUTTI_USER and TUTTI_PASSWORD (or BASIC_AUTH_USER and BASIC_AUTH_PASS)."])
        case (403, _): self.init("renderctl-svc does not allow that: \(problem.message)", hints: fields)
        case (_, "stale_plan"):
            self.init(
                "what is live has changed since the plan was made; nothing was applied",
                hints: Self.moved(problem.details) + ["Plan again."])
        case (_, "plan_blocked"):
            self.init("the plan is blocked: \(problem.message)", hints: fields, code: Ending.blocked)
        case (_, "invalid_blueprint"):
            self.init(problem.message, hints: Self.diagnostics(problem.details))
        case (_, "render_not_configured"):
            self.init(problem.message, hints: ["Set RENDER_API_TOKEN of renderctl-svc to a key of Render's API."])
        default: self.init(problem.message, hints: fields)
        }
    }

    private static func moved(_ details: JSONObject) -> [String] {
        (details["moved"]?.array ?? []).compactMap { field in
            guard let resource = field["resource"]?.string ?? field["address"]?.string else { return field.string }
            return [resource, field["path"]?.string].compactMap(\.self).joined(separator: ".") + " has changed"
        }
    }

    private static func diagnostics(_ details: JSONObject) -> [String] {
        (details["diagnostics"]?.array ?? []).compactMap { diagnostic in
            guard let message = diagnostic["message"]?.string else { return nil }
            return "\(diagnostic["line"]?.int ?? 0):\(diagnostic["column"]?.int ?? 0): "
                + "\(diagnostic["severity"]?.string ?? "error"): \(message)"
        }
    }
}
