// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import TestKit
import Testing

private func makeClient(_ port: Int, answerBytes: Int = 1 << 20, deadline: Duration = .seconds(10)) throws
    -> ServiceClient
{
    ServiceClient(
        peer: "peer", baseURL: try BaseURL("http://127.0.0.1:\(port)"), credential: .bearer(Secret("token-1")),
        limits: .init(deadline: deadline, answerBytes: answerBytes))
}

private func failure(of call: () async throws -> some Any) async -> HTTPExchangeFailure? {
    do {
        _ = try await call()
    } catch {
        return error as? HTTPExchangeFailure
    }
    return nil
}

@Suite(.timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test(arguments: [200, 302, 404, 429, 503])
    func `an answer is whole whatever its status, and asked for once`(status: Int) async throws {
        let steps = [answer(status, "words", headers: ["Retry-After: 7", "Ratelimit-Remaining: 0"])]
        try await ScriptedServer.run({ _, _ in steps }) { server in
            let answer = try await makeClient(server.port).exchange(HTTPCall(.get, "/a"))
            #expect(answer.status == status)
            #expect(answer.headers[.retryAfter] == "7")
            #expect(String(decoding: answer.body, as: UTF8.self) == "words")
            #expect(server.requests.map(\.line) == ["GET /a HTTP/1.1"])
            #expect(server.requests[0].headers["authorization"] == "Bearer token-1")
        }
    }

    @Test func `what nobody listened to has not arrived`() async throws {
        try await HeldPort.withoutListener { port in
            let lost = await failure { try await makeClient(port).exchange(HTTPCall(.post, "/")) }
            #expect(lost?.mayHaveArrived == false)
            #expect(lost?.description == "connection: refused")
        }
    }

    @Test func `what was read and not answered may have arrived`() async throws {
        try await ScriptedServer.run({ _, _ in [.close] }) { server in
            let lost = await failure { try await makeClient(server.port).exchange(HTTPCall(.get, "/")) }
            #expect(lost?.mayHaveArrived == true)
            #expect(server.requests.count == 1)
        }
        try await ScriptedServer.run({ _, _ in [] }) { server in
            let client = try makeClient(server.port, deadline: .milliseconds(50))
            let late = await failure { try await client.exchange(HTTPCall(.get, "/")) }
            #expect(late?.mayHaveArrived == true)
            guard case .timeout? = late?.error else {
                Issue.record("not a timeout")
                return
            }
        }
    }

    @Test func `an answer beyond the cap is not taken`() async throws {
        try await ScriptedServer.run({ _, _ in [answer(200, String(repeating: "x", count: 100))] }) { server in
            let large = await failure {
                try await makeClient(server.port, answerBytes: 99).exchange(HTTPCall(.get, "/"))
            }
            guard case .tooLarge(limit: 99)? = large?.error else {
                Issue.record("not too large")
                return
            }
        }
    }
}
