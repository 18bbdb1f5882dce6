// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import Synchronization

/// Publishes messages, over one connection that it keeps and makes anew when it is lost.
///
/// Without a connection every call fails at once; with a server that does not answer, after `commandTimeout`. Safe from any
/// task; calls made together go out one after the other.
package final class RedisClient: Service {
    private typealias Outcome = Result<[RedisReply], RedisError>

    private struct Job {
        let id: UInt64
        let commands: [RedisConnection.Command]
        let deadline: ContinuousClock.Instant
    }

    private struct State {
        var jobs: [Job] = []
        /// Of the callers that still wait; a job without one is not carried out.
        var callers: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        var lastID: UInt64 = 0
        /// Why nothing can be sent; nil while there is a connection.
        var obstacle: RedisError? = RedisError(.connection, "there is no connection yet")
        var isClosed = false
    }

    private let loop: RedisLoop
    private let queueLimit: Int
    private let state = Mutex(State())

    /// `queueLimit` is how many callers may wait; `health` may be shared with subscribers of the same server.
    package init(_ configuration: RedisConfiguration, health: RedisHealth, queueLimit: Int = 64) {
        loop = RedisLoop(configuration, name: "client", health: health)
        self.queueLimit = queueLimit
    }

    /// How many callers wait for an answer.
    package var waiting: Int { state.withLock { $0.callers.count } }

    /// Publishes messages in order, in one round trip; answers how many subscribers got them, taken together.
    @discardableResult
    package func publish(_ messages: [String], to channel: String) async throws(RedisError) -> Int {
        if messages.isEmpty { return 0 }
        var receivers = 0
        for reply in try await perform(messages.map { ["PUBLISH", channel, $0] }) {
            if case .error(let code) = reply { throw RedisError.refused("PUBLISH", code: code) }
            receivers += reply.number ?? 0
        }
        return receivers
    }

    /// Returns when the server has answered.
    package func ping() async throws(RedisError) {
        if case .error(let code)? = try await perform([["PING"]]).first {
            throw RedisError.refused("PING", code: code)
        }
    }

    /// Keeps the connection until graceful shutdown or cancellation. Never throws: what goes wrong is tried again.
    package func run() async throws {
        await loop.run(
            serve: { connection throws(RedisError) in try self.serve(connection) },
            lost: { error in self.give(up: error) })
        state.withLock { $0.isClosed = true }
        give(up: RedisError(.closed, "the client was stopped"))
    }

    private func perform(_ commands: [RedisConnection.Command]) async throws(RedisError) -> [RedisReply] {
        let deadline = ContinuousClock.now + loop.configuration.commandTimeout
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                let refusal = state.withLock { state -> RedisError? in
                    if Task.isCancelled { return Self.cancellation }
                    if let obstacle = state.obstacle { return obstacle }
                    guard state.jobs.count < queueLimit else {
                        return RedisError(.busy, "\(queueLimit) callers are waiting already")
                    }
                    state.jobs.append(Job(id: id, commands: commands, deadline: deadline))
                    state.callers[id] = caller
                    return nil
                }
                if let refusal { caller.resume(returning: .failure(refusal)) } else { loop.alarm.ring() }
            }
        } onCancel: {
            answer(id, .failure(Self.cancellation))
        }
        return try outcome.get()
    }

    private static let cancellation = RedisError(.cancelled, "the calling task was cancelled")

    private func answer(_ id: UInt64, _ outcome: Outcome) {
        state.withLock { $0.callers.removeValue(forKey: id) }?.resume(returning: outcome)
    }

    /// Answers everybody who waits, and whoever comes until there is a connection again.
    private func give(up error: RedisError) {
        let callers = state.withLock { state in
            let obstacle = error.kind == .closed ? error : RedisError(.connection, error.message)
            state.obstacle = state.isClosed ? RedisError(.closed, "the client was stopped") : obstacle
            defer { (state.jobs, state.callers) = ([], [:]) }
            return Array(state.callers.values)
        }
        for caller in callers { caller.resume(returning: .failure(error)) }
    }

    // MARK: On the thread

    private func serve(_ connection: RedisConnection) throws(RedisError) {
        state.withLock { if !$0.isClosed { $0.obstacle = nil } }
        loop.noteUp()
        var heard = ContinuousClock.now
        while !loop.isStopped {
            while let job = nextJob() {
                answer(job.id, .success(try connection.call(job.commands, until: job.deadline)))
                heard = .now
            }
            let due = heard + loop.configuration.idleLimit
            if let ready = connection.wait(until: due, or: loop.alarm) {
                if ready.isReadable { try expectNothing(connection) }
            } else {
                _ = try connection.call([["PING"]], until: .now + loop.configuration.commandTimeout)
                heard = .now
            }
        }
    }

    /// The oldest job that somebody still waits for; a caller whose time has passed is told so instead.
    private func nextJob() -> Job? {
        while true {
            let job = state.withLock { state -> (job: Job, isWanted: Bool)? in
                if state.jobs.isEmpty { return nil }
                let job = state.jobs.removeFirst()
                return (job, state.callers[job.id] != nil)
            }
            guard let job else { return nil }
            if job.isWanted, ContinuousClock.now < job.job.deadline { return job.job }
            answer(job.job.id, .failure(RedisError(.timeout, "it was not its turn in time")))
        }
    }

    /// Between commands a server says nothing; what can be read is the end of the connection.
    private func expectNothing(_ connection: RedisConnection) throws(RedisError) {
        try connection.read()
        if try connection.next() != nil {
            throw RedisError(.misunderstanding, "the server answers what it was not asked")
        }
    }
}
