// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts of a server's WebSockets.
final class WebSocketTally: Sendable {
    private let open = Mutex(0)
    private let messagesIn = Atomic<Int>(0)
    private let messagesOut = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)

    /// Takes one of `limit` places; false when all are taken.
    func enter(limit: Int) -> Bool {
        open.withLock { open in
            guard open < limit else { return false }
            open += 1
            return true
        }
    }

    func leave() { open.withLock { $0 -= 1 } }
    func count(out number: Int) { messagesOut.wrappingAdd(number, ordering: .relaxed) }
    func countIn() { messagesIn.wrappingAdd(1, ordering: .relaxed) }
    func countRefusal() { refused.wrappingAdd(1, ordering: .relaxed) }

    var counters: WebSocketCounters {
        WebSocketCounters(
            connections: open.withLock { $0 }, messagesIn: messagesIn.load(ordering: .relaxed),
            messagesOut: messagesOut.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed))
    }
}

/// A reading of a server's WebSockets, for metrics.
package struct WebSocketCounters: Sendable, Equatable {
    /// Open now, those being decided on included.
    package let connections: Int
    /// Since the start.
    package let messagesIn: Int
    package let messagesOut: Int
    /// Handshakes that were answered with an error.
    package let refused: Int
}
