// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Synchronization
import TestKit
import Testing

/// What becomes due together goes together, whatever becomes of those who send it.
@Suite struct ReportGatheringTests {
    /// Batches that were sent; each is on its way until it is let through, while the gate is shut.
    private final class Post: Sendable {
        private struct State {
            var batches: [[Int]] = []
            var isOpen = false
            var held: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        var batches: [[Int]] { state.withLock { $0.batches } }

        /// Negative numbers are refused.
        func send(_ items: [Int]) async -> [(any Error)?] {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    state.batches.append(items)
                    if !state.isOpen { state.held.append(continuation) }
                    return state.isOpen
                }
                if goes { continuation.resume() }
            }
            return items.map { $0 < 0 ? Problem(.conflict, "\($0) is refused") : nil }
        }

        func letOneThrough() {
            state.withLock { $0.held.isEmpty ? nil : $0.held.removeFirst() }?.resume()
        }

        func open() {
            let held = state.withLock { state in
                state.isOpen = true
                defer { state.held = [] }
                return state.held
            }
            for continuation in held { continuation.resume() }
        }
    }

    private func gathering(
        _ post: Post, items: Int = 100, weight: Int = 1000
    ) -> ReportGathering<Int> {
        ReportGathering(ReportGathering.Limits(items: items, weight: weight)) { await post.send($0) }
    }

    @Test func `what comes while one is on its way goes together, in the order of coming`() async throws {
        let post = Post()
        let gathering = gathering(post)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in 1...6 {
                group.addTask { try await gathering.submit(item, weight: 1) }
                try await eventually { post.batches.count == 1 && gathering.count == item - 1 }
            }
            post.letOneThrough()
            try await eventually { post.batches == [[1], [2, 3, 4, 5, 6]] }
            post.open()
            try await group.waitForAll()
        }
        // Then nothing is on its way, and the next goes at once.
        try await gathering.submit(7, weight: 1)
        #expect(post.batches.last == [7])
    }

    @Test func `a batch holds no more than its limits, but one item at least`() async throws {
        let post = Post()
        let gathering = gathering(post, items: 3, weight: 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, weight) in [1, 1, 1, 1, 1, 4, 5, 20, 1].enumerated() {
                group.addTask { try await gathering.submit(index, weight: weight) }
                try await eventually { post.batches.count == 1 && gathering.count == index }
            }
            post.open()
            try await group.waitForAll()
        }
        #expect(post.batches == [[0], [1, 2, 3], [4, 5, 6], [7], [8]])
    }

    @Test func `who is refused is told so alone`() async throws {
        let post = Post()
        let gathering = gathering(post)
        let refused = try await withThrowingTaskGroup(of: Int?.self) { group in
            for (index, item) in [1, 2, -3, 4].enumerated() {
                group.addTask {
                    do {
                        try await gathering.submit(item, weight: 1)
                        return nil
                    } catch is Problem {
                        return item
                    }
                }
                try await eventually { post.batches.count == 1 && gathering.count == index }
            }
            post.open()
            return try await group.reduce(into: [Int]()) { if let item = $1 { $0.append(item) } }
        }
        #expect(refused == [-3])
        #expect(post.batches == [[1], [2, -3, 4]])
    }

    @Test func `who is cancelled while gathering is not sent, and the others are`() async throws {
        let post = Post()
        let gathering = gathering(post)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gathering.submit(1, weight: 1) }
            try await eventually { post.batches.count == 1 }
            try await withThrowingTaskGroup(of: Void.self) { doomed in
                // It would be the one to send for those behind it.
                doomed.addTask { try await gathering.submit(2, weight: 1) }
                try await eventually { gathering.count == 1 }
                group.addTask { try await gathering.submit(3, weight: 1) }
                try await eventually { gathering.count == 2 }
                doomed.cancelAll()
                await #expect(throws: CancellationError.self) { try await doomed.waitForAll() }
            }
            post.open()
            try await group.waitForAll()
        }
        #expect(post.batches == [[1], [3]])
    }
}
