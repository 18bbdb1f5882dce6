// SPDX-License-Identifier: Apache-2.0

package import Postgres
import Store

/// Wakes by `NOTIFY` and `LISTEN` of the database that the events are in.
package struct PostgresWakes: WakeChannel {
    /// The channel that its listener must listen to.
    package static let channel = "tutti_wake"

    private let pool: PostgresPool
    private let listener: PostgresListener

    package init(pool: PostgresPool, listener: PostgresListener) {
        self.pool = pool
        self.listener = listener
    }

    package func send(_ wakes: [EventWake]) async throws {
        _ = try await pool.query(WakeStore.notify(Self.channel, wakes.map(\.payload)))
    }

    package func receive(_ handle: (WakeSignal) async -> Void) async {
        for await event in listener.events {
            switch event {
            case .notification(let notification):
                if let wake = EventWake(payload: notification.payload) { await handle(.wake(wake)) }
            case .listening, .missed: await handle(.gap)
            }
        }
    }
}
