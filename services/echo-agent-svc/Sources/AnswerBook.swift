// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import Synchronization

/// Remembers what was answered under which idempotency key, so that an effect happens once however often it is asked
/// for.
///
/// It is bounded and in memory: an agent with real effects keeps its book where its effects are, and commits both at
/// once. Only successes are kept, because a failed try is repeated under the same key and must then be able to succeed.
package final class AnswerBook: Sendable {
    private enum Entry {
        /// The first call is at work; the others wait for it.
        case running(body: ContentDigest, waiting: [AsyncStream<EchoView?>.Continuation])
        case done(body: ContentDigest, EchoView)
    }

    private struct Book {
        var entries: [String: Entry] = [:]
        /// Keys of finished calls, the oldest first.
        var order: [String] = []
    }

    private enum Turn {
        case first
        case wait(AsyncStream<EchoView?>)
        case replay(EchoView)
        case conflict
    }

    private let book = Mutex(Book())
    private let capacity: Int

    /// - Parameter capacity: How many answers are kept; the oldest go first.
    package init(capacity: Int = 1024) { self.capacity = capacity }

    /// Answers kept.
    package var count: Int { book.withLock { $0.order.count } }

    /// What `work` answers, or has answered to an earlier call with the same key, and whether it was the latter.
    ///
    /// Throws `conflict` when the key was used for another body. When the first of concurrent calls fails, the next one
    /// works.
    package func answer(
        key: String, body: ContentDigest, _ work: () async throws -> EchoView
    ) async throws -> (EchoView, isReplayed: Bool) {
        while true {
            switch turn(key, body) {
            case .replay(let answer): return (answer, true)
            case .conflict:
                throw Problem(
                    .conflict, "This idempotency key was used for another body.", code: "idempotency_key_reused",
                    details: ["retryable": false])
            case .wait(let result):
                var answer: EchoView?
                for await first in result { answer = first }
                try Task.checkCancellation()
                if let answer { return (answer, true) }
            case .first:
                do {
                    let answer = try await work()
                    settle(key, body, answer)
                    return (answer, false)
                } catch {
                    settle(key, body, nil)
                    throw error
                }
            }
        }
    }

    private func turn(_ key: String, _ body: ContentDigest) -> Turn {
        book.withLock { book in
            switch book.entries[key] {
            case nil:
                book.entries[key] = .running(body: body, waiting: [])
                return .first
            case .done(let first, let answer): return first == body ? .replay(answer) : .conflict
            case .running(let first, var waiting):
                guard first == body else { return .conflict }
                let (result, continuation) = AsyncStream.makeStream(of: EchoView?.self)
                waiting.append(continuation)
                book.entries[key] = .running(body: first, waiting: waiting)
                return .wait(result)
            }
        }
    }

    private func settle(_ key: String, _ body: ContentDigest, _ answer: EchoView?) {
        let waiting = book.withLock { book -> [AsyncStream<EchoView?>.Continuation] in
            guard case .running(_, let waiting)? = book.entries[key] else { return [] }
            if let answer {
                book.entries[key] = .done(body: body, answer)
                book.order.append(key)
                if book.order.count > capacity {
                    // Half at once: taking the first of an array one by one would move the rest each time.
                    let old = book.order.prefix(capacity / 2)
                    for key in old { book.entries[key] = nil }
                    book.order.removeFirst(old.count)
                }
            } else {
                book.entries[key] = nil
            }
            return waiting
        }
        for continuation in waiting {
            continuation.yield(answer)
            continuation.finish()
        }
    }
}
