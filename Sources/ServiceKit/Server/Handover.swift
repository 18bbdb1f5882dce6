// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Passes values from one task to another, one at a time: whoever puts waits until the value has been taken.
final class Handover<Element: Sendable>: Sendable {
    private struct State {
        var value: Element?
        var isFinished = false
        var taker: CheckedContinuation<Element?, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Hands a value over; throws when nobody will take it any more or the task is cancelled.
    func put(_ element: Element) async throws {
        try Task.checkCancellation()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (taker, isDone) = state.withLock { state -> (CheckedContinuation<Element?, Never>?, Bool) in
                    if state.isFinished { return (nil, true) }
                    if let taker = state.taker {
                        state.taker = nil
                        return (taker, true)
                    }
                    // A heartbeat that was not taken yet gives way to something that says more.
                    state.value = element
                    state.putter = continuation
                    return (nil, false)
                }
                taker?.resume(returning: element)
                if isDone { continuation.resume() }
            }
        } onCancel: {
            finish()
        }
        if state.withLock({ $0.isFinished }) { throw CancellationError() }
    }

    /// Hands a value over if somebody waits for one; otherwise there is other news and it is dropped.
    func offer(_ element: Element) {
        let taker = state.withLock { state in
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume(returning: element)
    }

    /// The next value; nil when there will be none.
    func take() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (value, putter, isDone) = state.withLock {
                    state -> (Element?, CheckedContinuation<Void, Never>?, Bool) in
                    if let value = state.value {
                        let putter = state.putter
                        (state.value, state.putter) = (nil, nil)
                        return (value, putter, true)
                    }
                    if state.isFinished { return (nil, nil, true) }
                    state.taker = continuation
                    return (nil, nil, false)
                }
                putter?.resume()
                if isDone { continuation.resume(returning: value) }
            }
        } onCancel: {
            finish()
        }
    }

    /// There will be no more values; one that is being put may still be taken.
    func finish() {
        let (taker, putter) = state.withLock { state in
            state.isFinished = true
            let waiting = (state.taker, state.putter)
            (state.taker, state.putter) = (nil, nil)
            return waiting
        }
        taker?.resume(returning: nil)
        putter?.resume()
    }
}
