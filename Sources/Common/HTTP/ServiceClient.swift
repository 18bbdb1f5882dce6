// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Calls one peer over HTTP with one credential: pooled connections, deadlines, bounded repeats, and the trace passed on.
///
/// Redirects are not followed. Copies share the retry budget.
package struct ServiceClient: Sendable {
    /// What holds for every call that does not say otherwise.
    package struct Limits: Sendable {
        /// The time for a whole call, repeats included.
        package var deadline: Duration
        /// The largest body taken, in bytes.
        package var answerBytes: Int
        package var retries: RetryPolicy

        package init(
            deadline: Duration = .seconds(10), answerBytes: Int = 8 * 1024 * 1024, retries: RetryPolicy = RetryPolicy()
        ) {
            self.deadline = deadline
            self.answerBytes = answerBytes
            self.retries = retries
        }
    }

    /// The peer's name in messages, such as `logging-svc`.
    package let peer: String
    package let baseURL: BaseURL
    private let credential: ServiceCredential
    let limits: Limits
    private let budget = RetryBudget()

    package init(peer: String, baseURL: BaseURL, credential: ServiceCredential, limits: Limits = Limits()) {
        self.peer = peer
        self.baseURL = baseURL
        self.credential = credential
        self.limits = limits
    }

    /// Sends `call` and reads the whole answer.
    ///
    /// Throws `HTTPCallError` for every status other than 2xx and every failure, and `CancellationError` when the task
    /// is cancelled, which closes the call's connection. A call that may be repeated is tried again while the deadline and
    /// the retry budget allow, no sooner than the peer's Retry-After.
    package func send(_ call: HTTPCall) async throws -> HTTPAnswer {
        let request = makeRequest(call)
        let limit = call.deadline ?? limits.deadline
        let end = ContinuousClock.now + limit
        return try await withDeadline(limit, throwing: HTTPCallError.timeout("no answer within \(limit)")) {
            try await sendRepeatedly(request, mayRepeat: call.mayRepeat, until: end)
        }
    }

    /// Sends `call` once, without repeats, and hands the answer's body to `body` as it arrives; leaving `body` closes the call.
    ///
    /// The deadline holds until the answer's head is there; after that the peer may be silent for `idleLimit` at most.
    package func withStream<Result: Sendable>(
        _ call: HTTPCall, idleLimit: Duration = .seconds(60),
        _ body: @escaping @Sendable (HTTPStream) async throws -> Result
    ) async throws -> Result {
        let response = try await open(makeRequest(call), within: call.deadline ?? limits.deadline)
        let silence = SilenceWatch()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body(HTTPStream(response: response, silence: silence)) }
            group.addTask {
                try await silence.waitFor(idleLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                throw HTTPCallError.timeout("the stream was silent for \(idleLimit)")
            }
            return result
        }
    }
}

extension ServiceClient {
    func makeRequest(_ call: HTTPCall) -> HTTPClientRequest {
        let target = baseURL.path + call.target
        var request = HTTPClientRequest(url: baseURL.origin + (target.hasPrefix("/") ? target : "/" + target))
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        var headers = call.headers
        if headers[.userAgent] == nil { headers[.userAgent] = "tutti" }
        if let trace = call.trace ?? TraceContext.current {
            headers[.traceparent] = trace.traceparent
            if let id = trace.requestID { headers[.requestID] = id }
            if let id = trace.correlationID, headers[.correlationID] == nil { headers[.correlationID] = id }
        }
        credential.apply(to: &headers)
        for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
        if let body = call.body { request.body = .bytes(ByteBuffer(bytes: body)) }
        return request
    }

    private func sendRepeatedly(
        _ request: HTTPClientRequest, mayRepeat: Bool, until end: ContinuousClock.Instant
    ) async throws -> HTTPAnswer {
        budget.deposit()
        var number = 1
        while true {
            do {
                let response = try await open(request, within: end - .now)
                let body = try await collect(response)
                return HTTPAnswer(status: Int(response.status.code), headers: response.headers.fields, body: body)
            } catch let failure as HTTPCallError {
                guard mayRepeat, failure.isRetryable, number < limits.retries.tries else { throw failure }
                let pause = max(limits.retries.pause(afterTry: number), failure.retryAfter ?? .zero)
                guard ContinuousClock.now + pause < end, budget.withdraw() else { throw failure }
                try await Task.sleep(for: pause)
                number += 1
            }
        }
    }

    /// Sends the request and reads the head; an answer other than 2xx is thrown.
    private func open(_ request: HTTPClientRequest, within limit: Duration) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await HTTPTransport.shared.execute(request, deadline: .now() + TimeAmount(limit))
        } catch {
            throw HTTPTransport.translate(error)
        }
        guard !(200...299).contains(response.status.code) else { return response }
        throw try await failure(of: response)
    }

    private func failure(of response: HTTPClientResponse) async throws -> HTTPCallError {
        let status = Int(response.status.code)
        let retryAfter = RetryAfter.read(response.headers.first(name: "Retry-After"))
        let isProblem = response.headers.first(name: "Content-Type")?.hasPrefix("application/problem+json") ?? false
        guard isProblem, let body = try? await collect(response),
            let problem = Problem(json: body, status: status, retryAfter: retryAfter)
        else {
            try Task.checkCancellation()
            return .status(status, retryAfter: retryAfter)
        }
        return .problem(problem, status: status)
    }

    func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        let limit = limits.answerBytes
        if let announced = response.headers.first(name: "Content-Length").flatMap(Int.init), announced > limit {
            throw HTTPCallError.tooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                guard bytes.count + chunk.readableBytes <= limit else { throw HTTPCallError.tooLarge(limit: limit) }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch {
            throw HTTPTransport.translate(error)
        }
        // A cancelled body ends early without an error; half of it must not pass for the whole.
        try Task.checkCancellation()
        return bytes
    }
}

extension HTTPHeaders {
    /// The same headers in the currency of our interfaces; names that are no tokens are left out.
    var fields: HTTPFields {
        var fields = HTTPFields()
        for (name, value) in self {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }
}
