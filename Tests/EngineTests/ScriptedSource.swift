// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// An orchestrator in memory: queues, leases, epochs and the fence are as in the real one, and it can be made to fail.
final class ScriptedSource: RunSource {
    /// What goes wrong.
    struct Faults: Sendable {
        /// Claims that happen, but whose answers are lost.
        var lostClaims = 0
        /// How many beats are asked for before the answer of a claim that has taken something arrives.
        var beatsBeforeAnswers = 0
        /// Nobody answers anything.
        var isAway = false
        /// Beats are not even refused: they hang.
        var hangsBeats = false
        /// Endings that are not answered before one is.
        var unansweredEndings = 0
        /// Questions for an agent that are not answered before one is.
        var unansweredLookUps = 0
    }

    private struct State {
        var queues: [ID<Workspace>: [Assignment]] = [:]
        var held: [Lease: Assignment] = [:]
        var epochs: [ID<Run>: Int] = [:]
        var sessions: [ID<WorkerSession>: ID<Workspace>] = [:]
        var endings: [(run: ID<Run>, epoch: Int, ending: RunEnding)] = []
        var refusals = 0
        var beats: [ContinuousClock.Instant] = []
        var claims = 0
        var opened = 0
        var ended: [ID<WorkerSession>] = []
        var faults = Faults()
        var report: (@Sendable (RunSourceReport) -> Void)?
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let announces: Bool
    private let lifetime: Duration
    private let beat: Duration

    /// `announces` makes it tell of work, as the kernel of the same process does; else claims wait for it.
    init(announces: Bool, lifetime: Duration = .milliseconds(1500), beat: Duration = .milliseconds(50)) {
        self.announces = announces
        self.lifetime = lifetime
        self.beat = beat
    }

    var patience: Duration { announces ? .zero : .seconds(5) }

    // MARK: What a test does

    func change(_ change: @Sendable (inout Faults) -> Void) {
        state.withLock { change(&$0.faults) }
        wakeWaiters()
    }

    var endings: [(run: ID<Run>, epoch: Int, ending: RunEnding)] { state.withLock { $0.endings } }
    var refusals: Int { state.withLock { $0.refusals } }
    /// Claims that wait for work.
    var waiting: Int { state.withLock { $0.waiters.count } }
    var beats: [ContinuousClock.Instant] { state.withLock { $0.beats } }
    var claims: Int { state.withLock { $0.claims } }
    var opened: Int { state.withLock { $0.opened } }
    var endedSessions: [ID<WorkerSession>] { state.withLock { $0.ended } }
    var held: [Lease] { state.withLock { Array($0.held.keys) } }

    @discardableResult
    func add(
        _ script: ScriptedTransport.Script = .answer, to workspaceID: ID<Workspace> = Workspace.defaultID,
        timeoutSeconds: Int = 60
    ) -> ID<Run> {
        let run = ID<Run>.make()
        let assignment = Assignment(
            workspaceID: workspaceID, roomID: Room.defaultID, taskID: .make(),
            lease: Lease(runID: run, epoch: 0, workerSessionID: .make()), agent: "echo", input: script.input,
            attempt: 1, timeoutSeconds: timeoutSeconds, correlationID: nil, traceID: String(repeating: "a", count: 32))
        state.withLock { $0.queues[workspaceID, default: []].append(assignment) }
        tell(workspaceID)
        return run
    }

    /// Lets all sessions expire, and gives what they held to whoever comes next.
    func expireSessions() {
        let workspaces = state.withLock { state in
            state.sessions = [:]
            return Self.requeue(&state, state.held.keys.map { $0 })
        }
        for workspaceID in workspaces { tell(workspaceID) }
    }

    /// Cancels a task as a person would.
    func cancel(_ run: ID<Run>) {
        let report = state.withLock { state in
            state.held = state.held.filter { $0.key.runID != run }
            return state.report
        }
        // Where claims wait for work, the list of the next beat says so.
        if announces { report?(.withdrawn(run, upTo: nil, .taskEnded)) }
    }

    private static func requeue(_ state: inout State, _ leases: [Lease]) -> Set<ID<Workspace>> {
        var workspaces: Set<ID<Workspace>> = []
        for lease in leases {
            guard let assignment = state.held.removeValue(forKey: lease) else { continue }
            state.queues[assignment.workspaceID, default: []].append(assignment)
            workspaces.insert(assignment.workspaceID)
        }
        return workspaces
    }

    private func tell(_ workspaceID: ID<Workspace>) {
        let report = state.withLock { $0.report }
        report?(announces ? .work(in: workspaceID) : .workspace(workspaceID))
        wakeWaiters()
    }

    private func wakeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    private func answer() throws {
        if state.withLock({ $0.faults.isAway }) { throw Problem(.unavailable, "Nobody is there.") }
    }

    // MARK: RunSource

    func listen(_ report: @escaping @Sendable (RunSourceReport) -> Void) async {
        let workspaces = state.withLock { state in
            state.report = report
            return Array(state.queues.keys)
        }
        for workspaceID in workspaces { report(announces ? .work(in: workspaceID) : .workspace(workspaceID)) }
        for await _ in AsyncStream<Void>.makeStream().stream {}
    }

    func openSession(
        in workspaceID: ID<Workspace>, replacing retired: [ID<WorkerSession>]
    ) async throws -> EngineSession {
        try await endSessions(retired, in: workspaceID)
        let session = EngineSession(id: .make(), workspaceID: workspaceID, lifetime: lifetime, beat: beat)
        state.withLock { state in
            state.sessions[session.id] = workspaceID
            state.opened += 1
        }
        return session
    }

    func beat(_ session: EngineSession, listing: Bool) async throws -> SessionBeat {
        if state.withLock({ $0.faults.hangsBeats }) {
            for await _ in AsyncStream<Void>.makeStream().stream {}
            throw CancellationError()
        }
        try answer()
        defer { if state.withLock({ $0.faults.beatsBeforeAnswers > 0 }) { wakeWaiters() } }
        return state.withLock { state in
            state.beats.append(.now)
            guard state.sessions[session.id] != nil else { return .expired }
            guard listing || !announces else { return .alive(held: nil) }
            return .alive(held: state.held.keys.filter { $0.workerSessionID == session.id })
        }
    }

    func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) async throws {
        try answer()
        state.withLock { state in
            for id in ids { state.sessions[id] = nil }
            state.ended += ids
            _ = Self.requeue(&state, state.held.keys.filter { ids.contains($0.workerSessionID) })
        }
        if !ids.isEmpty { tell(workspaceID) }
    }

    func claim(_ limit: Int, for session: EngineSession, waiting wait: Duration) async throws -> Claim {
        while true {
            try answer()
            let (runs, isLost, isOver) = state.withLock { state in
                guard state.sessions[session.id] != nil else { return ([Assignment](), false, true) }
                let taken = state.queues[session.workspaceID, default: []].prefix(limit)
                state.queues[session.workspaceID]?.removeFirst(taken.count)
                state.claims += 1
                let runs = taken.map { run in
                    state.epochs[run.lease.runID, default: 0] += 1
                    let epoch = state.epochs[run.lease.runID, default: 0]
                    let held = run.held(under: session.id, epoch: epoch)
                    state.held[held.lease] = held
                    return held
                }
                let isLost = !runs.isEmpty && state.faults.lostClaims > 0
                if isLost { state.faults.lostClaims -= 1 }
                return (runs, isLost, false)
            }
            if isLost || isOver { throw Problem(.unavailable, "The connection was lost.") }
            if !runs.isEmpty { try await waitForBeats() }
            guard runs.isEmpty, wait > .zero else {
                return Claim(runs: runs, mayHaveMore: announces ? !runs.isEmpty : runs.count == limit)
            }
            try await waitForWork()
        }
    }

    private func waitForBeats() async throws {
        let last = state.withLock { $0.beats.count + $0.faults.beatsBeforeAnswers }
        while state.withLock({ $0.beats.count < last }) { try await waitForWork() }
    }

    private func waitForWork() async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled else { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        try Task.checkCancellation()
    }

    func release(_ leases: [Lease], of session: EngineSession) async throws {
        try answer()
        let workspaces = state.withLock { Self.requeue(&$0, leases) }
        for workspaceID in workspaces { tell(workspaceID) }
    }

    func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> Agent? {
        try state.withLock { state in
            guard state.faults.unansweredLookUps > 0 else { return }
            state.faults.unansweredLookUps -= 1
            throw Problem(.unavailable, "Nobody is there.")
        }
        return Agent(
            workspaceID: workspaceID, name: name, kind: .http, description: "", endpoint: "http://127.0.0.1:1/",
            inputSchema: [], concurrency: 1000, heartbeatSeconds: nil, createdAt: .now(), updatedAt: .now())
    }

    func start(_ assignment: Assignment) async throws { try answer() }

    func finish(_ assignment: Assignment, _ ending: RunEnding) async throws {
        try answer()
        let requeued = try state.withLock { state -> Set<ID<Workspace>> in
            if state.faults.unansweredEndings > 0 {
                state.faults.unansweredEndings -= 1
                throw Problem(.unavailable, "Nobody is there.")
            }
            guard state.held[assignment.lease] != nil else {
                state.refusals += 1
                throw Problem(.conflict, "The lease is stale.", code: "stale_lease")
            }
            state.endings.append((assignment.lease.runID, assignment.lease.epoch, ending))
            if case .released = ending { return Self.requeue(&state, [assignment.lease]) }
            state.held[assignment.lease] = nil
            return []
        }
        for workspaceID in requeued { tell(workspaceID) }
    }

    func landed(_ assignment: Assignment) { if announces { tell(assignment.workspaceID) } }
}

extension Assignment {
    fileprivate func held(under session: ID<WorkerSession>, epoch: Int) -> Assignment {
        Assignment(
            workspaceID: workspaceID, roomID: roomID, taskID: taskID,
            lease: Lease(runID: lease.runID, epoch: epoch, workerSessionID: session), agent: agent, input: input,
            attempt: epoch, timeoutSeconds: timeoutSeconds, correlationID: correlationID, traceID: traceID)
    }
}
