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

    /// Expects to be refused with that status and, if it is said, code.
    private func refuse(
        _ live: LiveFixture, _ query: String = "", _ headers: [Header] = [], with expected: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let refused = try await #require(throws: WebSocketTestClient.Refused.self, sourceLocation: location) {
            try await open(live, query, headers)
        }
        #expect(refused.header("Content-Type") == "application/problem+json", sourceLocation: location)
        let code = try JSONValue.parse(refused.body)["code"]?.string ?? ""
        #expect("\(refused.status) \(code)".hasPrefix(expected), sourceLocation: location)
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
            try await refuse(live, "?auth=\(LiveFixture.pair)", with: "403 origin_required")
            try await refuse(live, "?ticket=\(ticket(live))", with: "403 origin_required")
        }
    }

    @Test func `who shows nothing, something wrong, or comes from elsewhere is refused`() async throws {
        try await LiveFixture.run(environment: Self.environment) { live in
            let wrong = ("Authorization", "Basic YWRtaW46d3Jvbmc=")
            try await refuse(live, with: "401 unauthenticated")
            try await refuse(live, "", [Self.configured], with: "401 unauthenticated")
            try await refuse(live, "", [wrong], with: "401 unauthenticated")
            try await refuse(live, "?auth=YWRtaW46d3Jvbmc=", [Self.configured], with: "401 unauthenticated")
            try await refuse(live, "?auth=%00", [Self.configured], with: "401 unauthenticated")
            try await refuse(live, "?ticket=guess", [Self.configured], with: "401 ticket_refused")
            try await refuse(live, "", [Self.basic, Self.foreign], with: "403 origin_not_allowed")
            let pair = "?auth=\(LiveFixture.pair)"
            try await refuse(live, pair, [Self.foreign], with: "403 origin_not_allowed")
            try await refuse(live, pair, [("Origin", "null")], with: "403 origin_not_allowed")
            try await refuse(live, "", [("X-INTERNAL-KEY", LiveFixture.key)], with: "403 forbidden")
            // A wrong header is not made good by something else.
            try await refuse(live, pair, [wrong, Self.configured], with: "401 unauthenticated")
        }
    }

    @Test func `guessing is slowed down, however the guesses come`() async throws {
        try await LiveFixture.run { live in
            let own = ("Origin", "http://127.0.0.1:\(live.port)")
            for number in 0..<10 {
                try await refuse(live, "?auth=guess\(number)", [own], with: "401")
                try await refuse(live, "?ticket=guess\(number)", [own], with: "401")
            }
            try await refuse(live, "?auth=\(LiveFixture.pair)", [own], with: "429 rate_limited")
            try await refuse(live, "", [Self.basic], with: "429 rate_limited")
            try await refuse(live, "?ticket=right", [own], with: "429 rate_limited")
        }
    }

    @Test func `a foreign page cannot have a person locked out`() async throws {
        try await LiveFixture.run { live in
            for number in 0..<20 {
                try await refuse(live, "?auth=guess\(number)", [Self.foreign], with: "403")
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
            try await refuse(live, "?ticket=\(first)", [own], with: "401 ticket_refused")
            // One that a foreign page got hold of is of no use to it, and was not used up by its try.
            try await refuse(live, "?ticket=\(second)", [Self.foreign], with: "403")
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
            try await refuse(live, "?ticket=\(older)", [own], with: "401 ticket_refused")
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
            try await refuse(live, "?auth=c2VjcmV0Z3Vlc3M=", [own], with: "401")
            try await refuse(live, "?ticket=secretguess", [own], with: "401")
            _ = try await HTTPExchange.send(port: live.port, "GET", "/ws?auth=\(LiveFixture.pair)", headers: [own])
            let all = live.sink.lines.joined(separator: "\n")
            #expect(live.sink.lines.count >= 5)
            for secret in [LiveFixture.pair, ticket, "c2VjcmV0Z3Vlc3M", "secretguess", "?auth", "?ticket"] {
                #expect(!all.contains(secret))
            }
        }
    }
}
