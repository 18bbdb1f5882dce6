// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import ServiceKit
import TestKit
import orchestrator_svc

/// An orchestrator that answers for the suite alone, and other daemons for it to ask, behind real sockets.
enum SuiteFixture {
    /// Runs one whose logging-svc is on a port, and that asks those peers.
    static func with(
        logging port: Int, peers: [(name: String, port: Int)] = [], patience: Duration = .seconds(15),
        environment: [String: String] = [:], _ body: (PlainHTTPClient) async throws -> Void
    ) async throws {
        var daemon = try LiveFixture.daemon(
            environment, RelayedLogsAPI.catalogue + RelayedRenderAPI.catalogue + DaemonsAPI.catalogue,
            LiveFixture.quiet,
            .memory())
        let credential = ServiceCredential.internalKey(Secret(LiveFixture.key), service: daemon.name)
        let client = ServiceClient(peer: "logging-svc", baseURL: try url(port), credential: credential)
        answerLogs(&daemon.router, LogRelay(client: client, patience: patience))
        let known = try peers.map { DaemonRoster.Peer(name: $0.name, baseURL: try url($0.port)) }
        answerRender(&daemon.router, RenderRelay(peers: known, credential: credential))
        let status = daemon.status
        let roster = DaemonRoster(
            peers: known, credential: credential, patience: patience
        ) {
            DaemonView(
                name: "orchestrator-svc", url: "http://here",
                answers: .init(
                    version: "1", uptimeSeconds: 0, readiness: await status.readiness(),
                    configuration: status.configuration),
                checkedAt: .now())
        }
        answerDaemons(&daemon.router, roster)
        daemon.require("nothing") {}
        try await LiveFixture.serve(daemon) { port, _ in try await body(PlainHTTPClient(port: port)) }
    }

    /// Runs a logging-svc whose pages are what `list` answers.
    static func withLogging(
        key: String = LiveFixture.key, isReady: Bool = true,
        list: @escaping @Sendable (ListLogs) throws -> LogsView = { _ in page([]) }, _ body: (Int) async throws -> Void
    ) async throws {
        let environment = [
            "PORT": "0", "BASIC_AUTH_PASS": LiveFixture.password, "INTERNAL_KEY": key,
            "DATABASE_URL": "postgres://somebody:hidden@127.0.0.1/none",
        ]
        var daemon = try Daemon(
            ensureConfig("logging-svc", environment: environment), summary: "For tests.",
            catalogue: [LogsAPI.list.route, LogsAPI.count.route], logger: LiveFixture.quiet, sink: .memory(),
            redactor: Redactor())
        daemon.router.on(LogsAPI.list) { input, _ in try list(input) }
        daemon.router.on(LogsAPI.count) { input, _ in
            LogHistogramView(
                since: input.since, until: input.until, width: .seconds(60), buckets: [(input.since, [.error: 3])],
                scanned: 7, countedFrom: nil, countedUntil: input.until)
        }
        daemon.require("postgres") { if !isReady { throw Problem(.unavailable, "It sleeps.") } }
        try await LiveFixture.serve(daemon) { port, _ in try await body(port) }
    }

    /// Runs a renderctl-svc that answers reads of an apply, asks for deploys and changes variables by these.
    static func withRenderctl(
        key: String = LiveFixture.key,
        apply: @escaping @Sendable (RenderApplyInput, CallContext) throws -> RenderApplyView = { _, _ in
            throw Problem.notFound("apply", "here")
        },
        deploy: @escaping @Sendable (RenderDeployInput, CallContext) throws -> Reply<RenderDeployRequestView> = {
            throw Problem.notFound("service", $0.serviceID + $1.endpoint.id)
        },
        change:
            @escaping @Sendable (ChangeRenderEnvironmentInput, CallContext) async throws ->
            RenderEnvironmentChangeView = { input, _ in throw Problem.notFound("service", input.serviceID) },
        _ body: (Int) async throws -> Void
    ) async throws {
        let environment = [
            "PORT": "0", "BASIC_AUTH_PASS": LiveFixture.password, "INTERNAL_KEY": key,
            "DATABASE_URL": "postgres://somebody:hidden@127.0.0.1/none",
        ]
        var daemon = try Daemon(
            ensureConfig("renderctl-svc", environment: environment), summary: "For tests.",
            catalogue: [RenderAPI.getApply.route, RenderAPI.deploy.route, RenderAPI.changeEnvironment.route],
            logger: LiveFixture.quiet, sink: .memory(), redactor: Redactor())
        daemon.router.on(RenderAPI.changeEnvironment) { input, context in try await change(input, context) }
        daemon.router.on(RenderAPI.getApply) { input, context in try apply(input, context) }
        daemon.router.on(RenderAPI.deploy) { input, context in try deploy(input, context) }
        try await LiveFixture.serve(daemon) { port, _ in try await body(port) }
    }

    /// A page with these messages.
    static func page(_ messages: [String]) -> LogsView {
        let frames = messages.enumerated().map { number, message in
            LogFrame(
                id: Int64(number + 1), time: .now(), level: .info, service: "echo", message: message,
                fields: Array(#"{"n": 1.0}"#.utf8), receivedAt: .now())
        }
        return LogsView(
            frames: frames, nextCursor: nil, scannedTo: 1, newestID: Int64(messages.count), oldestID: 1)
    }

    private static func url(_ port: Int) throws -> BaseURL { try BaseURL("http://127.0.0.1:\(port)") }
}

extension PlainHTTPClient {
    /// The same client as a person with the right password.
    var asPerson: PlainHTTPClient { with("Authorization", LiveFixture.basic) }
}
