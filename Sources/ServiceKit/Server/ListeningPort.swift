// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The port that a daemon listens on, which is only known once it does, when the system chooses it.
package final class ListeningPort: Sendable {
    private let port = Mutex<Int?>(nil)

    init() {}

    /// Nil until the daemon listens.
    package var value: Int? { port.withLock { $0 } }

    func set(_ port: Int) { self.port.withLock { $0 = port } }

    /// Waits until the daemon listens; throws when the task is cancelled before.
    package func wait() async throws -> Int {
        // It is waited for once, at start, for milliseconds: asking again is simpler than being told.
        while true {
            if let value { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
