// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import Store
import Synchronization

/// The kernel of this process as an engine's source of runs.
///
/// Claims and endings go through the group commit. Work is announced by commits and pulses, withdrawals by the hub, so that
/// no claim waits.
package final class EmbeddedRunSource: RunSource {
    package struct Settings: Sendable {
        /// How long a session lives without a beat. A lost worker's runs start again about this much later.
        package var lifetime: Duration = .seconds(12)
        package var beat: Duration = .seconds(3)

        package init() {}
    }

    private struct State {
        var demands: [ID<Workspace>: ClaimDemand] = [:]
        var report: (@Sendable (RunSourceReport) -> Void)?
        var taker: (any RunTaker)?
    }

    private let settings: Settings
    private let commit: GroupCommit
    private let pool: PostgresPool
    private let directory: AgentDirectory
    private let hub: EventHub
    private let logger: Logger
    private let actor: Principal
    private let state = Mutex(State())
    /// Workspaces whose events are still to be followed; each goes through once.
    private let found: AsyncStream<ID<Workspace>>
    private let find: AsyncStream<ID<Workspace>>.Continuation

    /// `worker` is the name of the sessions and the principal of what the engine does.
    package init(
        worker: String, settings: Settings = Settings(), commit: GroupCommit, pool: PostgresPool,
        directory: AgentDirectory, hub: EventHub, logger: Logger
    ) {
        self.settings = settings
        self.commit = commit
        self.pool = pool
        self.directory = directory
        self.hub = hub
        self.logger = logger
        actor = Principal(.service, worker)
        (found, find) = AsyncStream.makeStream()
    }

    package let patience = Duration.zero

    // MARK: Wakes

    /// Says that runs of these agents became ready.
    package func wake(_ agents: some Sequence<String>, in workspaceID: ID<Workspace>) {
        demand(in: workspaceID).add(agents)
        state.withLock { $0.report }?(.work(in: workspaceID))
    }

    /// Says that runs of any agent may be ready.
    package func wakeAll(in workspaceID: ID<Workspace>) {
        demand(in: workspaceID).addAll()
        state.withLock { $0.report }?(.work(in: workspaceID))
    }

    private func demand(in workspaceID: ID<Workspace>) -> ClaimDemand {
        let (demand, isNew) = state.withLock { state in
            if let known = state.demands[workspaceID] { return (known, false) }
            let demand = ClaimDemand()
            state.demands[workspaceID] = demand
            return (demand, true)
        }
        if isNew { find.yield(workspaceID) }
        return demand
    }

    package func landed(_ assignment: Assignment) {
        guard demand(in: assignment.workspaceID).isBehind(assignment.agent) else { return }
        wake([assignment.agent], in: assignment.workspaceID)
    }

    // MARK: Sessions

    package func openSession(
        in workspaceID: ID<Workspace>, replacing retired: [ID<WorkerSession>]
    ) async throws -> EngineSession {
        let session = EngineSession(
            id: .make(), workspaceID: workspaceID, lifetime: settings.lifetime, beat: settings.beat)
        var batch = StatementBatch()
        batch.add(
            LeaseStore.openSession(session.id, in: workspaceID, worker: actor.name, lifetime: settings.lifetime))
        if !retired.isEmpty { batch.add(LeaseStore.endSessions(retired, in: workspaceID)) }
        let statements = batch
        _ = try await pool.withConnection { try await statements.run(on: $0) }
        demand(in: workspaceID).addAll()
        return session
    }

    /// A beat may be lost in a crash, so its commit need not wait for the disk.
    package func beat(_ session: EngineSession, listing: Bool) async throws -> SessionBeat {
        var batch = StatementBatch()
        batch.add("BEGIN")
        batch.add("SET LOCAL synchronous_commit = off")
        let alive = batch.add(
            LeaseStore.beat([session.id], in: session.workspaceID, lifetime: settings.lifetime))
        batch.add("COMMIT")
        let statements = batch
        let results = try await pool.withConnection { try await statements.run(on: $0) }
        guard try !results(alive).isEmpty else { return .expired }
        return .alive(held: listing ? try await held(by: session).map(\.lease) : nil)
    }

    package func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) async throws {
        _ = try await pool.query(LeaseStore.endSessions(ids, in: workspaceID))
    }

    private func held(by session: EngineSession) async throws -> [HeldLease] {
        let statement = LeaseStore.held(by: session.id, in: session.workspaceID)
        return try statement.decode(try await pool.query(statement.sql)).map(\.held)
    }

    package func release(_ leases: [Lease], of session: EngineSession) async throws {
        let wanted = Set(leases)
        for held in try await held(by: session) where wanted.contains(held.lease) {
            _ = try await commit.submit(
                FinishRun(
                    workspaceID: session.workspaceID, roomID: held.roomID, taskID: held.taskID,
                    holder: .engine(held.lease), ending: .released(reason: "The answer of the claim was lost."),
                    actor: actor))
        }
    }

    // MARK: Runs

    package func claim(_ limit: Int, for session: EngineSession, waiting wait: Duration) async throws -> Claim {
        let workspaceID = session.workspaceID
        let demand = demand(in: workspaceID)
        let agents = try await directory.callable(in: workspaceID)
        let wanted = demand.take()
        let wishes = agents.compactMap { agent in
            wanted.includes(agent.name)
                ? ClaimRuns.Wish(
                    queue: agent.name, limit: limit, watermarks: demand.watermarks(of: agent.name)) : nil
        }
        guard !wishes.isEmpty else { return Claim(runs: [], mayHaveMore: false) }
        let number = demand.beginClaim()
        let command = ClaimRuns(
            workspaceID: workspaceID, session: session.id, wishes: wishes,
            concurrency: Dictionary(uniqueKeysWithValues: agents.map { ($0.name, $0.concurrency) }), limit: limit,
            actor: actor)
        switch try await commit.submit(command) {
        case .claimed(let claimed, let seen, let left):
            demand.settle(number, wishes: wishes, isFruitful: !claimed.isEmpty, seen: seen, left: left)
            return Claim(
                runs: claimed.map { Assignment($0.task, $0.lease) }, mayHaveMore: !claimed.isEmpty && !left.isEmpty)
        case .recalled(let leases):
            // What else was ready is not known any more.
            demand.add(wishes.map(\.queue))
            return Claim(runs: try await reload(leases, in: workspaceID), mayHaveMore: true)
        }
    }

    // MARK: Runs handed out as they are made

    package func attach(_ taker: any RunTaker) { state.withLock { $0.taker = taker } }

    /// A claim that goes along with a flush in which runs of these agents may be made: nil when the engine has no place for
    /// them, or must look first whether it may call those agents.
    func claim(alongside names: Set<String>, in workspaceID: ID<Workspace>, atMost count: Int) -> QueuedCommand? {
        let agents = directory.knownCallable(names, in: workspaceID)
        guard !agents.isEmpty, let taker = state.withLock({ $0.taker }),
            let places = taker.reserve(count, in: workspaceID)
        else { return nil }
        let demand = demand(in: workspaceID)
        let wishes = agents.map { agent in
            ClaimRuns.Wish(queue: agent.name, limit: places.limit, watermarks: demand.watermarks(of: agent.name))
        }
        let command = ClaimRuns(
            workspaceID: workspaceID, session: places.session.id, wishes: wishes,
            concurrency: Dictionary(uniqueKeysWithValues: agents.map { ($0.name, $0.concurrency) }),
            limit: places.limit, actor: actor)
        let number = demand.beginClaim()
        let reply = Reply<ClaimRuns.Outcome>(to: { [weak self] result in
            guard case .success(.claimed(let claimed, let seen, let left)) = result else {
                // It may have happened all the same; what it took is then found by the session's beat.
                taker.lose(places)
                self?.wake(names, in: workspaceID)
                return
            }
            demand.settle(number, wishes: wishes, isFruitful: !claimed.isEmpty, seen: seen, left: left)
            taker.take(claimed.map { Assignment($0.task, $0.lease) }, in: places)
            if !claimed.isEmpty, !left.isEmpty { self?.wake(left, in: workspaceID) }
        })
        return QueuedCommand(command, deadline: ContinuousClock().now + GroupCommit.patience, reply: reply)
    }

    /// The runs of a claim whose answer was lost with its connection.
    private func reload(
        _ leases: [(lease: Lease, taskID: ID<WorkTask>)], in workspaceID: ID<Workspace>
    ) async throws -> [Assignment] {
        var runs: [Assignment] = []
        for (lease, taskID) in leases {
            let statement = TaskStore.task(taskID, in: workspaceID)
            guard let task = try statement.decode(try await pool.query(statement.sql)) else { continue }
            runs.append(Assignment(task, lease))
        }
        return runs
    }

    package func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> Agent? {
        try await directory.entry(name, in: workspaceID)?.agent
    }

    /// The claim has told so already.
    package func start(_ assignment: Assignment) async throws {}

    package func finish(_ assignment: Assignment, _ ending: RunEnding) async throws {
        _ = try await commit.submit(
            FinishRun(
                workspaceID: assignment.workspaceID, roomID: assignment.roomID, taskID: assignment.taskID,
                holder: .engine(assignment.lease), ending: ending, actor: actor))
    }

    // MARK: Withdrawals

    package func listen(_ report: @escaping @Sendable (RunSourceReport) -> Void) async {
        let known = state.withLock { state in
            state.report = report
            return Array(state.demands.keys)
        }
        // What was announced before anybody listened.
        for workspaceID in known { report(.work(in: workspaceID)) }
        await withDiscardingTaskGroup { group in
            for await workspaceID in found { group.addTask { await self.follow(workspaceID, report) } }
            group.cancelAll()
        }
    }

    /// Calls off runs whose tasks ended by other hands.
    private func follow(_ workspaceID: ID<Workspace>, _ report: @Sendable (RunSourceReport) -> Void) async {
        while hub.lastPosition(of: workspaceID) == nil, !Task.isCancelled, !hub.isClosed {
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
        }
        var position = hub.lastPosition(of: workspaceID) ?? 0
        while !Task.isCancelled, !hub.isClosed {
            await hub.wait(for: workspaceID, past: position)
            guard let entries = hub.recent(of: workspaceID, after: position, limit: EventHub.ringCapacity) else {
                // So far behind that events were missed: nothing is certain but what the leases say.
                position = hub.lastPosition(of: workspaceID) ?? position
                report(.missed(in: workspaceID))
                continue
            }
            for entry in entries {
                if let withdrawal = Self.withdrawal(after: entry.event.event) { report(withdrawal) }
            }
            position += Int64(entries.count)
        }
    }

    private static func withdrawal(after event: Event) -> RunSourceReport? {
        guard let run = event.runID else { return nil }
        switch event.type {
        case "task.cancelled", "task.completed", "task.failed":
            return .withdrawn(run, upTo: nil, .taskEnded)
        case "run.lease_lost", "run.released":
            // Its next epoch may have been claimed here before this is read. Our own giving back lands before, so what
            // is still in flight was taken from us.
            let epoch = (try? JSONValue.parse(event.body))?["epoch"]?.int
            return epoch.map { .withdrawn(run, upTo: $0, .leaseLost) }
        default: return nil
        }
    }
}
