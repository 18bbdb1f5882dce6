// SPDX-License-Identifier: Apache-2.0

import API
package import Common
import Domain
import Foundation
package import Logging
package import ServiceKit
import ServiceLifecycle
package import Store
import Synchronization

/// Writes down who called which operation of Render and what became of it, as events for the orchestrator to keep.
///
/// A call only leaves a note in memory: it never waits for the database, and does not fail when that is away. What is noted
/// is written a moment later, reads that repeat themselves once a minute and when the daemon stops.
package final class CallRecorder: Service {
    private struct State {
        var sums: CallSums
        /// What is being written. It keeps its identifiers, so that writing it again after a lost answer changes nothing.
        var batch: [OutboxEvent] = []
        var batchCalls = 0
        var isAway = false
    }

    private let put: @Sendable ([OutboxEvent]) async throws -> Void
    private let redact: @Sendable (String) -> String
    private let logger: Logger
    private let pause: Duration
    private let bell = Wakeup()
    private let state: Mutex<State>
    /// Calls that could not be kept.
    package let lost = Counter()

    /// - Parameters:
    ///   - put: Keeps events until they are delivered.
    ///   - redact: Takes secrets out of a text.
    ///   - period: How long reads that are alike are summed.
    ///   - pause: From an attempt to write that failed to the next one.
    package init(
        period: Duration = .seconds(60), room: Int = 1000, pause: Duration = .seconds(1),
        redact: @escaping @Sendable (String) -> String, logger: Logger,
        put: @escaping @Sendable ([OutboxEvent]) async throws -> Void
    ) {
        self.put = put
        self.redact = redact
        self.logger = logger
        self.pause = pause
        state = Mutex(State(sums: CallSums(period: period, room: room)))
    }

    /// Calls that were noted and not written yet.
    package var unwritten: Int { state.withLock { $0.sums.calls + $0.batchCalls } }

    /// Notes a call of an operation of Render, and passes over every other one. Never waits.
    package func note(_ call: AnsweredCall) {
        guard RenderAPI.ids.contains(call.endpoint.id) else { return }
        let key = CallSum.Key(
            principal: call.caller.principal, operation: call.endpoint.id, target: target(of: call),
            status: call.status, code: call.code)
        note(
            CallSum(key, at: .now(), took: call.duration, traceID: call.caller.traceID),
            isRead: call.endpoint.access.permission == .readDeployments)
    }

    /// Notes calls that are alike.
    package func note(_ call: CallSum, isRead: Bool) {
        if state.withLock({ $0.sums.note(call, isRead: isRead, now: .now) }) { bell.ring() }
    }

    /// The id in the path if it is one of its kind: anything else may be what somebody pasted by mistake.
    private func target(of call: AnsweredCall) -> String? {
        guard let id = call.path.first?.value else { return nil }
        let isID =
            switch call.endpoint.id {
            case RenderAPI.getPlan.route.id: TextPattern.planID.matches(id)
            case RenderAPI.getApply.route.id: ID<RenderApply>(id) != nil
            default: TextPattern.renderID.matches(id)
            }
        return isID ? redact(id) : nil
    }

    package func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            let isWritten = await write()
            await cancelWhenGracefulShutdown { [self] in
                guard isWritten else {
                    _ = try? await Task.sleep(for: pause)
                    return
                }
                guard let end = state.withLock({ $0.sums.periodEnd }) else { return await bell.wait() }
                await bell.wait(atMost: max(.zero, end - .now))
            }
        }
        await writeRest()
    }

    /// Writes what is to be told by now; whether that worked.
    private func write(all: Bool = false) async -> Bool {
        let batch = state.withLock { state in
            if state.batch.isEmpty {
                let sums = state.sums.take(all: all, now: .now)
                state.batch = sums.map(\.event)
                state.batchCalls = sums.reduce(0) { $0 + $1.calls }
            }
            return state.batch
        }
        guard !batch.isEmpty else { return true }
        do {
            try await put(batch)
        } catch {
            let isNews = state.withLock { state in
                defer { state.isAway = true }
                return !state.isAway
            }
            if isNews { logger.warning("Calls could not be recorded; they wait in memory.", error: error) }
            return false
        }
        let lost = state.withLock { state in
            (state.batch, state.batchCalls, state.isAway) = ([], 0, false)
            return state.sums.takeLost()
        }
        if lost > 0 { tell(lost: lost) }
        return true
    }

    /// Nobody calls any more: writes all that there is, with one more try where it does not work.
    private func writeRest() async {
        for _ in 0..<2 {
            while await write(all: true) { if unwritten == 0 { return } }
        }
        tell(lost: unwritten + state.withLock { $0.sums.takeLost() })
    }

    private func tell(lost count: Int) {
        lost.add(count)
        logger.error(
            "Calls were not recorded, because the database could not be used. Their lines are in the log.",
            metadata: ["calls": "\(count)"])
    }
}

extension CallSum {
    /// The event that tells of these calls.
    fileprivate var event: OutboxEvent {
        var body: JSONObject = ["operation": .string(key.operation)]
        if let target = key.target { body["target"] = .string(target) }
        body["status"] = .number(JSONNumber(key.status))
        body["outcome"] = key.status < 400 ? "succeeded" : key.status < 500 ? "refused" : "failed"
        if let code = key.code { body["code"] = .string(code) }
        body["calls"] = .number(JSONNumber(calls))
        if calls > 1 { body["first_at"] = .string(firstAt.description) }
        let (seconds, attoseconds) = longest.components
        body["duration_us"] = .number(JSONNumber(Int(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)))
        return OutboxEvent(
            id: .timeOrdered(), type: RenderEvent.called.rawValue, principal: key.principal.text, traceID: traceID,
            body: body, occurredAt: lastAt)
    }
}
