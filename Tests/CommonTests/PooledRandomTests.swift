// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct PooledRandomTests {
    @Test func `no word is given out twice, however many ask`() async {
        let words = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<5000).map { _ in PooledRandom().next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(words).count == words.count)
    }

    @Test func `every bit is set about half of the time`() {
        let words = (0..<4096).map { _ in PooledRandom().next() }
        for bit in 0..<64 {
            let share = Double(words.count { $0 >> UInt64(bit) & 1 == 1 }) / Double(words.count)
            #expect(abs(share - 0.5) < 0.05, "bit \(bit) is set in \(share)")
        }
    }
}
