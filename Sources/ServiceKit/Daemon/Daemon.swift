// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import HummingbirdCore
package import Logging
package import ServiceLifecycle

/// A daemon while it is being put together: what every daemon has, and the places where it adds its own.
///
///     @main struct Main {
///         static func main() async {
///             await Daemon.run("echo-agent-svc", summary: "…", catalogue: EchoAPI.catalogue) { daemon in
///                 daemon.router.on(EchoAPI.echo) { input, context in … }
///                 daemon.add(registration)
///             }
///         }
///     }
package struct Daemon: Sendable {
    package let name: String
    package let configuration: Configuration
    package let settings: ServerSettings
    package let logger: Logger
    package let metrics: Metrics
    /// Knows every configured secret; whoever learns another one registers it here.
    package let redactor: Redactor
    package let authenticator: Authenticator
    package let origins: OriginPolicy
    /// What the standard routes say of this daemon.
    package let status: DaemonStatus
    /// Known to services that run beside the HTTP server.
    package let listening = ListeningPort()
    package var router: EndpointRouter
    /// What makes connections, such as `webSockets.http1()`; plain HTTP/1 when nil.
    package var server: HTTPServer.Builder?
    /// Says what the error of a library means to a client, such as 503 for a lost database; nil for one it does not
    /// know.
    package var translate: @Sendable (any Error) -> Problem? = { _ in nil }
    /// Knows whose session a cookie is; requests with a cookie alone are refused without it.
    package var sessions: (any SessionKeeper)?
    /// Told of each call by somebody who is known, once its answer is there and before it is sent. It must not wait.
    package var observeCall: (@Sendable (AnsweredCall) -> Void)?
    /// A web application that is served beside the endpoints.
    package var site: StaticSite?
    /// How many log frames of this process did not reach logging-svc.
    package var droppedLogFrames: @Sendable () -> Int = { 0 }
    package private(set) var services: [any Service] = []
    private(set) var checks: [ReadinessBoard.Check] = []
    let requestLog: RequestLog
    private let summary: String

    package init(
        _ configuration: Configuration, summary: String, catalogue: [AnyEndpoint], logger: Logger, sink: LogSink,
        redactor: Redactor, metrics: Metrics = Metrics(), throttle: AuthThrottle = AuthThrottle()
    ) throws {
        name = configuration.service
        self.configuration = configuration
        status = DaemonStatus(configuration: configuration.report)
        self.summary = summary
        self.logger = logger
        self.metrics = metrics
        self.redactor = redactor
        let settings = try ServerSettings(configuration)
        self.settings = settings
        authenticator = Authenticator(
            people: settings.people, internalKey: settings.internalKey, throttle: throttle,
            addresses: ClientAddress(trustedProxies: settings.trustedProxies))
        origins = OriginPolicy(allowedOrigins: settings.allowedOrigins, boundHost: settings.host)
        router = EndpointRouter(catalogue: catalogue)
        requestLog = RequestLog(service: configuration.service, level: logger.logLevel, sink: sink)
    }

    /// Runs `service` as long as the daemon; services stop in the reverse of the order in which they were added, after
    /// the HTTP server.
    package mutating func add(_ service: any Service) { services.append(service) }

    /// Makes `/ready` depend on `check`, which throws when `dependency` cannot be used; at most two seconds are waited.
    package mutating func require(_ dependency: String, _ check: @escaping @Sendable () async throws -> Void) {
        checks.append(ReadinessBoard.Check(name: dependency, check: check))
    }

    /// Shows in `/ready` whether `dependency` can be used, as `check` says by throwing or not; without it the daemon does
    /// less well, and is ready all the same.
    package mutating func watch(_ dependency: String, _ check: @escaping @Sendable () async throws -> Void) {
        checks.append(ReadinessBoard.Check(name: dependency, isRequired: false, check: check))
    }

    /// A WebSocket server whose refusals, log lines and figures are those of this daemon; still to be set as `server`.
    package func webSockets(_ routes: [WebSocketRoute], limits: WebSocketLimits = WebSocketLimits()) -> WebSocketServer
    {
        let renderer = ProblemRenderer(translate: translate)
        let requestLog = requestLog
        let figures = Dictionary(
            uniqueKeysWithValues: routes.map {
                ($0.path, RouteMetrics(method: "UPGRADE", route: $0.path, in: metrics))
            })
        let server = WebSocketServer(
            routes: routes, limits: limits,
            render: { problem in
                let (status, headers, body) = renderer.answer(problem, trace: TraceContext.current)
                return WebSocketServer.Answer(status: status, headers: headers, body: body)
            },
            observe: { handshake in
                figures[handshake.path]?.begin()
                figures[handshake.path]?.end(
                    status: handshake.status, duration: handshake.duration, received: 0, sent: 0)
                requestLog.write(
                    method: "UPGRADE", route: figures[handshake.path] == nil ? "none" : handshake.path,
                    status: handshake.status, duration: handshake.duration, trace: handshake.trace)
            })
        metrics.gauge("websocket_connections", "Open WebSocket connections.") {
            Double(server.counters.connections)
        }
        metrics.counter("websocket_messages_received_total", "Messages from WebSocket clients.") {
            server.counters.messagesIn
        }
        metrics.counter("websocket_messages_sent_total", "Messages to WebSocket clients.") {
            server.counters.messagesOut
        }
        return server
    }

    /// The HTTP server of the daemon as it has been put together. Throws when the catalogue and its answers do not
    /// match.
    package func makeServer(portFile: String? = nil) throws -> HTTPServer {
        let drain = DrainSignal()
        var router = router
        answerStandardRoutes(&router, drain)
        guard router.faults.isEmpty else { throw RouterFault(faults: router.faults) }
        let handler = RequestHandler(
            routes: router.routes.map { ServedRoute($0, metrics: metrics) }, settings: settings,
            authenticator: authenticator, origins: origins, renderer: ProblemRenderer(translate: translate),
            metrics: metrics, logger: logger, requestLog: requestLog, drain: drain,
            sessions: sessions, site: site, observeCall: observeCall)
        return HTTPServer(
            handler: handler, settings: settings, builder: server, logger: logger, portFile: portFile,
            listening: listening)
    }

    private func answerStandardRoutes(_ router: inout EndpointRouter, _ drain: DrainSignal) {
        let status = status
        router.on(StandardAPI.health) { _, _ in status.health }
        let board = ReadinessBoard(checks, logger: logger)
        status.use(board, drain)
        router.on(StandardAPI.ready) { _, _ in try await board.readiness(isDraining: drain.isDraining) }
        router.on(StandardAPI.configuration) { _, _ in status.configuration }
        let metrics = metrics
        router.on(StandardAPI.metrics) { _, _ in MetricsText(metrics.text) }
        let document = OpenAPIDocument(
            OpenAPI(title: name, version: Release.version, description: summary, endpoints: router.catalogue))
        router.on(StandardAPI.openAPI) { _, _ in document }
    }
}

/// A catalogue and its answers do not match; the daemon does not start.
package struct RouterFault: Error, CustomStringConvertible {
    package let faults: [String]
    package var description: String { faults.joined(separator: "; ") }
}

/// The version of the whole suite.
package enum Release {
    package static let version = "0.1.0"
}
