// SPDX-License-Identifier: Apache-2.0

import Common
import ServiceKit
import Synchronization
import TestKit
import Testing
import orchestrator_svc

/// Who is let in.
@Suite struct LiveHandshakeTests {
    private typealias Header = (String, String)

    private static let basic: Header = ("Authorization", LiveFixture.basic)
    private static let foreign: Header = ("Origin", "https://evil.example")
    private static let configured: Header = ("Origin", "https://ops.example")
    private static let environment = ["WS_ALLOWED_ORIGINS": "https://ops.example"]

    private func open(_ live: LiveFixture, _ query: String = "", _ headers: [Header] = []) async throws {
        let socket = try await WebSocketTestClient.connect(port: live.port, path: "/ws\(query)", headers: headers)
        #expect(try await socket.receiveText().contains(#""type":"hello""#))
        socket.drop()
    }

    private func refusal(
        _ live: LiveFixture, _ query: String = "", _ headers: [Header] = []
    ) async throws -> (status: Int, code: String) {
        let refused = try await #require(throws: WebSocketTestClient.Refused.self) {
            try await open(live, query, headers)
        }
        #expect(refused.header("Content-Type") == "application/problem+json")
        return (refused.status, try JSONValue.parse(refused.body)["code"]?.string ?? "")
    }

    private func ticket(_ live: LiveFixture) async throws -> String {
        let answer = try await HTTPExchange.send(port: live.port, "POST", "/ws/ticket", headers: [Self.basic])
        guard answer.status == 201, let ticket = answer.json["ticket"]?.string else { throw answer }
        return ticket
    }

    @Test func `a Basic header needs no Origin, everything else does`() async throws {
        try await LiveFixture.run(environment: Self.environment) { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            try await open(live, "", [Self.basic])
            for origin in [own, Self.configured] {
                try await open(live, "", [Self.basic, origin])
                try await open(live, "?auth=\(LiveFixture.pair)", [origin])
                try await open(live, "?ticket=\(ticket(live))", [origin])
            }
            #expect(try await refusal(live, "?auth=\(LiveFixture.pair)") == (403, "origin_required"))
            #expect(try await refusal(live, "?ticket=\(ticket(live))") == (403, "origin_required"))
        }
    }

    @Test func `who shows nothing, something wrong, or comes from elsewhere is refused`() async throws {
        try await LiveFixture.run(environment: Self.environment) { live in
            let wrong = ("Authorization", "Basic YWRtaW46d3Jvbmc=")
            #expect(try await refusal(live) == (401, "unauthenticated"))
            #expect(try await refusal(live, "", [Self.configured]) == (401, "unauthenticated"))
            #expect(try await refusal(live, "", [wrong]) == (401, "unauthenticated"))
            #expect(try await refusal(live, "?auth=YWRtaW46d3Jvbmc=", [Self.configured]) == (401, "unauthenticated"))
            #expect(try await refusal(live, "?auth=%00", [Self.configured]) == (401, "unauthenticated"))
            #expect(try await refusal(live, "?ticket=guess", [Self.configured]) == (401, "ticket_refused"))
            #expect(try await refusal(live, "", [Self.basic, Self.foreign]) == (403, "origin_not_allowed"))
            let pair = "?auth=\(LiveFixture.pair)"
            #expect(try await refusal(live, pair, [Self.foreign]) == (403, "origin_not_allowed"))
            #expect(try await refusal(live, pair, [("Origin", "null")]) == (403, "origin_not_allowed"))
            #expect(try await refusal(live, "", [("X-INTERNAL-KEY", LiveFixture.key)]) == (403, "forbidden"))
            // A wrong header is not made good by something else.
            #expect(try await refusal(live, pair, [wrong, Self.configured]) == (401, "unauthenticated"))
        }
    }

    @Test func `guessing is slowed down, however the guesses come`() async throws {
        try await LiveFixture.run { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            for number in 0..<10 {
                #expect(try await refusal(live, "?auth=guess\(number)", [own]).status == 401)
                #expect(try await refusal(live, "?ticket=guess\(number)", [own]).status == 401)
            }
            #expect(try await refusal(live, "?auth=\(LiveFixture.pair)", [own]) == (429, "rate_limited"))
            #expect(try await refusal(live, "", [Self.basic]) == (429, "rate_limited"))
            #expect(try await refusal(live, "?ticket=right", [own]) == (429, "rate_limited"))
        }
    }

    @Test func `a foreign page cannot have a person locked out`() async throws {
        try await LiveFixture.run { live in
            for number in 0..<20 {
                #expect(try await refusal(live, "?auth=guess\(number)", [Self.foreign]).status == 403)
            }
            try await open(live, "", [Self.basic])
        }
    }

    @Test func `a ticket opens one connection`() async throws {
        try await LiveFixture.run { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            let (first, second) = (try await ticket(live), try await ticket(live))
            #expect(first != second)
            #expect(first.utf8.count == 64)
            try await open(live, "?ticket=\(first)", [own])
            #expect(try await refusal(live, "?ticket=\(first)", [own]) == (401, "ticket_refused"))
            // One that a foreign page got hold of is of no use to it, and was not used up by its try.
            #expect(try await refusal(live, "?ticket=\(second)", [Self.foreign]).status == 403)
            try await open(live, "?ticket=\(second)", [own])
            #expect(live.figure("live_tickets") == 0)
        }
    }

    @Test func `a ticket works for half a minute, and only so many wait to be used`() async throws {
        let offset = Mutex(Duration.zero)
        let start = ContinuousClock.now
        try await LiveFixture.run(
            limits: { $0.tickets = 3 }, now: { start + offset.withLock { $0 } }
        ) { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            let (old, older) = (try await ticket(live), try await ticket(live))
            offset.withLock { $0 = .seconds(29) }
            try await open(live, "?ticket=\(old)", [own])
            offset.withLock { $0 = .seconds(30) }
            #expect(try await refusal(live, "?ticket=\(older)", [own]) == (401, "ticket_refused"))
            for _ in 0..<3 { _ = try await ticket(live) }
            let refused = try await #require(throws: HTTPExchange.Answer.self) { try await ticket(live) }
            #expect(refused.status == 429)
            #expect(refused.json["code"] == "too_many_tickets")
            offset.withLock { $0 = .seconds(60) }
            _ = try await ticket(live)
            #expect(live.figure("live_tickets") == 1)
        }
    }

    @Test func `only people get tickets`() async throws {
        try await LiveFixture.run { live in
            let none = try await HTTPExchange.send(port: live.port, "POST", "/ws/ticket")
            #expect(none.status == 401)
            let service = try await HTTPExchange.send(
                port: live.port, "POST", "/ws/ticket", headers: [("X-INTERNAL-KEY", LiveFixture.key)])
            #expect(service.status == 403)
        }
    }

    @Test func `nothing that lets somebody in is ever logged`() async throws {
        try await LiveFixture.run { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            let ticket = try await ticket(live)
            try await open(live, "?auth=\(LiveFixture.pair)", [own])
            try await open(live, "?ticket=\(ticket)", [own])
            _ = try await refusal(live, "?auth=c2VjcmV0Z3Vlc3M=", [own])
            _ = try await refusal(live, "?ticket=secretguess", [own])
            _ = try await HTTPExchange.send(port: live.port, "GET", "/ws?auth=\(LiveFixture.pair)", headers: [own])
            let all = live.sink.lines.joined(separator: "\n")
            #expect(live.sink.lines.count >= 5)
            for secret in [LiveFixture.pair, ticket, "c2VjcmV0Z3Vlc3M", "secretguess", "?auth", "?ticket"] {
                #expect(!all.contains(secret))
            }
        }
    }
}
