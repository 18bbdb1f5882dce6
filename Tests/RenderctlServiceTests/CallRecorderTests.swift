// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Store
import Synchronization
import TestKit
import Testing
import renderctl_svc

@Suite struct CallRecorderTests {
    /// Stands for the table of events.
    private final class Outbox: Sendable {
        private let state = Mutex((events: [OutboxEvent](), attempts: 0, isAway: false, losesAnswers: false))

        var events: [OutboxEvent] { state.withLock { $0.events } }
        var attempts: Int { state.withLock { $0.attempts } }
        var calls: Int { events.reduce(0) { $0 + ($1.body["calls"]?.int ?? 0) } }

        func set(isAway: Bool = false, losesAnswers: Bool = false) {
            state.withLock { ($0.isAway, $0.losesAnswers) = (isAway, losesAnswers) }
        }

        func put(_ events: [OutboxEvent]) throws {
            try state.withLock { state in
                state.attempts += 1
                if state.isAway { throw Problem(.unavailable, "The database is away.") }
                let known = Set(state.events.map(\.id))
                state.events += events.filter { !known.contains($0.id) }
                if state.losesAnswers { throw Problem(.unavailable, "The answer is lost.") }
            }
        }
    }

    private func call(_ operation: String, target: String? = nil, status: Int = 200) -> CallSum {
        CallSum(
            CallSum.Key(
                principal: Principal(.user, "ada"), operation: operation, target: target, status: status, code: nil),
            at: .now(), took: .milliseconds(1), traceID: String(repeating: "a", count: 32))
    }

    /// Runs a recorder as a daemon does, and stops it after `body`.
    private func run(
        period: Duration = .seconds(60), room: Int = 1000, _ body: (CallRecorder, Outbox) async throws -> Void
    ) async throws -> (CallRecorder, Outbox) {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let outbox = Outbox()
        let recorder = CallRecorder(
            period: period, room: room, pause: .milliseconds(5), redact: { $0 }, logger: quiet
        ) { try outbox.put($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: recorder)], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(recorder, outbox)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        return (recorder, outbox)
    }

    @Test func `a change is an event at once, and so is the first read; the others follow at the end of the period`()
        async throws
    {
        _ = try await run(period: .milliseconds(500)) { recorder, outbox in
            recorder.note(call("deployRenderService", target: "srv-1", status: 409), isRead: false)
            for _ in 0..<20 { recorder.note(call("getRenderMonitor"), isRead: true) }
            try await eventually { outbox.calls == 2 }
            #expect(outbox.events.first?.body["target"] == "srv-1")
            #expect(outbox.events.first?.body["outcome"] == "refused")
            try await eventually { outbox.calls == 21 }
            #expect(outbox.events.count == 3)
            #expect(recorder.unwritten == 0)
        }
    }

    @Test func `stopping writes what is summed`() async throws {
        let (recorder, outbox) = try await run { recorder, _ in
            for _ in 0..<5 { recorder.note(call("getRenderMonitor"), isRead: true) }
        }
        #expect(outbox.calls == 5)
        #expect(recorder.lost.value == 0)
    }

    @Test func `while the database is away calls wait, and are told once when it is back`() async throws {
        let (recorder, outbox) = try await run(period: .milliseconds(20), room: 10) { recorder, outbox in
            outbox.set(isAway: true)
            for number in 0..<100 {
                recorder.note(call("deployRenderService", target: "srv-\(number)"), isRead: false)
                recorder.note(call("getRenderMonitor"), isRead: true)
            }
            try await eventually { outbox.attempts > 3 }
            #expect(recorder.unwritten == 200)
            outbox.set(losesAnswers: true)
            try await eventually { !outbox.events.isEmpty }
            outbox.set()
            try await eventually { recorder.unwritten == 0 }
        }
        #expect(outbox.calls == 200)
        #expect(outbox.events.count < 50)
        #expect(recorder.lost.value == 0)
    }

    @Test func `what cannot be written at the end is counted as lost`() async throws {
        let (recorder, outbox) = try await run { recorder, outbox in
            outbox.set(isAway: true)
            for _ in 0..<7 { recorder.note(call("getRenderMonitor"), isRead: true) }
        }
        #expect(outbox.events.isEmpty)
        #expect(recorder.lost.value == 7)
    }
}
