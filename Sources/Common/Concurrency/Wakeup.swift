// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A bell that one task waits for and anybody may ring; ringing twice before it is heard is ringing once.
package final class Wakeup: Sendable {
    private enum State {
        case quiet, rung
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    package init() {}

    /// Never waits.
    package func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .quiet, .rung:
                state = .rung
                return nil
            case .waiting(let continuation):
                state = .quiet
                return continuation
            }
        }
        waiter?.resume()
    }

    /// Returns when the bell has rung since it was last heard, or the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHeard = state.withLock { state -> Bool in
                    guard case .quiet = state, !Task.isCancelled else {
                        state = .quiet
                        return true
                    }
                    state = .waiting(continuation)
                    return false
                }
                if isHeard { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }

    /// As `wait()`, but for `limit` at most, or now and then a little less.
    package func wait(atMost limit: Duration) async {
        let alarm = AlarmClock.shared.set(at: .now + limit) { self.ring() }
        defer { AlarmClock.shared.dismiss(alarm) }
        await wait()
    }
}
