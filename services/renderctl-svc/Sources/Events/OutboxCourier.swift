// SPDX-License-Identifier: Apache-2.0

import Common
import FoundationEssentials
import HTTPTypes
import Logging
import ServiceLifecycle
import Store
import Synchronization

/// Brings events to the orchestrator, in order, until it has them. Any number of daemons may do so at once: what is told
/// twice is kept once.
final class OutboxCourier: Service {
    private let outbox: RenderOutboxStore
    private let client: ServiceClient?
    private let logger: Logger
    private let bell = Wakeup()
    private struct State {
        var delivered = 0
        var failures = 0
        var figures = RenderOutboxStore.Figures()
        /// When the last event was delivered, or none waited.
        var movedAt: Timestamp?
    }

    private let state = Mutex(State())
    private static let batch = 100
    private static let patience = Duration.seconds(30)
    private static let longestWait = Duration.seconds(5)

    /// - Parameter client: Calls the orchestrator; nil when it is not known where that is, and events wait.
    init(outbox: RenderOutboxStore, client: ServiceClient?, logger: Logger) {
        self.outbox = outbox
        self.client = client
        self.logger = logger
    }

    /// There is something new.
    func ring() { bell.ring() }

    var delivered: Int { state.withLock { $0.delivered } }
    var failures: Int { state.withLock { $0.failures } }
    /// What waited when it was last looked.
    var figures: RenderOutboxStore.Figures { state.withLock { $0.figures } }

    /// Throws, in words for `/ready`, when events do not get to the orchestrator.
    func checkDelivering() throws {
        guard client != nil else { throw Problem(.unavailable, "Events wait: set ORCHESTRATOR_SVC_URL.") }
        let (figures, movedAt) = state.withLock { ($0.figures, $0.movedAt) }
        let now = Timestamp.now()
        guard let oldest = figures.oldest, now - oldest > Self.patience else { return }
        // What happened long ago may have been written a moment ago.
        if let movedAt, now - movedAt <= Self.patience { return }
        throw Problem(.unavailable, "\(figures.waiting) events wait for the orchestrator, the oldest since \(oldest).")
    }

    func run() async throws {
        let bell = bell
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if await self.pass() { continue }
                await bell.wait(atMost: Self.longestWait)
            }
        }
    }

    /// Delivers what is due; whether there may be more.
    private func pass() async -> Bool {
        do {
            var events: [OutboxEvent] = []
            var figures = try await outbox.figures()
            // At rest, which is nearly always, the one question is all.
            if let client, figures.waiting > 0 {
                events = try await outbox.take(limit: Self.batch)
                if !events.isEmpty {
                    try await deliver(events, by: client)
                    state.withLock { state in
                        state.delivered += events.count
                        state.movedAt = .now()
                    }
                    figures = try await outbox.figures()
                }
            }
            state.withLock { state in
                state.figures = figures
                if figures.waiting == 0 { state.movedAt = .now() }
            }
            return events.count == Self.batch
        } catch is CancellationError {
            return false
        } catch {
            state.withLock { $0.failures += 1 }
            logger.warning("Events could not be told to the orchestrator; they wait.", error: error)
            return false
        }
    }

    private func deliver(_ events: [OutboxEvent], by client: ServiceClient) async throws {
        let body: JSONValue = [
            "events": .array(
                events.map { event in
                    [
                        "event_id": .string(event.id.uuidString.lowercased()), "event_type": .string(event.type),
                        "actor": .string(event.principal), "trace_id": .string(event.traceID),
                        "occurred_at": .string(event.occurredAt.description), "body": .object(event.body),
                    ]
                })
        ]
        _ = try await client.send(HTTPCall(.post, "/internal/events", json: body, isIdempotent: true))
        try await outbox.delivered(events.map(\.id))
    }
}
