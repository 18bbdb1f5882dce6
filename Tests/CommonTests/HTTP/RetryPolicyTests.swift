// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

struct RetryPolicyTests {
    @Test func `pauses stay below a bound that doubles up to a limit`() {
        let policy = RetryPolicy(tries: 9, firstPause: .milliseconds(100), longestPause: .seconds(1))
        let bounds = [100, 200, 400, 800, 1000, 1000].map { Duration.milliseconds($0) }
        for (index, bound) in bounds.enumerated() {
            let pauses = (0..<200).map { _ in policy.pause(afterTry: index + 1) }
            #expect(pauses.allSatisfy { $0 >= .zero && $0 <= bound })
            // Full jitter: some pauses lie in each half.
            #expect(pauses.contains { $0 < bound / 2 } && pauses.contains { $0 > bound / 2 })
        }
        #expect(policy.pause(afterTry: Int.max) <= .seconds(1))
    }
}
