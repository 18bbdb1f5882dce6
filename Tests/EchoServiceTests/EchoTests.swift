// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Synchronization
import TestKit
import Testing
import echo_agent_svc

@Suite struct AnswerBookTests {
    private let body = ContentDigest(of: [1])

    @Test func `the same key is answered once`() async throws {
        let book = AnswerBook()
        let work = Counter()
        for isReplay in [false, true, true] {
            let (answer, isReplayed) = try await book.answer(key: "k", body: body) {
                work.add()
                return .sample("first \(work.value)")
            }
            #expect(answer.message == "first 1")
            #expect(isReplayed == isReplay)
        }
        await #expect(throws: Problem.self) {
            try await book.answer(key: "k", body: ContentDigest(of: [2])) { .sample("other") }
        }
        #expect(work.value == 1)
    }

    @Test func `concurrent calls with one key join the first`() async throws {
        let book = AnswerBook()
        let work = Counter()
        let gate = AsyncStream.makeStream(of: Void.self)
        let replays = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await book.answer(key: "k", body: ContentDigest(of: [1])) {
                        work.add()
                        for await _ in gate.stream { break }
                        return .sample("one")
                    }.isReplayed
                }
            }
            try await eventually { work.value == 1 }
            gate.continuation.finish()
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(replays == 19)
        #expect(work.value == 1)
    }

    @Test func `a failed try is not remembered`() async throws {
        let book = AnswerBook()
        await #expect(throws: Problem.self) {
            try await book.answer(key: "k", body: body) { throw Problem(.unavailable, "not now") }
        }
        #expect(try await book.answer(key: "k", body: body) { .sample("now") }.0.message == "now")
    }

    @Test func `the book has a bound`() async throws {
        let book = AnswerBook(capacity: 10)
        for key in 0..<100 { _ = try await book.answer(key: "\(key)", body: body) { .sample("a") } }
        #expect(book.count <= 10)
        #expect(try await book.answer(key: "99", body: body) { .sample("b") }.isReplayed)
        #expect(try await !book.answer(key: "0", body: body) { .sample("b") }.isReplayed)
    }
}

@Suite struct RunningCallsTests {
    @Test func `a call is cancelled by its run and epoch, and no other is`() async throws {
        let calls = RunningCalls()
        let ended = Counter()
        await withTaskGroup(of: String.self) { group in
            for epoch in 1...2 {
                group.addTask {
                    do {
                        return try await calls.run("run", epoch) {
                            for await _ in AsyncStream<Void>.makeStream().stream {}
                            ended.add()
                            try Task.checkCancellation()
                            return "done"
                        }
                    } catch { return (error as? Problem)?.code ?? "\(error)" }
                }
            }
            try? await eventually { calls.count == 2 }
            #expect(!calls.cancel("run", 3))
            #expect(!calls.cancel("other", 1))
            try? await eventually { calls.cancel("run", 1) }
            #expect(await group.next() == "cancelled")
            #expect(calls.count == 1)
            group.cancelAll()
        }
        #expect(calls.count == 0)
        #expect(!calls.cancel("run", 2))
    }
}

extension EchoView {
    fileprivate static func sample(_ message: String) -> EchoView {
        let trace = TraceContext.makeRoot()
        let caller = Caller(
            principal: Principal(.service, "test"), audience: .internal, traceID: trace.traceID, requestID: trace.spanID
        )
        let input = try? EchoAPI.echo.decode(
            RawRequest(
                header: { $0 == "content-type" ? "application/json" : nil },
                body: JSONValue.object(["message": .string(message)]).bytes))
        guard let input else { preconditionFailure("the sample is a valid input") }
        return EchoView(input, trace: trace, caller: caller, received: .now(), now: .now())
    }
}
