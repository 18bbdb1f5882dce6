// SPDX-License-Identifier: Apache-2.0

import Common
import Orchestration
import Synchronization
import TestKit
import Testing

/// The recent part of a room's stream, without a database: what readers find, whatever the order in which it is filled.
@Suite struct RoomTailTests {
    private static func entry(_ sequence: Int64, size: Int = 0) -> RoomTail.Entry {
        RoomTail.Entry(
            sequence: sequence, bytes: Array("\(sequence)\n".utf8) + [UInt8](repeating: UInt8(ascii: "\n"), count: size)
        )
    }

    /// The sequences in what a tail hands out.
    private static func sequences(_ batch: EventBatch) -> [Int64] {
        batch.bytes.split(separator: UInt8(ascii: "\n")).compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }

    /// Everything after a cursor; nil when storage would have to be asked.
    private static func all(_ tail: RoomTail, after cursor: Int64) -> [Int64]? {
        var cursor = cursor
        var found: [Int64] = []
        while true {
            switch tail.read(after: cursor) {
            case .nothing: return found
            case .older: return nil
            case .batch(let batch):
                found += sequences(batch)
                cursor = batch.last
            }
        }
    }

    private static func tail(entries: Int = 1024, batch: Int = 256, bytes: Int = 64 << 10) -> RoomTail {
        var limits = RoomTail.Limits()
        limits.entries = entries
        limits.batchEntries = batch
        limits.batchBytes = bytes
        return RoomTail(limits: limits)
    }

    @Test func `every cursor is answered with what follows it, in order and without gaps`() {
        let tail = Self.tail(batch: 7)
        tail.settle([], last: 0, oldest: 1)
        for sequence in 1...100 as ClosedRange<Int64> { tail.append(Self.entry(sequence)) }
        for cursor in 0...100 as ClosedRange<Int64> {
            #expect(Self.all(tail, after: cursor) == Array((cursor + 1)..<101))
        }
        #expect(Self.all(tail, after: 500) == [], "a reader ahead of what is known here waits")
    }

    @Test func `the bytes of a batch are bounded, but one event always fits`() {
        let tail = Self.tail(bytes: 100)
        tail.settle([], last: 0, oldest: 1)
        for sequence in 1...9 as ClosedRange<Int64> {
            tail.append(Self.entry(sequence, size: sequence == 5 ? 1000 : 30))
        }
        var sizes: [Int] = []
        var cursor: Int64 = 0
        while case .batch(let batch) = tail.read(after: cursor) {
            sizes.append(batch.bytes.count)
            cursor = batch.last
        }
        #expect(cursor == 9)
        #expect(sizes.allSatisfy { $0 <= 100 || $0 == 1002 })
        #expect(sizes.contains(1002))
    }

    @Test func `readers at one place share one batch`() {
        let tail = Self.tail()
        tail.settle([], last: 0, oldest: 1)
        for sequence in 1...10 as ClosedRange<Int64> { tail.append(Self.entry(sequence)) }
        guard case .batch(let one) = tail.read(after: 3), case .batch(let other) = tail.read(after: 3) else {
            Issue.record("there is something to read")
            return
        }
        #expect(one === other)
    }

    @Test func `what the ring gave up is older, and the rest goes on from there`() {
        let tail = Self.tail(entries: 10)
        tail.settle([], last: 0, oldest: 1)
        for sequence in 1...1000 as ClosedRange<Int64> {
            tail.append(Self.entry(sequence))
            let kept = max(0, sequence - 10)
            #expect(Self.all(tail, after: kept) == Array((kept + 1)...sequence))
            if kept > 0 { #expect(Self.all(tail, after: kept - 1) == nil) }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<Int64>, [0, 3, 8, 11] as [Int64])
    func `storage and the feed join, whatever either has`(first: Int64, last: Int64) {
        // Of eleven events the feed brings those from `first` on; storage has those up to `last`, which is never less
        // than what the feed did not see.
        guard last >= first - 1 else { return }
        let tail = Self.tail()
        let early = (first...max(first, 6)).filter { $0 <= 6 && first <= 6 }
        for sequence in early { tail.append(Self.entry(sequence)) }
        tail.settle((0..<last).map { Self.entry($0 + 1) }, last: last, oldest: 1)
        for sequence in stride(from: max(first, 7), through: 11, by: 1) { tail.append(Self.entry(sequence)) }
        for cursor in 0...11 as ClosedRange<Int64> {
            #expect(Self.all(tail, after: cursor) == Array((cursor + 1)..<12))
        }
        #expect(tail.bounds?.last == 11)
    }

    @Test func `a hole in the feed sends readers before it to storage`() {
        let tail = Self.tail()
        tail.settle([], last: 0, oldest: 1)
        tail.append(Self.entry(1))
        tail.append(Self.entry(4))
        #expect(Self.all(tail, after: 0) == nil)
        #expect(Self.all(tail, after: 2) == nil)
        #expect(Self.all(tail, after: 3) == [4])
    }

    /// What has been committed, as storage would have it.
    private final class Storage: Sendable {
        private let sequences = Mutex<[Int64]>([])

        func add(_ sequence: Int64) { sequences.withLock { $0.append(sequence) } }
        func latest(_ count: Int) -> [Int64] { sequences.withLock { Array($0.suffix(count)) } }
        func after(_ cursor: Int64) -> [Int64] { sequences.withLock { Array($0.dropFirst(Int(cursor)).prefix(50)) } }
    }

    /// Reads from a place on until `end`; answers whether everything came once and in order.
    private static func follow(
        _ tail: RoomTail, _ storage: Storage, after start: Int64, until end: Int64, yields: Bool
    ) async -> Bool {
        let (news, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watch = tail.watch { ring.yield() }
        defer { tail.unwatch(watch) }
        var waiting = news.makeAsyncIterator()
        var cursor = start
        while cursor < end {
            let found: [Int64]
            switch tail.read(after: cursor) {
            case .batch(let batch): found = sequences(batch)
            case .older:
                found = storage.after(cursor)
                if found.isEmpty { return false }
            case .nothing:
                await waiting.next()
                continue
            }
            guard found == Array((cursor + 1)...(cursor + Int64(found.count))) else { return false }
            cursor += Int64(found.count)
            if yields { await Task.yield() }
        }
        return cursor == end
    }

    @Test func `under concurrent publishing many readers get everything once and in order`() async throws {
        let count: Int64 = 20_000
        // Small, so that readers fall behind it again and again.
        let tail = Self.tail(entries: 64, batch: 16)
        let storage = Storage()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for reader in 0..<64 {
                group.addTask {
                    await Self.follow(tail, storage, after: Int64(reader) * 100, until: count, yields: reader % 2 == 0)
                }
            }
            group.addTask {
                for sequence in 1...count {
                    // Committed before it is handed on, as in the daemon.
                    storage.add(sequence)
                    tail.append(Self.entry(sequence))
                    if sequence == 1000 {
                        tail.settle(storage.latest(10).map { Self.entry($0) }, last: sequence, oldest: 1)
                    }
                    if sequence % 100 == 0 { await Task.yield() }
                }
                return true
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
