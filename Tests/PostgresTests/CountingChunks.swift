// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The same chunk again and again, counting how often it was asked for.
final class CountingChunks: AsyncSequence, Sendable {
    let chunk: [UInt8]
    let count: Int
    private let takenCount = Atomic(0)

    init(chunk: [UInt8], count: Int) {
        self.chunk = chunk
        self.count = count
    }

    var taken: Int { takenCount.load(ordering: .relaxed) }

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: CountingChunks

        mutating func next() async -> [UInt8]? {
            if source.taken == source.count { return nil }
            source.takenCount.add(1, ordering: .relaxed)
            return source.chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self) }
}
