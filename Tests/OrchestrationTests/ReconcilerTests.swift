// SPDX-License-Identifier: Apache-2.0

import Logging
import Orchestration
import Synchronization
import TestKit
import Testing

@Suite struct ReconcilerTests {
    /// A wait that was over by the clock once ended the stream of kicks: passes then ran without any pause.
    @Test func `it waits as long as its pass says, and a kick still wakes it after many waits`() async throws {
        let passes = Mutex(0)
        let reconciler = Reconciler("test", logger: Logger(label: "test")) {
            let count = passes.withLock { passes in
                passes += 1
                return passes
            }
            return count < 5 ? .milliseconds(1) : .seconds(3600)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reconciler.run() }
            try await eventually(within: .seconds(10)) { passes.withLock { $0 } == 5 }
            reconciler.kick()
            try await eventually(within: .seconds(10)) { passes.withLock { $0 } >= 6 }
            #expect(passes.withLock { $0 } == 6, "one kick is one pass")
            group.cancelAll()
        }
    }
}
