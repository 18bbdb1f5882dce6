// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Received messages on their way from the event loop to the one task that reads them.
final class WebSocketInbox: Sendable {
    private struct State {
        var messages: [WebSocketMessage] = []
        var head = 0
        var isFinished = false
        var isPaused = false
        var reader: CheckedContinuation<WebSocketMessage?, Never>?

        var count: Int { messages.count - head }

        mutating func pop() -> WebSocketMessage? {
            guard count > 0 else { return nil }
            defer {
                head += 1
                if head == messages.count {
                    messages.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            return messages[head]
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = max(1, limit) }

    /// Hands a message over; false asks for no further ones until `next` says that there is room.
    func push(_ message: WebSocketMessage) -> Bool {
        let (reader, hasRoom) = state.withLock { state -> (CheckedContinuation<WebSocketMessage?, Never>?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, true)
            }
            guard !state.isFinished else { return (nil, true) }
            state.messages.append(message)
            state.isPaused = state.count >= limit
            return (nil, !state.isPaused)
        }
        reader?.resume(returning: message)
        return hasRoom
    }

    /// Nothing more will come; what waits can still be read.
    func finish() {
        let reader = state.withLock { state -> CheckedContinuation<WebSocketMessage?, Never>? in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    /// The next message; nil at the end or when the task is cancelled. `madeRoom` is called when pushing may go on.
    func next(madeRoom: () -> Void) async -> WebSocketMessage? {
        let (ready, resumes) = state.withLock { state -> (WebSocketMessage?, Bool) in
            let message = state.pop()
            let resumes = state.isPaused && state.count <= limit / 2
            if resumes { state.isPaused = false }
            return (message, resumes)
        }
        if resumes { madeRoom() }
        if let ready { return ready }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDecided, message) = state.withLock { state -> (Bool, WebSocketMessage?) in
                    if let message = state.pop() { return (true, message) }
                    guard !state.isFinished, !Task.isCancelled else { return (true, nil) }
                    precondition(state.reader == nil, "A connection's messages have one reader.")
                    state.reader = continuation
                    return (false, nil)
                }
                if isDecided { continuation.resume(returning: message) }
            }
        } onCancel: {
            let reader = state.withLock { state -> CheckedContinuation<WebSocketMessage?, Never>? in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
    }
}
