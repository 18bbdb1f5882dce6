// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Holds senders back while a socket takes no more; closed for good, it turns them away.
final class WriteGate: Sendable {
    private enum Position { case open, shut, closed }

    private struct State {
        var position = Position.open
        var nextTicket = 0
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Returns when the gate is open; throws `WebSocketClosed` once it is closed, and `CancellationError`.
    func pass() async throws {
        while true {
            try Task.checkCancellation()
            let ticket: Int? = try state.withLock { state in
                switch state.position {
                case .open: return nil
                case .closed: throw WebSocketClosed()
                case .shut:
                    state.nextTicket += 1
                    return state.nextTicket
                }
            }
            guard let ticket else { return }
            await wait(ticket)
        }
    }

    func open() { change(to: .open) }
    func shut() { change(to: .shut) }
    func close() { change(to: .closed) }

    private func wait(_ ticket: Int) async {
        _ = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state -> Bool in
                    guard state.position == .shut, !Task.isCancelled else { return true }
                    state.waiting[ticket] = continuation
                    return false
                }
                if goesOn { continuation.resume(returning: true) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: false)
        }
    }

    private func change(to position: Position) {
        let released = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard state.position != .closed else { return [] }
            state.position = position
            guard position != .shut else { return [] }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in released { continuation.resume(returning: true) }
    }
}
