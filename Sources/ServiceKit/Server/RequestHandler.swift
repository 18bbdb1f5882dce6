// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Answers every request of a daemon: trace, Host, route, Origin, caller, body, handler, problem, headers, log line,
/// figures.
///
/// It is one function in steps rather than a chain of middlewares: the order, on which safety depends, can be read off,
/// and nothing is paid for steps that a request does not need.
final class RequestHandler: Sendable {
    let authenticator: Authenticator
    let origins: OriginPolicy
    let renderer: ProblemRenderer
    let requestLog: RequestLog
    private let table: RouteTable
    private let settings: ServerSettings
    private let addresses: ClientAddress
    private let logger: Logger
    private let unmatched: RouteMetrics
    private let date = DateHeader()
    private let openTails = OpenTails()
    private let drain: DrainSignal
    private let sessions: (any SessionKeeper)?
    private let site: StaticSite?
    private let pages: RouteMetrics
    private let observeCall: (@Sendable (AnsweredCall) -> Void)?

    init(
        routes: [ServedRoute], settings: ServerSettings, authenticator: Authenticator, origins: OriginPolicy,
        renderer: ProblemRenderer, metrics: Metrics, logger: Logger, requestLog: RequestLog,
        drain: DrainSignal, sessions: (any SessionKeeper)?, site: StaticSite?,
        observeCall: (@Sendable (AnsweredCall) -> Void)?
    ) {
        table = RouteTable(routes)
        self.settings = settings
        addresses = ClientAddress(trustedProxies: settings.trustedProxies)
        self.authenticator = authenticator
        self.origins = origins
        self.renderer = renderer
        self.logger = logger
        self.requestLog = requestLog
        self.drain = drain
        self.sessions = sessions
        self.site = site
        self.observeCall = observeCall
        pages = RouteMetrics(method: "GET", route: StaticSite.base, in: metrics)
        unmatched = RouteMetrics(method: "any", route: "none", in: metrics)
    }

    /// From now on each answer asks its client to close the connection, and streams end.
    func beginDraining() {
        drain.begin()
        openTails.end()
    }

    /// Returns when the last of the streams that have no task is closed.
    func endStreams() async {
        openTails.end()
        await openTails.waitForEnd()
    }

    /// Answers one request of a connection and writes it down. Throws to have the connection cut.
    @concurrent
    func serve(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let exchange = Exchange(request, channel: channel)
        if exchange.body.awaitsContinue, exchange.body.wantsContinue(limit: bodyLimit(of: exchange)) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let response = await TraceContext.$current.withValue(exchange.trace) { await respond(exchange) }
        exchange.status = response.status.code
        // Before the answer is sent, so that a client cannot keep a call out of the record by not reading it.
        if let observeCall, let call = AnsweredCall(exchange) { observeCall(call) }
        var failure: (any Error)?
        do {
            if request.method == .head {
                try await writer.writeResponse(response.head)
            } else if let length = response.body.contentLength {
                exchange.sent = length
                try await writer.write(response: response.head, body: response.body)
            } else {
                // A stream runs while it is written, and what it logs and calls belongs to the request, too.
                let body = response.body
                let counting = CountingWriter(try await writer.writeHead(response.head), exchange)
                try await TraceContext.$current.withValue(exchange.trace) { try await body.write(counting) }
            }
        } catch let handover as TailHandover {
            await handover.begin(exchange.record(in: requestLog), openTails)
            throw handover
        } catch {
            failure = error
        }
        exchange.record(in: requestLog).end()
        if let failure { throw failure }
        if exchange.mustClose { throw ConnectionIsDone() }
        try await exchange.body.discardRest()
    }

    private struct ConnectionIsDone: Error {}

    /// What the endpoint that is asked for reads at most.
    private func bodyLimit(of exchange: Exchange) -> Int {
        let route = table.find(exchange.path)?.place.route(exchange.request.method)
        return route?.endpoint.bodyLimit ?? settings.bodyLimit
    }
}

// MARK: - Steps

extension RequestHandler {
    /// What is decided before anything is waited for. A connection's task keeps for good what its deepest request put on
    /// the stack of asynchronous functions; the steps that do not wait stay off it.
    private enum Admission {
        case answered(Response)
        case call(ServedRoute, path: [(name: String, value: String)])
        /// Who sends it is known once the session has been looked up.
        case ofSession(SessionCookie, ServedRoute, path: [(name: String, value: String)])
    }

    private func respond(_ exchange: Exchange) async -> Response {
        var response: Response
        do {
            switch try admit(exchange) {
            case .answered(let known): response = known
            case .call(let route, let path): response = try await run(route, exchange, path)
            case .ofSession(let cookie, let route, let path):
                exchange.caller = try await caller(of: cookie, exchange)
                try route.endpoint.access.check(exchange.caller)
                response = try await run(route, exchange, path)
            }
        } catch {
            response = renderer.response(error, exchange: exchange, logger: logger)
        }
        decorate(&response, exchange)
        return response
    }

    private func admit(_ exchange: Exchange) throws -> Admission {
        let request = exchange.request
        let host = request.head.authority
        let found = table.find(exchange.path)
        let route = found?.place.route(request.method)
        exchange.route = route
        exchange.pathValues = found?.values ?? []
        try origins.check(host: host)
        if found == nil, let page = try site?.response(to: request, path: exchange.path) {
            exchange.measure(pages)
            return .answered(page)
        }
        exchange.measure(route?.metrics ?? unmatched)
        guard let (place, values) = found else { throw Problem(.notFound, "Nothing is served at this path.") }
        if request.method == .options { return .answered(try preflight(request, place, host: host)) }
        guard let route else {
            exchange.allow = place.allow
            throw Problem(.methodNotAllowed, "This path answers \(place.allow).")
        }
        let access = route.endpoint.access
        // Signing in changes something and is open to everybody; foreign pages may not do that either.
        if let origin = request.headers[.origin], !access.isPublic || !Self.onlyReads(request.method) {
            try origins.check(origin: origin, host: host, hasCredentialHeader: true)
        }
        var cookie: SessionCookie?
        if !access.isPublic {
            exchange.caller = try authenticator.authenticate(
                request.headers, peer: exchange.channel.remoteAddress?.ipAddress, trace: exchange.trace)
            // Credentials in headers go before a cookie, which browsers send by themselves.
            if exchange.caller == nil, sessions != nil { cookie = try Self.cookie(of: request) }
            if let cookie {
                try Self.checkForgery(of: request, with: cookie)
            } else {
                try access.check(exchange.caller)
            }
        }
        var path: [(name: String, value: String)] = []
        for (name, value) in zip(route.endpoint.path.parameters, values) {
            guard let value = URLText.decode(value) else {
                throw Problem(.invalid, "The path has a broken percent sequence or is not UTF-8.")
            }
            path.append((name, value))
        }
        if let cookie { return .ofSession(cookie, route, path: path) }
        return .call(route, path: path)
    }

    /// The cookie that a request carries. Throws when a page of ours sends it without: its session has ended by its age.
    private static func cookie(of request: Request) throws(Problem) -> SessionCookie? {
        if let cookie = SessionCookie(request.headers) { return cookie }
        guard request.headers[.csrfToken] == nil else { throw SessionCookie.sessionOver }
        return nil
    }

    /// Throws `forbidden` for a change that a page of ours did not ask for.
    private static func checkForgery(of request: Request, with cookie: SessionCookie) throws(Problem) {
        guard !onlyReads(request.method), !cookie.isProven(by: request.headers) else { return }
        throw Problem(
            .forbidden, "Send the session's csrf_token as X-CSRF-Token. GET /v1/session tells it.", code: "csrf_refused"
        )
    }

    private static func onlyReads(_ method: HTTPRequest.Method) -> Bool { method == .get || method == .head }

    private func caller(of cookie: SessionCookie, _ exchange: Exchange) async throws -> Caller {
        guard let person = try await sessions?.person(of: cookie) else {
            throw SessionCookie.sessionOver
        }
        return Authenticator.caller(person, exchange.trace)
    }

    /// Reads the body and runs the handler, both within the time that a request may take.
    private func run(
        _ route: ServedRoute, _ exchange: Exchange, _ path: [(name: String, value: String)]
    ) async throws -> Response {
        let endpoint = route.endpoint
        let disconnect =
            endpoint.stopsWithConnection || endpoint.answer.isStream ? await Disconnect.watch(exchange.channel) : nil
        let call = begin(route, exchange, path, disconnect)
        let result = await withTaskCancellationHandler {
            await call.task.result
        } onCancel: {
            call.task.cancel()
        }
        if endpoint.stopsWithConnection { disconnect?.onGone(nil) }
        if let alarm = call.alarm { AlarmClock.shared.dismiss(alarm) }
        if case .failure = result, call.alarm?.hasRung == true {
            // What was being read of the body is lost with the task.
            exchange.mustClose = true
            throw Problem(
                .timeout, "The request took longer than \(settings.requestTimeout.components.seconds) seconds.")
        }
        return try result.get()
    }

    /// A call of a handler, under way, and what ends it in time.
    private struct Call: Sendable {
        let task: Task<Response, any Error>
        let alarm: AlarmClock.Alarm?
    }

    private func begin(
        _ route: ServedRoute, _ exchange: Exchange, _ path: [(name: String, value: String)], _ disconnect: Disconnect?
    ) -> Call {
        let endpoint = route.endpoint
        let context = CallContext(
            endpoint: endpoint, caller: exchange.caller ?? exchange.anonymous, trace: exchange.trace,
            headers: exchange.request.headers,
            deadline: endpoint.keepsOwnDeadline ? nil : exchange.start + settings.requestTimeout, logger: logger,
            addresses: addresses, disconnect: disconnect, channel: exchange.channel)
        let request = RawRequest(path: path, query: exchange.query, header: exchange.header)
        let body = exchange.body
        let limit = endpoint.bodyLimit ?? settings.bodyLimit
        // A task of its own can be cancelled without the connection's; begun on the spot, it costs no hop unless it
        // waits.
        let task = Task.immediate { () async throws -> Response in
            var request = request
            if endpoint.input.hasBody { request.body = try await body.read(limit: limit) }
            return try await route.respond(request, context)
        }
        let alarm = context.deadline.map { AlarmClock.shared.set(at: $0) { task.cancel() } }
        if endpoint.stopsWithConnection { disconnect?.onGone { task.cancel() } }
        return Call(task: task, alarm: alarm)
    }

    private func preflight(_ request: Request, _ place: RouteTable.Place, host: String?) throws(Problem) -> Response {
        var response = Response(status: .noContent, headers: [.allow: place.allow])
        guard let origin = request.headers[.origin], request.headers[.accessControlRequestMethod] != nil else {
            return response
        }
        try origins.check(origin: origin, host: host, hasCredentialHeader: true)
        response.headers[.accessControlAllowMethods] = place.allow
        response.headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, traceparent, X-Correlation-Id, "
            + "X-Request-Id"
        response.headers[.accessControlMaxAge] = "600"
        return response
    }

    /// Adds the headers that every answer has.
    private func decorate(_ response: inout Response, _ exchange: Exchange) {
        var headers = response.headers
        for field in Self.safety where headers[field.name] == nil { headers.append(field) }
        headers[.date] = date.now
        headers[.requestID] = exchange.trace.requestID
        headers[.traceresponse] = exchange.trace.traceparent
        if let allow = exchange.allow { headers[.allow] = allow }
        if let origin = exchange.request.headers[.origin] {
            headers[.vary] = "Origin"
            if origins.allows(origin: origin, host: exchange.request.head.authority) {
                headers[.accessControlAllowOrigin] = origin
                headers[.accessControlAllowCredentials] = "true"
                headers[.accessControlExposeHeaders] = "ETag, Location, Retry-After, X-Request-Id, traceresponse"
            }
        }
        if drain.isDraining || exchange.mustClose || response.status == .contentTooLarge {
            headers[.connection] = "close"
        }
        response.headers = headers
    }

    private static let safety: HTTPFields = [
        .xContentTypeOptions: "nosniff", .cacheControl: "no-store", .referrerPolicy: "no-referrer",
        .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
    ]
}

extension HTTPField.Name {
    static let traceresponse = constantName("traceresponse")
    static let referrerPolicy = constantName("Referrer-Policy")
}
