// SPDX-License-Identifier: Apache-2.0

typealias Answer = CheckedContinuation<[PostgresRows], any Error>

/// One request to a link and its progress. All that is mutable is guarded by the lock of the link it was given to.
final class Operation: @unchecked Sendable {
    enum Work {
        /// Prepared statements with one sync at the end.
        case pipeline([SQL])
        /// Text of one or more statements, by the simple protocol.
        case script(String)
        case copyStart(String)
        /// Waits until what was put into COPY has left the process.
        case copyFlush
        case copyEnd(failure: String?)
    }

    enum Stage {
        case waiting
        case running
        /// Answered, but the request to cancel it has not returned yet and could hit whatever runs next.
        case parked
        /// Failed, and the transaction it had opened is being rolled back.
        case rollingBack
    }

    enum Interruption {
        case cancelled
        case timeout
    }

    let work: Work
    let deadline: UInt64
    /// Whether nobody asked for it: the link does away with statements that are of no use any more.
    let isUpkeep: Bool
    var answer: Answer?
    /// What came of it, until somebody waits for that.
    var ending: Result<[PostgresRows], PostgresError>?
    /// Called when it has ended.
    var whenDone: (@Sendable () -> Void)?
    var stage = Stage.waiting
    var interruption: Interruption?
    var startedIdle = true
    var hasCommitted = false
    var isRetried = false
    var results: [PostgresRows] = []
    var failure: PostgresError?

    init(_ work: Work, deadline: UInt64, isUpkeep: Bool = false) {
        self.work = work
        self.deadline = deadline
        self.isUpkeep = isUpkeep
    }

    var isPipeline: Bool {
        if case .pipeline = work { true } else { false }
    }

    /// Whether something may be durable when the answer is lost: it committed, or committing was up to the server.
    var mayCommit: Bool {
        switch work {
        case .pipeline(let statements):
            let verbs = statements.map(\.verb)
            let commits = verbs.contains { $0 == "COMMIT" || $0 == "END" }
            let opens = verbs.first.map { $0 == "BEGIN" || $0 == "START" } ?? false
            return commits || (startedIdle && !opens)
        case .script, .copyEnd(failure: nil): return true
        case .copyStart, .copyFlush, .copyEnd: return false
        }
    }

    /// The outcome as the caller sees it: an interruption of ours is not reported as the server's error.
    func outcome() -> Result<[PostgresRows], PostgresError> {
        guard let failure else { return .success(results) }
        guard failure.sqlState == .queryCanceled, let interruption else { return .failure(failure) }
        switch interruption {
        case .cancelled: return .failure(PostgresError(.cancelled, "the statement was cancelled", failure.facts))
        case .timeout: return .failure(PostgresError(.timeout, "the statement's deadline passed", failure.facts))
        }
    }
}

/// What is to be done after the link's lock is released, so that nothing runs under it that could want it.
struct Effects {
    // Nearly always there is one completion, which needs no array.
    private var first: (Answer, Result<[PostgresRows], PostgresError>)?
    private var others: [(Answer, Result<[PostgresRows], PostgresError>)] = []
    private var done: [@Sendable () -> Void] = []
    var cancel: CancelHandle?
    var closed: PostgresError?
    var notifications: [PostgresNotification] = []

    mutating func complete(_ operation: Operation, _ result: Result<[PostgresRows], PostgresError>) {
        if let whenDone = operation.whenDone {
            operation.whenDone = nil
            done.append(whenDone)
        }
        guard let answer = operation.answer else {
            if operation.ending == nil { operation.ending = result }
            return
        }
        operation.answer = nil
        if first == nil { first = (answer, result) } else { others.append((answer, result)) }
    }

    func resume() {
        if let (answer, result) = first { answer.resume(with: result.mapError { $0 as any Error }) }
        for (answer, result) in others { answer.resume(with: result.mapError { $0 as any Error }) }
        for whenDone in done { whenDone() }
    }
}
