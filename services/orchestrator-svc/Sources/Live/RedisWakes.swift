// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Logging
import Orchestration
import Redis
import ServiceLifecycle

/// Wakes by `PUBLISH` and `SUBSCRIBE` of a Redis server.
struct RedisWakes: WakeChannel {
    private let client: RedisClient
    private let subscriber: RedisSubscriber
    private let health: RedisHealth
    private let channel: String

    init(_ configuration: RedisConfiguration, internalKey: Secret<String>, logger: Logger) {
        health = RedisHealth(logger: logger)
        channel = Self.channel(internalKey: internalKey)
        client = RedisClient(configuration, health: health)
        subscriber = RedisSubscriber(configuration, channel: channel, health: health)
    }

    /// Channels belong to a server and not to one of its databases, so the name must tell installations apart that share
    /// one. It follows from what the daemons of an installation have in common, and gives nothing of it away.
    static func channel(internalKey: Secret<String>) -> String {
        let key = SymmetricKey(data: Array(internalKey.reveal().utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("wakes".utf8), using: key)
        return "tutti_wake:" + Hex.text(Array(code.prefix(16)))
    }

    /// To be run for as long as wakes are wanted.
    var services: [any Service] { [client, subscriber] }

    func send(_ wakes: [EventWake]) async throws {
        try await client.publish(wakes.map(\.payload), to: channel)
    }

    func receive(_ handle: (WakeSignal) async -> Void) async {
        for await event in subscriber.events {
            switch event {
            case .message(let payload): if let wake = EventWake(payload: payload) { await handle(.wake(wake)) }
            case .listening, .missed: await handle(.gap)
            }
        }
    }

    /// Throws while wakes do not travel.
    func checkHealth() throws {
        do {
            try health.check()
        } catch {
            throw Problem(
                .unavailable, "Out of reach; what other orchestrators do is seen up to a second later.", cause: error)
        }
    }

    func addMetrics(to metrics: Metrics) {
        let health = health
        metrics.gauge("redis_up", "Whether the connections to Redis can be used.") { health.isUp ? 1 : 0 }
        metrics.counter("redis_outages_total", "How often Redis was lost.") { health.outages }
    }
}
