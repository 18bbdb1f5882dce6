// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit
import Synchronization
import TestKit
import Testing

@Suite struct AuthenticationTests {
    @Test func `every route is closed without and with wrong credentials`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let walk = RouteWalk(
                baseURL: try BaseURL("http://127.0.0.1:\(daemon.client.port)"), password: Secret(TestDaemon.password),
                internalKey: Secret(TestDaemon.key))
            let catalogue = daemon.daemon.router.catalogue
            #expect(catalogue.count == TestAPI.catalogue.count + StandardAPI.catalogue.count)
            #expect(try await walk.faults(catalogue) == [])
        }
    }

    @Test func `people and daemons are let in as who they are`() async throws {
        try await TestDaemon.runNotes(
            wire: { $0.authenticator.accept(Secret("a token"), as: Principal(.agent, "echo")) }
        ) { daemon, _ in
            let client = daemon.client
            let unnamed = try await client.send("GET", "/inside", headers: [TestDaemon.service])
            #expect(unnamed.json["author"] == "service:unnamed")
            let named = try await client.send(
                "GET", "/inside", headers: [TestDaemon.service, ("X-Tutti-Service", "logging-svc")])
            #expect(named.json["author"] == "service:logging-svc")
            let acting = try await client.send(
                "GET", "/inside", headers: [TestDaemon.service, ("X-Tutti-Principal", "user:Ada%20L%C3%B8velace")])
            #expect(acting.json["author"] == "user:Ada Løvelace")
            let endless = "user:" + String(repeating: "a", count: 201)
            for text in ["service:logging-svc", "user:", "Ada", "user:%zz", "user:a%00b", endless] {
                let other = try await client.send(
                    "GET", "/inside",
                    headers: [TestDaemon.service, ("X-Tutti-Service", "gateway-svc"), ("X-Tutti-Principal", text)])
                #expect(other.json["author"] == "service:gateway-svc", "\(text)")
            }
            let both = try await client.send(
                "GET", "/inside", headers: [TestDaemon.service, ("Authorization", "Bearer wrong")])
            #expect(both.status == 401)
            let token = try await client.send("GET", "/inside", headers: [("Authorization", "Bearer a token")])
            #expect(token.json["author"] == "agent:echo")
            let person = try await client.send(
                "POST", "/notes", headers: [TestDaemon.person, ("X-Tutti-Principal", "user:somebody")],
                body: #"{"title":"a"}"#)
            #expect(person.json["author"] == "user:admin")
        }
    }

    @Test func `a refusal says how to sign in`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send("GET", "/notes/a")
            #expect(answer.status == 401)
            #expect(answer.header("WWW-Authenticate") == "Basic realm=\"tutti\", charset=\"UTF-8\"")
            #expect(answer.json["code"] == "unauthenticated")
        }
    }

    @Test func `guessing is stopped for an address and a kind of credential`() async throws {
        let clock = TestClock()
        let throttle = AuthThrottle(failures: 3, now: { clock.now })
        try await TestDaemon.runNotes(throttle: throttle) { daemon, _ in
            let wrong = ("Authorization", BasicCredentials.header(user: "admin", password: Secret("wrong")))
            for _ in 0..<3 {
                #expect(try await daemon.client.send("GET", "/notes/a", headers: [wrong]).status == 401)
            }
            let blocked = try await daemon.client.send("GET", "/notes/a", headers: [TestDaemon.person])
            #expect(blocked.status == 429)
            #expect(blocked.header("Retry-After") == "60")
            // A daemon of ours on the same machine goes on working, and so do public routes.
            #expect(try await daemon.client.send("GET", "/notes/a", headers: [TestDaemon.service]).status == 200)
            #expect(try await daemon.client.send("GET", "/health", headers: [TestDaemon.person]).status == 200)
            clock.advance(.seconds(61))
            #expect(try await daemon.client.send("GET", "/notes/a", headers: [TestDaemon.person]).status == 200)
        }
    }

    @Test func `the throttle counts the client behind a trusted proxy, and nobody else's word`() async throws {
        let behind = ["TRUSTED_PROXIES": "127.0.0.1"]
        try await TestDaemon.runNotes(environment: behind, throttle: AuthThrottle(failures: 1)) { daemon, _ in
            let wrong = ("Authorization", BasicCredentials.header(user: "admin", password: Secret("wrong")))
            for (credentials, hops, status) in [
                (wrong, "6.6.6.6, 10.0.0.1", 401), (TestDaemon.person, "10.0.0.1", 429),
                (TestDaemon.person, "10.0.0.1, 127.0.0.1", 429), (TestDaemon.person, "10.0.0.1, 10.0.0.2", 200),
            ] {
                let answer = try await daemon.client.send(
                    "GET", "/notes/a", headers: [credentials, ("X-Forwarded-For", hops)])
                #expect(answer.status == status, "\(hops)")
            }
        }
        try await TestDaemon.runNotes(throttle: AuthThrottle(failures: 1)) { daemon, _ in
            let wrong = ("Authorization", BasicCredentials.header(user: "admin", password: Secret("wrong")))
            for (credentials, hops, status) in [
                (wrong, "10.0.0.1", 401), (TestDaemon.person, "10.0.0.2", 429),
            ] {
                let answer = try await daemon.client.send(
                    "GET", "/notes/a", headers: [credentials, ("X-Forwarded-For", hops)])
                #expect(answer.status == status)
            }
        }
    }

    @Test func `the throttle's table has a bound and forgets the oldest`() throws {
        let clock = TestClock()
        let throttle = AuthThrottle(failures: 1, capacity: 100, now: { clock.now })
        for address in 0..<1000 {
            clock.advance(.milliseconds(1))
            throttle.fail("10.0.\(address / 256).\(address % 256)", .password)
        }
        #expect(throttle.count == 100)
        #expect(throws: Problem.self) { try throttle.check("10.0.3.231", .password) }
        try throttle.check("10.0.0.0", .password)
        // A customer has a whole /64 of IPv6.
        throttle.fail("2001:db8::1", .password)
        #expect(throws: Problem.self) { try throttle.check("2001:db8::ffff:2", .password) }
        try throttle.check("2001:db8:0:1::1", .password)
    }

    @Test func `credentials of a WebSocket's query are checked and throttled alike`() throws {
        let authenticator = Authenticator(
            people: People(
                administrator: "admin", password: Secret("secret words"), internalKey: Secret(TestDaemon.key)),
            internalKey: Secret(TestDaemon.key), throttle: AuthThrottle(failures: 1))
        let trace = TraceContext.makeRoot()
        let pair = String(BasicCredentials.header(user: "admin", password: Secret("secret words")).dropFirst(6))
        let caller = try authenticator.authenticate(base64: pair, headers: [:], peer: "10.0.0.1", trace: trace)
        #expect(caller.principal.text == "user:admin")
        #expect(throws: Problem.self) {
            try authenticator.authenticate(base64: "bm9ib2R5", headers: [:], peer: "10.0.0.1", trace: trace)
        }
        do {
            _ = try authenticator.authenticate(base64: pair, headers: [:], peer: "10.0.0.1", trace: trace)
            Issue.record("was let in")
        } catch {
            #expect(error.kind == .rateLimited)
        }
        #expect(try authenticator.authenticate([:], peer: nil, trace: trace) == nil)
    }
}

/// A clock that only moves when it is told to.
final class TestClock: Sendable {
    private let time = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 += duration } }
}
