// SPDX-License-Identifier: Apache-2.0

import Common
import Logging
import Postgres
import Synchronization
import TestKit
import Testing

/// How orchestrators learn of each other's commits. The pulse would hide wakes that do not come: it finds everything within
/// a second. So these tests look at what found an event, and not only at whether it was found.
@Suite(.daemonLogs) struct WakeTests {
    @Test func `over LISTEN, events of one orchestrator reach the other by a wake`() async throws {
        try await Pair.with { pair in
            try await pair.tutti.register("nobody")
            let live = try await LiveConnection.open(pair.second)
            try await live.subscribe(["tasks"])
            let finds = try await pair.followOneByOne(30, of: "nobody", on: live)
            // Now and then a pulse falls between a commit and its wake.
            #expect(finds.byWake >= 20, "\(finds)")
            #expect(finds.byPulse <= 10, "\(finds)")
            #expect(try await pair.first.person.get("/ready").json["checks"]?.strings("name") == ["postgres"])
            live.client.drop()
        }
    }

    @Test func `over Redis, events of one orchestrator reach the other by a wake, and nothing is notified`()
        async throws
    {
        let redis = try await TestRedisServer.start(["requirepass hush-hush"])
        try await Pair.with(settings: ["REDIS_URL": redis.url(":hush-hush@")]) { pair in
            try await waitUntilRedis(isUp: true, pair)
            try await pair.tutti.register("nobody")
            let live = try await LiveConnection.open(pair.second)
            try await live.subscribe(["tasks"])
            let notified = try await countingNotifications(pair.tutti) {
                let finds = try await pair.followOneByOne(30, of: "nobody", on: live)
                #expect(finds.byWake >= 20, "\(finds)")
                #expect(finds.byPulse <= 10, "\(finds)")
            }
            #expect(notified == 0)
            for daemon in pair.both {
                let answer = try await daemon.anybody.get("/ready")
                #expect(answer.status == 200)
                #expect(Set(answer.json["checks"]?.strings("name") ?? []) == ["postgres", "redis"])
                #expect(!daemon.log.contains("hush-hush"))
            }
            live.client.drop()
        }
    }

    @Test func `without wakes the pulse finds everything, and the figures say so`() async throws {
        let redis = try await TestRedisServer.start()
        try await redis.stop()
        try await Pair.with(settings: ["REDIS_URL": redis.url()]) { pair in
            try await pair.tutti.register("nobody")
            let live = try await LiveConnection.open(pair.second)
            try await live.subscribe(["tasks"])
            let finds = try await pair.followOneByOne(5, of: "nobody", on: live)
            #expect(finds.byWake == 0, "\(finds)")
            #expect(finds.byPulse == 5, "\(finds)")
            #expect(try await pair.tutti.figure("wakes_unsent_total", of: pair.first) >= 5)
            live.client.drop()
        }
    }

    @Test func `a false wake costs a query and no more`() async throws {
        let redis = try await TestRedisServer.start()
        try await Pair.with(settings: ["REDIS_URL": redis.url()]) { pair in
            try await waitUntilRedis(isUp: true, pair)
            try await pair.tutti.register("nobody")
            let live = try await LiveConnection.open(pair.second)
            try await live.subscribe(["tasks"])
            // As loud as it can be said, on every channel that anybody listens to.
            _ = try await redis.command([
                "EVAL",
                """
                for _, channel in ipairs(redis.call('PUBSUB', 'CHANNELS', '*')) do
                  redis.call('PUBLISH', channel, 'ws_dev 9223372036854775807')
                  redis.call('PUBLISH', channel, 'ws_dev -5')
                  redis.call('PUBLISH', channel, 'ws_other 7')
                  redis.call('PUBLISH', channel, 'nonsense')
                end
                """, "0",
            ])
            try await eventually { try await pair.finds().byWake > 0 }
            let finds = try await pair.followOneByOne(10, of: "nobody", on: live)
            #expect(finds.byWake >= 5, "\(finds)")
            live.client.drop()
        }
    }

    @Test func `a Redis that is killed under load costs latency and no event, and wakes return with it`() async throws {
        let redis = try await TestRedisServer.start()
        try await Pair.with([.echo], settings: ["REDIS_URL": redis.url()]) { pair in
            let tutti = pair.tutti
            try await waitUntilRedis(isUp: true, pair)
            var followings: [Following] = []
            for daemon in pair.both {
                let live = try await LiveConnection.open(daemon)
                try await live.subscribe(["tasks"])
                followings.append(Following(live))
            }
            let load = CreationLoad(tutti, limit: 150)
            try await load.run {
                try await eventually { load.createdCount > 40 }
                try await redis.kill()
                let before = load.createdCount
                try await waitUntilRedis(isUp: false, pair)
                try await eventually(within: .seconds(20)) { load.createdCount > before + 40 }
                for daemon in pair.both { try await expectDegraded(daemon) }
            }
            try await load.waitUntilCompleted()
            let end = try await tutti.number("SELECT max(position) AS n FROM evt_events WHERE task_id IS NOT NULL")
            // The last of it happened a moment ago, without a wake.
            for index in followings.indices { try await followings[index].read(upTo: end, within: .seconds(4)) }
            let rows = try await tutti.sql(
                "SELECT position FROM evt_events WHERE task_id IS NOT NULL ORDER BY position")
            let positions = try rows.map { try $0.value("position", as: Int.self) }
            for following in followings { #expect(following.positions == positions) }
            try await load.compareWithLog()
            try await tutti.expectGaplessLog()
            #expect(try await tutti.figure("wakes_unsent_total", of: pair.first) > 0)

            try await redis.start()
            try await waitUntilRedis(isUp: true, pair)
            let finds = try await pair.followOneByOne(20, of: "echo", on: followings[1].live)
            #expect(finds.byWake >= 10, "\(finds)")
            for daemon in pair.both {
                #expect(try await tutti.figure("redis_outages_total", of: daemon) == 1)
                let lines = daemon.log.split(separator: "\n")
                #expect(lines.count { $0.contains("Redis is out of reach.") } == 1)
                #expect(lines.count { $0.contains("Redis is back.") } == 1)
            }
            for following in followings { following.live.client.drop() }
        }
    }

    @Test(arguments: ["rediss://:hush-hush@127.0.0.1", "redis://:hush-hush%@127.0.0.1", "127.0.0.1:6379"])
    func `an address of Redis that cannot be used keeps the daemon from starting`(url: String) async throws {
        try await DaemonStack.with { stack in
            let (ending, output) = try await stack.run(.orchestrator, changes: ["REDIS_URL": url])
            #expect(ending != .exited(0))
            #expect(output.contains("REDIS_URL") || output.contains("the Redis URL cannot be used"), "\(output)")
            #expect(!output.contains("hush-hush"))
        }
    }

    private func waitUntilRedis(isUp: Bool, _ pair: Pair) async throws {
        for daemon in pair.both {
            try await eventually { try await pair.tutti.figure("redis_up", of: daemon) == (isUp ? 1 : 0) }
        }
    }

    /// Ready, and saying what is missing.
    private func expectDegraded(_ daemon: DaemonProcess) async throws {
        try await eventually {
            let answer = try await daemon.anybody.get("/ready")
            let check = try answer.json(for: 200)["checks"]?.array?.first { $0["name"] == "redis" }
            return answer.json["ready"] == true && check?["ready"] == false && check?["required"] == false
        }
    }

    /// How many notifications of any orchestrator arrive during `body`.
    private func countingNotifications(_ tutti: Tutti, _ body: () async throws -> Void) async throws -> Int {
        let listener = PostgresListener(
            PostgresConfiguration(url: tutti.stack.databaseURL), channels: ["tutti_wake"],
            logger: Logger(label: "wakes") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .listening)
            try await body()
            // One that proves that the others would have come.
            try await tutti.sql("SELECT pg_notify('tutti_wake', 'the last one')")
            var count = 0
            while case .notification(let one)? = await events.next(), one.payload != "the last one" { count += 1 }
            group.cancelAll()
            return count
        }
    }
}
