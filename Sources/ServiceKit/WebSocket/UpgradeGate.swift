// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Looks at the first request of a connection and either builds the HTTP pipeline behind itself or performs the upgrade.
///
/// It stays in an HTTP pipeline to mend later requests to upgrade: the decoder reads nothing after one, so the connection must
/// not be kept for another request.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case waiting
        /// The route is asked; the request's end may not have arrived yet, nor the decision.
        case deciding(hasEnded: Bool, decision: Decided?)
        /// HTTP handlers are being replaced; bytes that belong to the WebSocket wait.
        case upgrading([NIOAny])
        case http
        case over
    }

    /// A handshake with all that its answer needs.
    private struct Decided {
        let handshake: Handshake
        let result: Result<Acceptance, Problem>
    }

    private struct Acceptance {
        let headers: HTTPHeaders
        let handler: @Sendable (WebSocketConnection) async throws -> Void
    }

    private struct Handshake: Sendable {
        let request: WebSocketRequest
        let trace: TraceContext
        let began = ContinuousClock.now
    }

    private let webSockets: WebSocketServer
    private let outcome: EventLoopPromise<UpgradableHTTPChannel.Outcome>
    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let patience: Duration?
    private let buildHTTP: (any Channel) throws -> UpgradableHTTPChannel.HTTPConnection
    private var phase = Phase.waiting
    private var isQuiescing = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(
        webSockets: WebSocketServer, outcome: EventLoopPromise<UpgradableHTTPChannel.Outcome>,
        encoder: HTTPResponseEncoder, decoder: ByteToMessageHandler<HTTPRequestDecoder>, patience: Duration?,
        buildHTTP: @escaping (any Channel) throws -> UpgradableHTTPChannel.HTTPConnection
    ) {
        self.webSockets = webSockets
        self.outcome = outcome
        self.encoder = encoder
        self.decoder = decoder
        self.patience = patience
        self.buildHTTP = buildHTTP
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard let patience else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) { [weak self] in
            if let self, case .waiting = self.phase { self.context?.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
        // A promise that was kept already ignores this.
        outcome.fail(ChannelError.eof)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .http = phase {} else { phase = .over }
        outcome.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .waiting:
            guard case .head(let head) = unwrapInboundIn(data) else { return context.close(promise: nil) }
            timer?.cancel()
            receiveFirst(head, context)
        case .deciding(_, let decision):
            guard case .end = unwrapInboundIn(data) else {
                return context.close(promise: nil)
            }
            phase = .deciding(hasEnded: true, decision: decision)
            answerIfReady(context)
        case .upgrading(let waiting): phase = .upgrading(waiting + [data])
        case .http:
            guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
            context.fireChannelRead(wrapInboundOut(.head(Self.mended(head))))
        case .over: break
        }
    }

    func read(context: ChannelHandlerContext) {
        // While a decision is pending nothing more is taken from the client.
        if case .deciding(hasEnded: true, _) = phase { return }
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, phase) {
        case (is ChannelShouldQuiesceEvent, .waiting), (ChannelEvent.inputClosed, .waiting):
            context.close(promise: nil)
        case (is ChannelShouldQuiesceEvent, .deciding), (is ChannelShouldQuiesceEvent, .upgrading): isQuiescing = true
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .waiting where error is HTTPParserError:
            refuse(nil, Problem(.invalid, "The request is not HTTP/1."), context)
        case .waiting, .deciding, .upgrading: context.close(promise: nil)
        case .http: context.fireErrorCaught(error)
        case .over: break
        }
    }
}

extension UpgradeGate {
    private func receiveFirst(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let (path, query) = WebSocketRequest.split(target: head.uri)
        guard Self.asksForWebSocket(head), let route = webSockets.routes[path] else {
            return continueWithHTTP(head, context)
        }
        let request = WebSocketRequest(
            path: path, query: query, headers: Self.fields(head.headers),
            remoteAddress: context.remoteAddress?.ipAddress)
        var trace = head.headers.first(name: "traceparent").flatMap(TraceContext.init(traceparent:)) ?? .makeRoot()
        trace.requestID = trace.spanID
        let handshake = Handshake(request: request, trace: trace)
        guard !Self.announcesBody(head) else {
            // Answered at once: the body may never come, and nothing would end the wait for it.
            return refuse(handshake, Self.bodyProblem, context)
        }
        phase = .deciding(hasEnded: false, decision: nil)
        guard webSockets.tally.enter(limit: webSockets.limits.connections) else {
            let problem = Problem(.unavailable, "There are too many live connections.", retryAfter: .seconds(5))
            return decide(Decided(handshake: handshake, result: .failure(problem)), context)
        }
        ask(route, handshake, head, context)
    }

    private func continueWithHTTP(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        do {
            let connection = try buildHTTP(context.channel)
            phase = .http
            outcome.succeed(.http(connection))
            context.fireChannelRead(wrapInboundOut(.head(Self.mended(head))))
        } catch {
            context.close(promise: nil)
        }
    }

    /// Has the route decide and the handshake's headers checked; holds one of the server's places meanwhile.
    private func ask(
        _ route: WebSocketRoute, _ handshake: Handshake, _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        let limit = webSockets.limits.decisionTimeout
        let decision = context.eventLoop.makeFutureWithTask {
            try await withDeadline(
                limit, throwing: Problem(.unavailable, "The server is too busy to decide.", retryAfter: .seconds(1))
            ) {
                await TraceContext.$current.withValue(handshake.trace) { await route.decide(handshake.request) }
            }
        }
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        let channel = context.channel
        decision.and(Self.handshakeHeaders(for: head, on: channel)).whenComplete { result in
            let (gate, context) = bound.value
            let decided: Result<Acceptance, Problem>
            switch result {
            case .success((.accept(let handler), .success(let headers))):
                decided = .success(Acceptance(headers: headers, handler: handler))
            case .success((.accept, .failure(let problem))), .success((.reject(let problem), _)):
                decided = .failure(problem)
            case .failure(let error):
                decided = .failure(error as? Problem ?? Problem(.internal, "The handshake failed.", cause: error))
            }
            if case .failure = decided { gate.webSockets.tally.leave() }
            gate.decide(Decided(handshake: handshake, result: decided), context)
        }
    }

    private func decide(_ decided: Decided, _ context: ChannelHandlerContext) {
        guard case .deciding(let hasEnded, _) = phase else {
            // The client has gone meanwhile.
            if case .success = decided.result { webSockets.tally.leave() }
            return
        }
        phase = .deciding(hasEnded: hasEnded, decision: decided)
        answerIfReady(context)
    }

    private func answerIfReady(_ context: ChannelHandlerContext) {
        guard case .deciding(hasEnded: true, let decided?) = phase else { return }
        switch decided.result {
        case .success(let acceptance): upgrade(decided.handshake, acceptance, context)
        case .failure(let problem): refuse(decided.handshake, problem, context)
        }
    }

    private func upgrade(_ handshake: Handshake, _ acceptance: Acceptance, _ context: ChannelHandlerContext) {
        phase = .upgrading([])
        let pipeline = context.pipeline.syncOperations
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        pipeline.removeHandler(decoder).flatMap {
            let (gate, context) = bound.value
            let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: acceptance.headers)
            context.writeAndFlush(gate.wrapOutboundOut(.head(head)), promise: nil)
            return context.pipeline.syncOperations.removeHandler(gate.encoder)
        }.whenComplete { result in
            let (gate, context) = bound.value
            do {
                try result.get()
                try gate.finishUpgrade(handshake, acceptance, context)
            } catch {
                gate.webSockets.tally.leave()
                context.close(promise: nil)
            }
        }
    }

    private func finishUpgrade(
        _ handshake: Handshake, _ acceptance: Acceptance, _ context: ChannelHandlerContext
    ) throws {
        guard case .upgrading(let waiting) = phase else { throw ChannelError.eof }
        let (connection, handler) = try webSockets.connect(handshake.request, on: context.channel)
        phase = .over
        outcome.succeed(.webSocket(connection, acceptance.handler, handshake.trace))
        report(handshake, status: 101)
        for data in waiting { context.fireChannelRead(data) }
        if isQuiescing { handler.close(.goingAway, reason: "The server is stopping.") }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        context.channel.read()
    }

    /// Answers with the problem and closes.
    private func refuse(_ handshake: Handshake?, _ problem: Problem, _ context: ChannelHandlerContext) {
        let answer = TraceContext.$current.withValue(handshake?.trace) { webSockets.render(problem) }
        var headers = HTTPHeaders(answer.headers.map { ($0.name.rawName, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.count))
        headers.replaceOrAdd(name: "Connection", value: "close")
        if handshake != nil { headers.replaceOrAdd(name: "Sec-WebSocket-Version", value: "13") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        phase = .over
        outcome.succeed(.refused)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
        guard let handshake else { return }
        webSockets.tally.countRefusal()
        report(handshake, status: answer.status)
    }

    private func report(_ handshake: Handshake, status: Int) {
        webSockets.observe(
            WebSocketServer.Handshake(
                path: handshake.request.path, status: status, remoteAddress: handshake.request.remoteAddress,
                duration: .now - handshake.began, trace: handshake.trace))
    }
}
