// SPDX-License-Identifier: Apache-2.0

import Redis
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct RedisClientTests {
    @Test func `messages arrive in order, and the publisher learns how many got them`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url())) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            try await ends.client.ping()
            let texts = (0..<300).map { "message \($0) ß\0\r\n" } + [""]
            #expect(try await ends.client.publish(texts, to: Ends.channel) == texts.count)
            #expect(try await ends.client.publish(["unheard"], to: "elsewhere") == 0)
            #expect(try await ends.client.publish([], to: Ends.channel) == 0)
            for text in texts { #expect(await events.next() == .message(text)) }
            #expect(ends.health.outages == 0)
            #expect(ends.log.all.isEmpty)
        }
    }

    @Test func `callers at the same time get their own answers`() async throws {
        let server = try await TestRedisServer.start()
        try await Ends.with(try Ends.configuration(server.url())) { ends, _ in
            try await ends.waitUntilUp()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<60 {
                    let channel = number.isMultiple(of: 2) ? Ends.channel : "elsewhere"
                    group.addTask {
                        try await ends.client.publish(["\(number)"], to: channel) == (channel == "elsewhere" ? 0 : 1)
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test(arguments: [":hush%2Dhush@", "default:hush-hush@", "tutti:other-hush@"])
    func `a password opens the door, with a user or without`(credentials: String) async throws {
        let server = try await TestRedisServer.start([
            "requirepass hush-hush",
            "user tutti on >other-hush resetchannels &tutti-* -@all +publish +subscribe +select",
        ])
        try await Ends.with(try Ends.configuration(server.url(credentials) + "/2")) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            try await ends.publish("hello")
            #expect(await events.next() == .message("hello"))
        }
    }

    @Test func `who may not ping keeps an idle connection nevertheless`() async throws {
        let server = try await TestRedisServer.start([
            "user tutti on >hush-hush resetchannels &tutti-* -@all +publish +subscribe"
        ])
        try await Ends.with(try Ends.configuration(server.url("tutti:hush-hush@"))) { ends, events in
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            #expect(await failure { try await ends.client.ping() }?.kind == .server("NOPERM"))
            let forbidden = await failure { try await ends.client.publish(["x"], to: "elsewhere") }
            #expect(forbidden?.kind == .server("NOPERM"))
            let before = try await refusedPings(server)
            try await eventually { try await refusedPings(server) >= before + 6 }
            try await ends.publish("still here")
            #expect(await events.next() == .message("still here"))
            #expect(ends.health.outages == 0)
        }
    }

    /// How many PINGs the server has turned down.
    private func refusedPings(_ server: TestRedisServer) async throws -> Int {
        let report = try await server.command(["INFO", "commandstats"])
        let line = report.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_ping:") } ?? ""
        return line.firstMatch(of: /rejected_calls=(\d+)/).flatMap { Int($0.1) } ?? 0
    }

    @Test(arguments: [
        (":wrong-secret@", "WRONGPASS", ["CONFIG", "SET", "requirepass", "wrong-secret"]),
        ("tutti:wrong-secret@", "WRONGPASS", ["ACL", "SETUSER", "tutti", "on", ">wrong-secret", "&*", "+@all"]),
        ("", "NOAUTH", ["CONFIG", "SET", "requirepass", ""]),
    ])
    func `a wrong password is told once, not repeated to anybody, and tried until it is right`(
        credentials: String, code: String, mend: [String]
    ) async throws {
        let server = try await TestRedisServer.start(["requirepass right-secret"])
        try await Ends.with(try Ends.configuration(server.url(credentials))) { ends, events in
            try await eventually { ends.health.missing == ["client", "subscriber"] }
            let error = try #require(await failure { try await ends.publish("x") })
            #expect(error.kind == .connection)
            #expect(error.message.contains(code), "\(error)")
            let refusal = try #require(throws: RedisError.self) { try ends.health.check() }
            #expect(refusal.kind == .server(code))
            _ = try await server.command(mend, password: "right-secret")
            #expect(await events.next() == .listening)
            try await ends.waitUntilUp()
            #expect(ends.log.count("Redis is out of reach.") == 1, "\(ends.log.all)")
            #expect(ends.log.count("Redis is back.") == 1, "\(ends.log.all)")
            for text in ends.log.all + ["\(error)", "\(refusal)"] {
                #expect(!text.contains("secret"), "\(text)")
            }
        }
    }

    @Test func `what is no Redis server is not taken for one`() async throws {
        let server = try await TestPostgresServer.start()
        try await Ends.with(try Ends.configuration("redis://127.0.0.1:\(server.port)")) { ends, _ in
            try await eventually { ends.health.outages == 1 }
            #expect(await failure { try await ends.publish("x") }?.kind == .connection)
        }
    }
}
