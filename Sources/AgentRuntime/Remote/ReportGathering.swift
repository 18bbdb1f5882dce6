// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Sends what becomes due at the same time together: while one batch is on its way, the next one gathers.
///
/// There is no task that sends. Whoever finds nothing on its way goes at once, by itself; it then hands the duty to the
/// first of those who came meanwhile, who sends for all of them.
package final class ReportGathering<Item: Sendable>: Sendable {
    /// What one batch holds at most; a single item may weigh more.
    package struct Limits: Sendable {
        package let items: Int
        package let weight: Int

        package init(items: Int, weight: Int) {
            self.items = items
            self.weight = weight
        }
    }

    /// What became of an item: nil, or why it was refused.
    package typealias Refusal = any Error

    private enum Turn: Sendable {
        /// To be sent, together with those of others, who are told.
        case send([Waiter])
        case told(Refusal?)
        case cancelled
    }

    private struct Waiter: Sendable {
        let number: Int
        let item: Item
        let weight: Int
        let turn: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isSending = false
        var waiters: [Waiter] = []
        var next = 0
    }

    private let limits: Limits
    private let send: @Sendable ([Item]) async -> [Refusal?]
    private let state = Mutex(State())

    /// `send` answers for each item of a batch, in their order.
    package init(_ limits: Limits, send: @escaping @Sendable ([Item]) async -> [Refusal?]) {
        self.limits = limits
        self.send = send
    }

    /// Those that gather for the next batch.
    package var count: Int { state.withLock { $0.waiters.count } }

    /// Returns when `item` was sent and taken; throws why it was not.
    package func submit(_ item: Item, weight: Int) async throws {
        switch await turn(of: item, weight) {
        case .cancelled: throw CancellationError()
        case .told(let refusal): if let refusal { throw refusal }
        case .send(let others):
            let refusals = await send([item] + others.map(\.item))
            // Nobody of the others was cancelled, so they are to try again and not to give up with this one.
            for (other, refusal) in zip(others, refusals.dropFirst()) { other.turn.resume(returning: .told(refusal)) }
            handOver()
            if let refusal = refusals.first ?? nil { throw refusal }
        }
    }

    private func turn(of item: Item, _ weight: Int) async -> Turn {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn: Turn? = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    guard state.isSending else {
                        state.isSending = true
                        return .send([])
                    }
                    state.waiters.append(Waiter(number: number, item: item, weight: weight, turn: continuation))
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.turn.resume(returning: .cancelled)
        }
    }

    /// Gives the duty to the first who waits, with as many of those behind it as one batch holds.
    private func handOver() {
        let batch = state.withLock { state -> [Waiter] in
            guard let first = state.waiters.first else {
                state.isSending = false
                return []
            }
            var weight = first.weight
            var count = 1
            for waiter in state.waiters.dropFirst() {
                weight += waiter.weight
                guard count < limits.items, weight <= limits.weight else { break }
                count += 1
            }
            defer { state.waiters.removeFirst(count) }
            return Array(state.waiters.prefix(count))
        }
        batch.first?.turn.resume(returning: .send(Array(batch.dropFirst())))
    }
}
