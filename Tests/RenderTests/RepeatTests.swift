// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Render
import Synchronization
import Testing

private let lost = HTTPExchangeFailure(.connection("closed by the far side"), mayHaveArrived: true)
private let refusedConnection = HTTPExchangeFailure(.connection("refused"), mayHaveArrived: false)
private let created: JSONValue = ["service": service("api"), "deployId": "dep-1"]
private let newService: JSONObject = ["name": "api", "type": "web_service", "ownerId": "tea-1"]

/// Fails as often as told, then answers.
private func failing(_ times: Int, _ failure: any Error, then answer: HTTPAnswer) -> ScriptedTransport {
    ScriptedTransport { number, _ in
        guard number >= times else { throw failure }
        return answer
    }
}

private func answering(_ statuses: [Int], then answer: HTTPAnswer, _ headers: HTTPFields = [:]) -> ScriptedTransport {
    ScriptedTransport { number, _ in
        number < statuses.count ? .text(statuses[number], "sorry", headers) : answer
    }
}

@Suite(.timeLimit(.minutes(1)))
struct RepeatTests {
    @Test(arguments: [500, 502, 503, 504, 408])
    func `what may be repeated is, after growing pauses`(status: Int) async throws {
        let clock = TestClock(jumping: true)
        let transport = answering([status, status, status], then: .json(200, service("api")))
        let limits = RenderClient.Limits(pauses: RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(20)))
        #expect(try await makeClient(transport, clock: clock, limits: limits).service("srv-1").name == "api")
        #expect(transport.calls.count == 4)
        #expect(clock.sleeps.count == 3)
        for (sleep, bound) in zip(clock.sleeps, [1, 2, 4]) { #expect(sleep <= .seconds(bound)) }
    }

    @Test func `tries are bounded, and then it is not available`() async {
        let transport = answering(Array(repeating: 503, count: 99), then: .text(200, ""))
        #expect(
            await failure { try await makeClient(transport).service("srv-1") }
                == .unavailable("status 503 of retrieve-service"))
        #expect(transport.calls.count == 4)
        let gone = failing(99, lost, then: .text(200, ""))
        #expect(
            await failure { try await makeClient(gone).setEnvVar(service: "s", key: "A", value: Secret("b")) }
                == .unavailable("connection: closed by the far side in update-env-var"))
        #expect(gone.calls.count == 4)
    }

    @Test func `a refusal is not repeated`() async {
        for status in [400, 401, 402, 403, 404, 406, 409, 410, 422, 301] {
            let transport = ScriptedTransport(.json(status, ["message": "no", "code": "why"]))
            #expect(
                await failure { try await makeClient(transport).service("srv-1") }
                    == .refused(status: status, code: "why", message: "no"))
            #expect(transport.calls.count == 1)
        }
    }

    @Test func `a POST that may have happened is never repeated`() async {
        let timeout = HTTPExchangeFailure(.timeout("no answer"), mayHaveArrived: true)
        for transport in [
            failing(1, lost, then: .json(201, created)), failing(1, timeout, then: .json(201, created)),
            answering([500], then: .json(201, created)), answering([503], then: .json(201, created)),
            answering([408], then: .json(201, created)),
        ] {
            let error = await failure { try await makeClient(transport).createService(newService) }
            guard case .outcomeUnknown(let what)? = error else {
                Issue.record("not unknown: \(String(describing: error))")
                continue
            }
            #expect(what.hasPrefix("service api: "))
            #expect(transport.calls.count == 1)
        }
    }

    @Test func `no POST at all is repeated, whatever it is about`() async throws {
        for use in OperationUse.all where use.operation.method == .post {
            let transport = failing(1, lost, then: .text(200, "{}"))
            guard case .outcomeUnknown? = await failure(of: { try await use.use(makeClient(transport)) }) else {
                Issue.record("\(use.operation) does not say that it does not know")
                continue
            }
            #expect(transport.calls.count == 1)
        }
    }

    @Test func `a POST that found no connection, or was one too many, is sent again`() async throws {
        let transport = failing(2, refusedConnection, then: .json(201, created))
        #expect(try await makeClient(transport).createService(newService).deployID == "dep-1")
        #expect(transport.calls.count == 3)
        let limited = answering([429], then: .json(201, created), [.retryAfter: "3"])
        #expect(try await makeClient(limited).createService(newService).service.id == "srv-1")
        #expect(limited.calls.count == 2)
        let never = failing(99, refusedConnection, then: .json(201, created))
        #expect(
            await failure { try await makeClient(never).createService(newService) }
                == .unavailable("connection: refused in create-service"))
    }

    @Test func `a creation whose answer cannot be read is one of unknown outcome`() async {
        for body in ["<html>", "{}", #"{"service":{"id":"srv-1"}}"#, "[]"] {
            let error = await failure {
                try await makeClient(ScriptedTransport(.text(201, body))).createService(newService)
            }
            guard case .outcomeUnknown(let what)? = error else {
                Issue.record("not unknown for \(body)")
                continue
            }
            #expect(what.hasPrefix("service api: unreadable answer"))
        }
    }

    @Test func `a deletion that is found done after a lost answer is done`() async throws {
        for status in [404, 410] {
            let transport = ScriptedTransport { number, _ in
                if number == 0 { throw lost }
                return .json(status, ["message": "not found"])
            }
            try await makeClient(transport).deleteService("srv-1")
            #expect(transport.calls.count == 2)
        }
        let first = ScriptedTransport(.json(404, ["message": "not found"]))
        let error = await failure { try await makeClient(first).deleteService("srv-1") }
        #expect(error?.isNotFound == true)
    }

    @Test func `the pause that a 429 asks for is kept, and each of its kind keeps it`() async throws {
        let clock = TestClock(jumping: true)
        let transport = answering([429, 429], then: .json(200, service("api")), [.retryAfter: "17"])
        _ = try await makeClient(transport, clock: clock).service("srv-1")
        #expect(clock.sleeps == [.seconds(17), .seconds(17)])
        #expect(transport.calls.count == 3)
    }

    @Test func `waiting for a limit is bounded in number and in time`() async {
        let transport = answering(Array(repeating: 429, count: 99), then: .text(200, ""), [.retryAfter: "2"])
        #expect(
            await failure { try await makeClient(transport).service("srv-1") } == .rateLimited(retryAfter: .seconds(2)))
        #expect(transport.calls.count == 6)
        let long = answering(Array(repeating: 429, count: 99), then: .text(200, ""), [.retryAfter: "3600"])
        let clock = TestClock(jumping: true)
        #expect(
            await failure { try await makeClient(long, clock: clock).service("srv-1") }
                == .rateLimited(retryAfter: .seconds(3600)))
        #expect(long.calls.count == 1)
        #expect(clock.sleeps.isEmpty)
    }

    @Test func `a 5xx that asks for more time than there is ends at once`() async {
        let transport = answering([503, 503], then: .text(200, ""), [.retryAfter: "4000"])
        #expect(
            await failure { try await makeClient(transport).service("srv-1") }
                == .unavailable("503 of retrieve-service"))
        #expect(transport.calls.count == 1)
    }

    @Test func `cancellation stays cancellation, between tries as well`() async throws {
        let clock = TestClock(jumping: false)
        let transport = answering([503], then: .text(200, "{}"))
        let client = makeClient(transport, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: CancellationError.self) { try await client.service("srv-1") } }
            while clock.sleeping == 0 { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(transport.calls.count == 1)
    }

    @Test func `an answer that cannot be read says where and not what`() async {
        for (body, place) in [
            ("<html>rnd_secret", "retrieve-service is not JSON"), ("[]", "retrieve-service# is not an object"),
            (#"{"id":"srv-1"}"#, "retrieve-service#/name is missing"),
            (#"{"id":"srv-1","name":["hidden"],"ownerId":"o","type":"t"}"#, "retrieve-service#/name is not text"),
        ] {
            let transport = ScriptedTransport(.text(200, body))
            #expect(await failure { try await makeClient(transport).service("srv-1") } == .malformed(place))
        }
    }

    @Test(arguments: ["", ".", ".."])
    func `an id that would lead to another path is not sent`(id: String) async {
        let transport = ScriptedTransport(.text(200, "{}"))
        #expect(await failure { try await makeClient(transport).deleteService(id) }?.isNotFound == true)
        #expect(transport.calls.isEmpty)
    }

    @Test func `an id cannot change the path that it stands in`() async throws {
        let transport = ScriptedTransport(.text(204, ""))
        try await makeClient(transport).deleteEnvVar(service: "a/../b?x=1", key: "K/é")
        #expect(transport.calls[0].path == "/services/a%2F..%2Fb%3Fx%3D1/env-vars/K%2F%C3%A9")
    }

    @Test func `a deploy that is queued has no deploy to tell of`() async throws {
        let queued = makeClient(ScriptedTransport(.text(202, "")))
        #expect(try await queued.createDeploy(service: "srv-1", clearCache: false, mode: .buildAndDeploy) == nil)
        let made = ScriptedTransport(.json(201, ["id": "dep-9", "status": "some_new_state"]))
        let deploy = try await makeClient(made).createDeploy(service: "srv-1", clearCache: true, mode: .buildAndDeploy)
        #expect(deploy?.status == .other("some_new_state"))
        #expect(made.calls[0].json == ["clearCache": "clear"])
        _ = try await makeClient(made).createDeploy(service: "srv-1", clearCache: false, mode: .deployOnly)
        #expect(made.calls[1].json == ["deployMode": "deploy_only"])
        #expect(
            await failure {
                try await makeClient(made).createDeploy(service: "srv-1", clearCache: true, mode: .deployOnly)
            } != nil)
        #expect(made.calls.count == 2)
    }
}
