// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Synchronization

/// A command on its way through a lane, with its type forgotten and its caller waiting.
final class QueuedCommand: Sendable {
    let id: UUID
    let workspaceID: ID<Workspace>
    let needs: CommandNeeds
    /// After this the caller is told that it is not known whether the command will still happen.
    let deadline: ContinuousClock.Instant
    /// Decides; gives the answer to be sent after the commit, and what to note for answering again.
    let decide: @Sendable (inout FlushState) -> (answer: @Sendable () -> Void, memo: [UInt8]?)
    /// Answers from the note of an earlier commit.
    let recall: @Sendable ([UInt8]?, FlushState) -> @Sendable () -> Void
    /// Ends the wait with an error.
    let fail: @Sendable (any Error) -> Void
    private let isAnswered: @Sendable () -> Bool

    /// Whether nobody waits any more: answered, given up or cancelled.
    var isAbandoned: Bool { isAnswered() }

    init<C: Command>(_ command: C, deadline: ContinuousClock.Instant, reply: Reply<C.Outcome>) {
        id = .timeOrdered()
        workspaceID = command.workspaceID
        needs = command.needs
        self.deadline = deadline
        decide = { state in
            do throws(Problem) {
                let outcome = try command.decide(&state)
                return ({ reply.resume(.success(outcome)) }, command.memo(of: outcome))
            } catch {
                return ({ reply.resume(.failure(error)) }, nil)
            }
        }
        recall = { memo, state in
            do throws(Problem) {
                let outcome = try command.recall(memo, state)
                return { reply.resume(.success(outcome)) }
            } catch {
                return { reply.resume(.failure(error)) }
            }
        }
        fail = { reply.resume(.failure($0)) }
        isAnswered = { reply.isAnswered }
    }
}

/// The waiting side of a command: answered exactly once, whoever comes first.
final class Reply<Outcome: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Outcome, any Error>)
        /// Nobody waits; the answer is delivered.
        case forwarded(to: @Sendable (Result<Outcome, any Error>) -> Void)
        /// Answered before anybody waited.
        case early(Result<Outcome, any Error>)
        case delivered
    }

    private let state: Mutex<State>

    /// To be waited for.
    init() { state = Mutex(.idle) }

    /// To be delivered to `receiver`, which must not wait.
    init(to receiver: @escaping @Sendable (Result<Outcome, any Error>) -> Void) {
        state = Mutex(.forwarded(to: receiver))
    }

    var isAnswered: Bool {
        state.withLock { state in
            switch state {
            case .idle, .waiting, .forwarded: false
            case .early, .delivered: true
            }
        }
    }

    func resume(_ result: Result<Outcome, any Error>) {
        let receiver = state.withLock { state -> State in
            defer {
                switch state {
                case .idle: state = .early(result)
                case .waiting, .forwarded: state = .delivered
                case .early, .delivered: break
                }
            }
            return state
        }
        switch receiver {
        case .waiting(let continuation): continuation.resume(with: result)
        case .forwarded(let receive): receive(result)
        case .idle, .early, .delivered: break
        }
    }

    /// Waits for the answer, once, whatever becomes of the caller.
    func certainValue() async throws -> Outcome { try await withCheckedThrowingContinuation(wait) }

    private func wait(_ continuation: CheckedContinuation<Outcome, any Error>) {
        let answer: Result<Outcome, any Error>? = state.withLock { state in
            if case .early(let result) = state {
                state = .delivered
                return result
            }
            state = .waiting(continuation)
            return nil
        }
        if let answer { continuation.resume(with: answer) }
    }

    /// Waits for the answer, once; cancellation of the caller ends the wait, not the command.
    func value() async throws -> Outcome {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation(wait)
        } onCancel: {
            resume(.failure(CancellationError()))
        }
    }
}
