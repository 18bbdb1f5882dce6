// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import TestKit
import Testing

private let found = service("api").text

/// A client over the network, by a clock on which nobody waits.
private func networkClient(_ port: Int, deadline: Duration = .seconds(10)) throws -> RenderClient {
    RenderClient(
        baseURL: try BaseURL("http://127.0.0.1:\(port)/v1"), token: testToken,
        paces: RenderPaces(clock: TestClock(jumping: true)), limits: .init(deadline: deadline))
}

/// The client over real connections.
@Suite(.timeLimit(.minutes(1)))
struct SocketTests {
    @Test func `a call carries the key, and nothing of our traces`() async throws {
        try await ScriptedServer.run({ _, _ in [.answer(200, "[]")] }) { server in
            let client = try networkClient(server.port)
            try await TraceContext.$current.withValue(.makeRoot()) {
                _ = try await client.services(ownerID: "tea-1", name: "a b&c")
            }
            let request = try #require(server.requests.first)
            #expect(
                request.line
                    == "GET /v1/services?ownerId=tea-1&includePreviews=false&name=a%20b%26c&limit=100 HTTP/1.1")
            #expect(request.headers["authorization"] == "Bearer \(testToken.reveal())")
            #expect(request.headers["accept"] == "application/json")
            #expect(request.headers["traceparent"] == nil)
        }
    }

    @Test func `a GET whose connection is lost after it was read is sent again`() async throws {
        try await ScriptedServer.run({ number, _ in number < 2 ? [.close] : [.answer(200, found)] }) { server in
            let service = try await networkClient(server.port).service("srv-1")
            #expect(service.name == "api")
            #expect(server.requests.count == 3)
        }
    }

    @Test func `an answer that breaks off is none`() async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"id\":"
        try await ScriptedServer.run({ number, _ in number < 1 ? [.send(half), .close] : [.answer(200, found)] }) {
            server in
            let service = try await networkClient(server.port).service("srv-1")
            #expect(service.name == "api")
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a POST whose connection is lost after it was read is of unknown outcome`() async throws {
        let body: JSONObject = ["name": "api", "type": "web_service", "ownerId": "tea-1"]
        let half = "HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n{"
        for steps in [[ScriptedServer.Step.close], [.send(half), .close]] {
            try await ScriptedServer.run({ _, _ in steps }) { server in
                let error = await failure { try await networkClient(server.port).createService(body) }
                guard case .outcomeUnknown(let what)? = error else {
                    Issue.record("not unknown: \(String(describing: error))")
                    return
                }
                #expect(what.hasPrefix("service api: connection: "))
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `a POST that is never answered is of unknown outcome, too`() async throws {
        try await ScriptedServer.run({ _, _ in [] }) { server in
            let client = try networkClient(server.port, deadline: .milliseconds(50))
            let error = await failure {
                try await client.createDeploy(service: "srv-1", clearCache: false, mode: .buildAndDeploy)
            }
            guard case .outcomeUnknown(let what)? = error else {
                Issue.record("not unknown: \(String(describing: error))")
                return
            }
            #expect(what.hasPrefix("deploy of service srv-1: timeout: "))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `where nobody listens nothing has happened, also with a POST`() async throws {
        try await HeldPort.withoutListener { port in
            let client = try networkClient(port)
            #expect(
                await failure { try await client.suspendService("srv-1") }
                    == .unavailable("connection: refused in suspend-service"))
        }
    }

    @Test func `limits that the API tells in its headers are taken over`() async throws {
        let headers = ["Ratelimit-Limit: 500", "Ratelimit-Remaining: 499", "Ratelimit-Reset: 30"]
        try await ScriptedServer.run({ _, _ in [.answer(200, found, headers: headers)] }) { server in
            let client = try networkClient(server.port)
            _ = try await client.service("srv-1")
            #expect(client.rates[0].limit == 500)
            #expect(client.rates[0].used == 1)
        }
    }

    @Test func `a redirect is not followed, and what it says is shown`() async throws {
        let steps = [ScriptedServer.Step.answer(302, "moved", headers: ["Location: http://127.0.0.1:1/"])]
        try await ScriptedServer.run({ _, _ in steps }) { server in
            #expect(
                await failure { try await networkClient(server.port).service("srv-1") }
                    == .refused(status: 302, code: nil, message: "moved"))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a call that is called off closes its connection`() async throws {
        try await ScriptedServer.run({ _, _ in [] }) { server in
            let client = try networkClient(server.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await #expect(throws: CancellationError.self) { try await client.service("srv-1") } }
                try await eventually { server.requests.count == 1 }
                group.cancelAll()
                try await group.waitForAll()
            }
            try await eventually { server.open == 0 }
        }
    }
}
