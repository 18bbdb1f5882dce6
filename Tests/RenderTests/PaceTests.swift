// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Render
import Synchronization
import TestKit
import Testing

private let ok = HTTPAnswer.json(200, service("api"))

private func headers(_ limit: Int, _ remaining: Int, _ reset: String) throws -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in [
        ("Ratelimit-Limit", "\(limit)"), ("Ratelimit-Remaining", "\(remaining)"), ("Ratelimit-Reset", reset),
    ] {
        fields[try #require(HTTPField.Name(name))] = value
    }
    return fields
}

struct PaceBucketTests {
    @Test func `no minute sees more calls than the limit, wherever it begins`() {
        var bucket = PaceBucket(limit: 5)
        var random = SeededGenerator(seed: 11)
        var now = Duration.zero
        var taken: [Duration] = []
        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...6000, using: &random))
            if let delay = bucket.delay(at: now) {
                #expect(delay > .zero)
                if Bool.random(using: &random) { now += delay }
            }
            guard bucket.delay(at: now) == nil else { continue }
            bucket.take(at: now)
            taken.append(now)
        }
        for (index, time) in taken.enumerated().dropFirst(5) { #expect(time - taken[index - 5] >= .seconds(60)) }
        #expect(taken.count > 300)
    }

    @Test func `a token is there exactly when its minute is over`() {
        var bucket = PaceBucket(limit: 2)
        bucket.take(at: .seconds(1))
        bucket.take(at: .seconds(10))
        #expect(bucket.used(at: .seconds(10)) == 2)
        #expect(bucket.delay(at: .seconds(20)) == .seconds(41))
        #expect(bucket.delay(at: .seconds(61)) == nil)
        #expect(bucket.used(at: .seconds(61)) == 1)
    }

    @Test func `how long several take is told as they would really be taken`() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<300 {
            var bucket = PaceBucket(limit: Int.random(in: 1...6, using: &random))
            var now = Duration.zero
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                now += .seconds(Int.random(in: 0...30, using: &random))
                now += bucket.delay(at: now) ?? .zero
                bucket.take(at: now)
            }
            now += .seconds(Int.random(in: 0...70, using: &random))
            let count = Int.random(in: 1...15, using: &random)
            let told = bucket.delay(of: count, at: now)
            let start = now
            for _ in 0..<count {
                now += bucket.delay(at: now) ?? .zero
                bucket.take(at: now)
            }
            #expect(told == (now > start ? now - start : nil))
        }
    }

    @Test func `several do not fit into what others have left`() {
        var bucket = PaceBucket(limit: 100)
        bucket.take(at: .zero)
        bucket.end(AnnouncedLimits(limit: 100, remaining: 3, reset: .seconds(20)), isLowered: false, at: .zero)
        #expect(bucket.delay(of: 3, at: .zero) == nil)
        #expect(bucket.delay(of: 4, at: .zero) == .seconds(20))
    }

    @Test func `the limit that the API tells replaces ours, and what others use up counts`() {
        var bucket = PaceBucket(limit: 2)
        bucket.take(at: .zero)
        bucket.end(AnnouncedLimits(limit: 100, remaining: 1, reset: .seconds(30)), isLowered: false, at: .seconds(1))
        #expect(bucket.limit == 100)
        bucket.take(at: .seconds(2))
        #expect(bucket.delay(at: .seconds(2)) == .seconds(29))
        #expect(bucket.delay(at: .seconds(31)) == nil)
    }

    @Test func `calls underway may not have been counted yet`() {
        var bucket = PaceBucket(limit: 100)
        for _ in 0..<4 { bucket.take(at: .zero) }
        bucket.end(AnnouncedLimits(limit: 100, remaining: 3, reset: .seconds(60)), isLowered: false, at: .zero)
        #expect(bucket.delay(at: .zero) == .seconds(60))
    }

    @Test func `a pause that was asked for closes the bucket, and a shorter one does not open it`() {
        var bucket = PaceBucket(limit: 100)
        bucket.end(AnnouncedLimits(pause: .seconds(20)), isLowered: false, at: .zero)
        bucket.end(AnnouncedLimits(pause: .seconds(1)), isLowered: false, at: .zero)
        #expect(bucket.delay(at: .seconds(5)) == .seconds(15))
        #expect(!bucket.isIdle(at: .seconds(5)))
        #expect(bucket.isIdle(at: .seconds(20)))
    }

    @Test func `limits are read from headers, and nonsense is not`() throws {
        let now = testWall
        let epoch = now.microseconds / 1_000_000
        func read(_ limit: Int, _ remaining: Int, _ reset: String, status: Int = 200) throws -> AnnouncedLimits {
            AnnouncedLimits(HTTPAnswer(status: status, headers: try headers(limit, remaining, reset)), now: now)
        }
        #expect(try read(500, 499, "\(epoch + 42)") == AnnouncedLimits(limit: 500, remaining: 499, reset: .seconds(42)))
        #expect(try read(500, 3, "42").reset == .seconds(42))
        #expect(try read(500, 3, "42;w=60").reset == .seconds(42))
        #expect(try read(500, 3, "\(epoch - 5)").reset == nil)
        #expect(try read(500, 3, "99999999999999999999").reset == nil)
        #expect(try read(0, 3, "42").limit == nil)
        // Of an hour, so not ours of a minute.
        #expect(try read(20, 3, "1800").limit == nil)
        #expect(AnnouncedLimits(HTTPAnswer(status: 200, headers: [.retryAfter: "9"]), now: now).pause == nil)
        #expect(AnnouncedLimits(HTTPAnswer(status: 429, headers: [.retryAfter: "9"]), now: now).pause == .seconds(9))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PaceTests {
    @Test func `reads, writes, logs and the deploys of each service have limits of their own`() async throws {
        let clock = TestClock(jumping: true)
        let transport = ScriptedTransport { _, call in
            call.path.hasSuffix("/deploys")
                ? .text(202, "")
                : call.path == "/logs"
                    ? .json(200, ["hasMore": false, "logs": []]) : ok
        }
        let client = makeClient(transport, clock: clock, paces: .init(reads: 3, writes: 2, logs: 1, deploys: 1))
        func deploy(_ id: String) async throws {
            _ = try await client.createDeploy(service: id, clearCache: false, mode: .buildAndDeploy)
        }
        for _ in 0..<3 { _ = try await client.service("srv-1") }
        for _ in 0..<2 { _ = try await client.updateService("srv-1", [:]) }
        _ = try await client.logs(ownerID: "tea-1", resource: "srv-1", type: "app", from: "a", to: "b", limit: 5)
        try await deploy("srv-1")
        try await deploy("srv-2")
        #expect(clock.sleeps.isEmpty)
        #expect(
            client.rates.map { "\($0.name) \($0.used)/\($0.limit)" } == [
                "reads 3/3", "writes 2/2", "logs 1/1", "deploys 1/1",
            ])
        try await deploy("srv-1")
        #expect(clock.sleeps == [.seconds(60)])
    }

    @Test func `copies of a client share its paces`() async throws {
        let clock = TestClock(jumping: true)
        let client = makeClient(ScriptedTransport(ok), clock: clock, paces: .init(reads: 2))
        let copy = client
        _ = try await client.service("a")
        _ = try await copy.service("b")
        #expect(clock.sleeps.isEmpty)
        _ = try await copy.service("c")
        #expect(clock.sleeps == [.seconds(60)])
    }

    @Test func `those who wait are served in the order in which they came`() async throws {
        let clock = TestClock(jumping: false)
        let transport = ScriptedTransport(ok)
        let client = makeClient(transport, clock: clock, paces: .init(reads: 1))
        _ = try await client.service("first")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask { _ = try await client.service("n\(number)") }
                try await eventually { client.rates[0].waiting == number + 1 }
            }
            for served in 1...4 {
                try await eventually { clock.sleeping == 1 }
                clock.advance(by: .seconds(60))
                try await eventually { transport.calls.count == served + 1 }
            }
            try await group.waitForAll()
        }
        #expect(transport.calls.map(\.path) == ["/services/first"] + (0..<4).map { "/services/n\($0)" })
        #expect(client.rates[0].waiting == 0)
    }

    @Test(arguments: [0, 1, 2])
    func `one who is called off leaves the queue, and the others go on`(leaver: Int) async throws {
        let clock = TestClock(jumping: false)
        let transport = ScriptedTransport(ok)
        let client = makeClient(transport, clock: clock, paces: .init(reads: 1))
        _ = try await client.service("first")
        try await withThrowingTaskGroup(of: Void.self) { others in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3 {
                    let wait: @Sendable () async throws -> Void = { _ = try await client.service("n\(number)") }
                    if number == leaver {
                        group.addTask { await #expect(throws: CancellationError.self) { try await wait() } }
                    } else {
                        others.addTask { try await wait() }
                    }
                    try await eventually { client.rates[0].waiting == number + 1 }
                }
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(client.rates[0].waiting == 2)
            for served in 1...2 {
                try await eventually { clock.sleeping == 1 }
                clock.advance(by: .seconds(60))
                try await eventually { transport.calls.count == served + 1 }
            }
            try await others.waitForAll()
        }
        let names = (0..<3).filter { $0 != leaver }.map { "/services/n\($0)" }
        #expect(transport.calls.map(\.path) == ["/services/first"] + names)
    }

    @Test func `what would not be let through in time is foreseen, those who wait included`() async throws {
        let clock = TestClock(jumping: false)
        let transport = ScriptedTransport { _, call in call.path.hasSuffix("/deploys") ? .text(202, "") : ok }
        let client = makeClient(
            transport, clock: clock, paces: .init(writes: 3, deploys: 1), limits: .init(patience: .seconds(8)))
        // What nobody has asked for yet has its whole limit.
        try client.foresee(writes: 3, deployOf: "srv-1")
        _ = try await client.updateService("srv-1", [:])
        try client.foresee(writes: 2)
        #expect(throws: RenderError.rateLimited(retryAfter: .seconds(60))) { try client.foresee(writes: 3) }
        // It cannot be done in a minute, whatever was done before.
        try client.foresee(writes: 4)
        _ = try await client.createDeploy(service: "srv-1", clearCache: false, mode: .buildAndDeploy)
        #expect(throws: RenderError.rateLimited(retryAfter: .seconds(60))) {
            try client.foresee(writes: 1, deployOf: "srv-1")
        }
        try client.foresee(writes: 1, deployOf: "srv-2")
        clock.advance(by: .seconds(53))
        try client.foresee(writes: 3, deployOf: "srv-1")
        for _ in 0..<2 { _ = try await client.updateService("srv-1", [:]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await client.updateService("srv-1", [:]) }
            try await eventually { client.rates[1].waiting == 1 }
            // The one that comes back in seven seconds is for whoever waits.
            #expect(throws: RenderError.rateLimited(retryAfter: .seconds(60))) { try client.foresee(writes: 1) }
            try await eventually { clock.sleeping == 1 }
            clock.advance(by: .seconds(7))
            try await group.waitForAll()
        }
    }

    @Test func `one who could not be served in time is turned away at once`() async throws {
        let clock = TestClock(jumping: false)
        let client = makeClient(
            ScriptedTransport(ok), clock: clock, paces: .init(reads: 1), limits: .init(patience: .seconds(90)))
        _ = try await client.service("first")
        await withTaskGroup(of: RenderError?.self) { group in
            // Two fit into the time: the second may still wait for half a minute when it is first, and no longer.
            for number in 0..<2 {
                group.addTask { await failure { try await client.service("n\(number)") } }
                try? await eventually { client.rates[0].waiting == number + 1 }
            }
            #expect(await failure { try await client.service("late") } == .rateLimited(retryAfter: .seconds(120)))
            clock.advance(by: .seconds(60))
            var outcomes: [RenderError?] = []
            for await outcome in group { outcomes.append(outcome) }
            #expect(outcomes.contains(nil))
            #expect(outcomes.contains(.rateLimited(retryAfter: .seconds(60))))
        }
        #expect(client.rates[0].waiting == 0)
    }

    @Test func `a 429 closes the bucket for everybody, and for that kind of call only`() async throws {
        let clock = TestClock(jumping: false)
        let transport = ScriptedTransport { number, call in
            number == 0 ? .text(429, "", [.retryAfter: "30"]) : ok
        }
        let client = makeClient(transport, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await client.service("refused") }
            try await eventually { clock.sleeping == 1 }
            group.addTask { _ = try await client.service("other") }
            try await eventually { client.rates[0].waiting == 2 }
            _ = try await client.updateService("writes", [:])
            #expect(transport.calls.map(\.path) == ["/services/refused", "/services/writes"])
            clock.advance(by: .seconds(30))
            try await group.waitForAll()
        }
        #expect(transport.calls.count == 4)
    }

    @Test func `who waits for less is told at once, by the same pace`() async throws {
        let clock = TestClock(jumping: true)
        let client = makeClient(ScriptedTransport(ok), clock: clock, paces: RenderPaces.Limits(reads: 1))
        _ = try await client.service("a")
        let told = await failure { try await client.waiting(.seconds(8)).service("b") }
        #expect(told == .rateLimited(retryAfter: .seconds(60)))
        #expect(clock.sleeps == [])
        _ = try await client.service("b")
        #expect(clock.sleeps == [.seconds(60)])
    }

    @Test func `what the API says is left is kept to`() async throws {
        let clock = TestClock(jumping: true)
        let transport = ScriptedTransport { number, _ in
            let reset = testWall.microseconds / 1_000_000 + 25
            return HTTPAnswer(
                status: 200, headers: try headers(400, number == 0 ? 2 : 399, "\(reset)"), body: service("a").bytes)
        }
        let client = makeClient(transport, clock: clock)
        _ = try await client.service("a")
        #expect(client.rates[0].limit == 400)
        let quiet = ScriptedTransport(ok)
        let other = RenderClient(transport: quiet, token: testToken, paces: client.paces)
        for _ in 0..<3 { _ = try await other.service("b") }
        #expect(clock.sleeps == [.seconds(25)])
    }

    @Test func `many callers at once stay within the limit and all come through`() async throws {
        let clock = TestClock(jumping: true)
        let times = Mutex<[Duration]>([])
        let transport = ScriptedTransport { _, _ in
            times.withLock { $0.append(clock.now.offset) }
            return ok
        }
        let client = makeClient(
            transport, clock: clock, paces: .init(reads: 20), limits: .init(patience: .seconds(3600)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 { group.addTask { _ = try await client.service("n\(number)") } }
            try await group.waitForAll()
        }
        let sent = times.withLock { $0.sorted() }
        #expect(sent.count == 200)
        #expect(clock.now.offset >= .seconds(540))
        #expect(client.rates[0].waiting == 0)
    }

    @Test func `services that are idle are forgotten`() async throws {
        let clock = TestClock(jumping: true)
        let client = makeClient(ScriptedTransport(.text(202, "")), clock: clock)
        for number in 0..<500 {
            _ = try await client.createDeploy(service: "srv-\(number)", clearCache: false, mode: .buildAndDeploy)
            clock.advance(by: .seconds(2))
        }
        #expect(client.paces.laneCount < 120)
    }
}
