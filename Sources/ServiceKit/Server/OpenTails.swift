// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The streams that go on without the task of their connection. A daemon that stops ends them and waits for that.
final class OpenTails: Sendable {
    private struct State {
        var writers: [ObjectIdentifier: NIOLoopBound<TailWriter>] = [:]
        var isEnding = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Keeps a writer until it leaves; false when streams are ended instead. On the writer's loop.
    func enter(_ writer: TailWriter, on eventLoop: any EventLoop) -> Bool {
        let bound = NIOLoopBound(writer, eventLoop: eventLoop)
        return state.withLock { state in
            if !state.isEnding { state.writers[ObjectIdentifier(writer)] = bound }
            return !state.isEnding
        }
    }

    /// The writer's connection is closed.
    func leave(_ writer: TailWriter) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.writers[ObjectIdentifier(writer)] = nil
            guard state.writers.isEmpty else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Ends those that are open, and from now on those that would begin.
    func end() {
        let writers = state.withLock { state in
            state.isEnding = true
            return Array(state.writers.values)
        }
        for writer in writers { writer.eventLoop.execute { writer.value.end() } }
    }

    /// Returns when `end` has been called and all are closed, which takes seconds at most. For one caller.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.writers.isEmpty { return true }
                state.waiting = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
