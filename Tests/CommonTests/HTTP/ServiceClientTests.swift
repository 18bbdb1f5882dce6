// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import TestKit
import Testing

private let fastRetries = RetryPolicy(tries: 3, firstPause: .milliseconds(2), longestPause: .milliseconds(4))

private func makeClient(
    _ port: Int, prefix: String = "", credential: ServiceCredential = .none, deadline: Duration = .seconds(10),
    answerBytes: Int = 1 << 20, retries: RetryPolicy = fastRetries
) throws -> ServiceClient {
    ServiceClient(
        peer: "peer", baseURL: try BaseURL("http://127.0.0.1:\(port)\(prefix)"), credential: credential,
        limits: .init(deadline: deadline, answerBytes: answerBytes, retries: retries))
}

/// Runs the call and hands back the failure it must end in.
private func failure(of call: () async throws -> some Any) async -> HTTPCallError? {
    do {
        _ = try await call()
    } catch let error as HTTPCallError {
        return error
    } catch {}
    return nil
}

private let problemHeaders = ["Content-Type: application/problem+json; charset=utf-8"]

@Suite(.timeLimit(.minutes(1)))
struct ServiceClientTests {
    @Test func `a call carries body, query, trace and the internal key`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(201, #"{"ok":true}"#)] }) { server in
            let key = ServiceCredential.internalKey(Secret("k-123456"), service: "echo-agent-svc")
            let client = try makeClient(server.port, prefix: "/base/", credential: key)
            var trace = TraceContext.makeRoot()
            trace.correlationID = "order-7"
            var call = HTTPCall(.post, "/things/" + HTTPCall.encodeComponent("a/b ?"), json: ["n": 1])
            call.query = [("q", "a b&c=d+e")]
            let answer = try await TraceContext.$current.withValue(trace) { try await client.send(call) }
            #expect(answer.status == 201)
            #expect(try answer.json()["ok"] == true)
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /base/things/a%2Fb%20%3F?q=a%20b%26c%3Dd%2Be HTTP/1.1")
            #expect(request.body == #"{"n":1}"#)
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["x-internal-key"] == "k-123456")
            #expect(request.headers["x-tutti-service"] == "echo-agent-svc")
            #expect(request.headers["traceparent"] == trace.traceparent)
            #expect(request.headers["x-correlation-id"] == "order-7")
            #expect(request.headers["authorization"] == nil)
        }
    }

    @Test func `a bearer token goes where it belongs and the internal key stays at home`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(204)] }) { server in
            let client = try makeClient(server.port, prefix: "/echo", credential: .bearer(Secret("token-1")))
            _ = try await client.send(HTTPCall(.delete, ""))
            let request = try #require(server.requests.first)
            #expect(request.line == "DELETE /echo HTTP/1.1")
            #expect(request.headers["authorization"] == "Bearer token-1")
            #expect(request.headers["x-internal-key"] == nil)
        }
    }

    @Test func `connections are used again`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(200, "x")] }) { server in
            let client = try makeClient(server.port)
            for _ in 0..<5 { _ = try await client.send(HTTPCall(.get, "/")) }
            #expect(server.requests.count == 5)
            #expect(server.accepted == 1)
        }
    }

    @Test func `a problem is read back with the members we do not know`() async throws {
        let body = #"""
            {"type":"about:blank","title":"Conflict","status":409,"detail":"Too old.","code":"stale_lease",
            "errors":[{"field":"/epoch","message":"is 2"}],"retryable":true,"current_version":7}
            """#
        let script: @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step] = { _, _ in
            [answer(409, body, headers: problemHeaders + ["Retry-After: 3"])]
        }
        try await ScriptedServer.run(script) { server in
            let error = await failure { try await makeClient(server.port).send(HTTPCall(.post, "/")) }
            guard case .problem(let problem, 409) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(problem.kind == .conflict)
            #expect(problem.code == "stale_lease")
            #expect(problem.message == "Too old.")
            #expect(problem.fields == [.init("/epoch", "is 2")])
            #expect(problem.details == ["retryable": true, "current_version": 7])
            #expect(problem.retryAfter == .seconds(3))
            #expect(error?.isRetryable == true)
        }
    }

    @Test(arguments: [
        (400, false), (404, false), (408, true), (409, false), (425, true), (429, true), (500, true), (503, true),
    ])
    func `whether a plain status is worth another try`(status: Int, isRetryable: Bool) async throws {
        #expect(HTTPCallError.status(status, retryAfter: nil).isRetryable == isRetryable)
        let problem = Problem(.invalid, "no", details: ["retryable": .bool(!isRetryable)])
        #expect(HTTPCallError.problem(problem, status: status).isRetryable == !isRetryable)
    }

    @Test func `an idempotent call is tried again until it succeeds, others only once`() async throws {
        let script: @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step] = { number, _ in
            [number % 3 == 2 ? answer(200, "ok") : answer(503)]
        }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port)
            #expect(try await client.send(HTTPCall(.get, "/")).body == Array("ok".utf8))
            #expect(server.requests.count == 3)
            #expect(try await client.send(HTTPCall(.post, "/", isIdempotent: true)).status == 200)
            #expect(server.requests.count == 6)
            let error = await failure { try await client.send(HTTPCall(.post, "/")) }
            #expect(error?.status == 503)
            #expect(server.requests.count == 7)
        }
    }

    @Test func `tries are bounded, and a client error is not repeated`() async throws {
        try await ScriptedServer.run({ _, request in [answer(request.line.contains("bad") ? 404 : 502)] }) { server in
            let client = try makeClient(server.port)
            #expect(await failure { try await client.send(HTTPCall(.put, "/")) }?.status == 502)
            #expect(server.requests.count == 3)
            #expect(await failure { try await client.send(HTTPCall(.get, "/bad")) }?.status == 404)
            #expect(server.requests.count == 4)
        }
    }

    @Test func `an outage is not amplified beyond the budget`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(503)] }) { server in
            let client = try makeClient(server.port)
            for _ in 0..<100 { _ = await failure { try await client.send(HTTPCall(.get, "/")) } }
            // 100 first tries, 10 repeats saved up at the start, a tenth of a repeat for each call since.
            #expect((110...120).contains(server.requests.count))
        }
    }

    @Test func `Retry-After is the least pause, and one past the deadline ends the call at once`() async throws {
        let script: @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step] = { number, request in
            if request.line.contains("late") { return [answer(503, headers: ["Retry-After: 60"])] }
            return [number == 0 ? answer(429, headers: ["Retry-After: 1"]) : answer(200)]
        }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port)
            let began = ContinuousClock.now
            _ = try await client.send(HTTPCall(.get, "/soon"))
            #expect(ContinuousClock.now - began >= .seconds(1))
            #expect(server.requests.count == 2)
            let again = ContinuousClock.now
            let error = await failure { try await client.send(HTTPCall(.get, "/late")) }
            #expect(error?.status == 503)
            #expect(error?.retryAfter == .seconds(60))
            #expect(ContinuousClock.now - again < .seconds(5))
        }
    }

    @Test func `a redirect is an error and nobody is called for it`() async throws {
        let script: @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step] = { _, request in
            [answer(307, headers: ["Location: /elsewhere"])]
        }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port, credential: .bearer(Secret("token-1")))
            #expect(await failure { try await client.send(HTTPCall(.get, "/")) }?.status == 307)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a refused connection is reported as such, without the URL's query`() async throws {
        try await HeldPort.withoutListener { port in
            let client = try makeClient(port, credential: .bearer(Secret("token-1")))
            let call = HTTPCall(.get, "/x", query: [("auth", "c2VjcmV0")])
            guard case .connection(let reason)? = await failure(of: { try await client.send(call) }) else {
                Issue.record("not a connection error")
                return
            }
            #expect(reason == "refused")
        }
    }

    @Test func `a silent server runs into the deadline, wherever it stops`() async throws {
        for partial in ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"] {
            try await ScriptedServer.run({ _, _ in partial.isEmpty ? [] : [.send(partial)] }) { server in
                let client = try makeClient(server.port)
                let began = ContinuousClock.now
                let call = HTTPCall(.get, "/", deadline: .milliseconds(100))
                guard case .timeout? = await failure(of: { try await client.send(call) }) else {
                    Issue.record("no timeout after \(partial)")
                    return
                }
                #expect(ContinuousClock.now - began < .seconds(5))
                // A connection that came too late for the call to use it stays in the pool.
                try await eventually(within: .seconds(5)) { server.open == 0 || server.requests.isEmpty }
            }
        }
    }

    @Test func `a connection cut in the middle of a body is a lost connection`() async throws {
        let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
        try await ScriptedServer.run({ _, _ in [.send(cut), .close] }) { server in
            let client = try makeClient(server.port)
            guard case .connection? = await failure(of: { try await client.send(HTTPCall(.get, "/")) }) else {
                Issue.record("not a connection error")
                return
            }
            #expect(server.requests.count == 3)
            _ = await failure { try await client.send(HTTPCall(.post, "/")) }
            #expect(server.requests.count == 4)
        }
    }

    @Test func `an answer larger than the cap is refused, announced or not`() async throws {
        let script: @Sendable (Int, ScriptedServer.Request) -> [ScriptedServer.Step] = { number, _ in
            let chunk = String(repeating: "x", count: 0x1000)
            if number == 0 { return [answer(200, String(repeating: "x", count: 20_000))] }
            let chunks = String(repeating: "1000\r\n\(chunk)\r\n", count: 5)
            return [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n")]
        }
        try await ScriptedServer.run(script) { server in
            let client = try makeClient(server.port, answerBytes: 10_000)
            for _ in 0..<2 {
                guard case .tooLarge(10_000)? = await failure(of: { try await client.send(HTTPCall(.get, "/")) }) else {
                    Issue.record("the answer was taken")
                    return
                }
            }
        }
    }

    @Test func `nonsense instead of HTTP is malformed`() async throws {
        try await ScriptedServer.run({ _, _ in [.send("SMTP at your service\r\n\r\n"), .close] }) { server in
            let client = try makeClient(server.port)
            guard case .malformed? = await failure(of: { try await client.send(HTTPCall(.get, "/")) }) else {
                Issue.record("not malformed")
                return
            }
        }
    }

    @Test func `cancelling the task closes the call's connection`() async throws {
        try await ScriptedServer.run({ _, _ in [] }) { server in
            let client = try makeClient(server.port)
            let wasCancelled = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await client.send(HTTPCall(.get, "/"))
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                try? await eventually(within: .seconds(5)) { server.requests.count == 1 }
                group.cancelAll()
                return await group.next() ?? false
            }
            #expect(wasCancelled)
            try await eventually(within: .seconds(5)) { server.open == 0 }
        }
    }

    @Test(arguments: [
        "", "ftp://host", "http://", "//host/x", "http://user:pass@host/", "http://host/?key=1", "http://host/#x",
    ])
    func `a base URL that is none, or holds more than an address, is refused`(text: String) {
        #expect(throws: HTTPCallError.self) { try BaseURL(text) }
    }

    @Test func `a base URL keeps its prefix`() throws {
        #expect(try BaseURL("HTTP://Host:81/a/").description == "http://Host:81/a")
        #expect(try BaseURL("http://[::1]:81").origin == "http://[::1]:81")
    }
}
