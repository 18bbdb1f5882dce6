// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import Testing

/// What a new task of a test asks for beyond the ordinary.
struct TaskOrder: Sendable {
    var agent = "echo"
    var priority = 5
    var labels: [String] = []
    var limits: [LimitUse] = []
    var roomID = Room.defaultID
    var parent: WorkTask?
    var after: [WorkTask] = []
    var policy = TaskDependencies.Policy.fail
    var runAt: Timestamp?
    var timeoutSeconds = 60
    var retry = TaskRetryPolicy(maxAttempts: 3, initialSeconds: 0, maxSeconds: 0, factor: 1)
}

/// What workers outside and those who order their runs do.
extension KernelFixture {
    func order(_ change: (inout TaskOrder) -> Void = { _ in }) async throws -> WorkTask {
        var order = TaskOrder()
        change(&order)
        let request = TaskRequest(
            agent: order.agent, input: Array("{}".utf8), priority: order.priority,
            timeoutSeconds: order.timeoutSeconds, retry: order.retry, runAt: order.runAt, idempotencyHash: nil,
            labels: order.labels, limits: order.limits, parentRunID: order.parent?.runID,
            dependencies: TaskDependencies(after: order.after.map(\.id), policy: order.policy))
        let outcome = try await commit.submit(
            CreateTask(
                workspaceID: Self.workspace, roomID: order.roomID, request: request, correlationID: nil,
                idempotencyKey: nil, traceID: Self.trace, actor: Self.actor, upstream: order.after.map(Self.place),
                parent: order.parent.map(Self.place)))
        guard case .created(let task) = outcome else { throw Problem(.internal, "expected a new task") }
        return task
    }

    static func place(_ task: WorkTask) -> TaskPlace { TaskPlace(taskID: task.id, roomID: task.roomID) }

    /// A claim as a worker outside makes it.
    func hold(
        _ session: ID<WorkerSession>, _ queues: [String] = ["echo"], limit: Int = 100,
        concurrency: [String: Int] = ["echo": 1000, "other": 1000], purpose: ClaimRuns.Purpose = .hold
    ) async throws -> [ClaimedRun] {
        let outcome = try await commit.submit(
            ClaimRuns(
                workspaceID: Self.workspace, session: session,
                wishes: queues.map { ClaimRuns.Wish(queue: $0, limit: limit) }, concurrency: concurrency,
                purpose: purpose, limit: limit, actor: Self.actor))
        guard case .claimed(let runs, _, _) = outcome else { return [] }
        return runs
    }

    /// Claims the only run there is.
    func holdOne(_ session: ID<WorkerSession>, _ queues: [String] = ["echo"]) async throws -> ClaimedRun {
        let runs = try await hold(session, queues)
        #expect(runs.count == 1)
        return try #require(runs.first)
    }

    /// A run that one worker has given back and another one holds.
    func holdAgain() async throws -> (givenBack: ClaimedRun, held: ClaimedRun) {
        _ = try await order()
        let first = try await holdOne(try await openSession())
        try await end(first, .released(reason: nil))
        return (first, try await holdOne(try await openSession()))
    }

    static func proof(_ run: ClaimedRun) -> LeaseProof {
        LeaseProof(
            runID: run.lease.runID, epoch: run.lease.epoch, token: signer.token(of: run.lease), signer: signer)
    }

    @discardableResult
    func begin(_ run: ClaimedRun, _ proof: LeaseProof? = nil) async throws -> TaskAggregate {
        try await commit.submit(
            StartRun(
                workspaceID: Self.workspace, place: Self.place(run.task), proof: proof ?? Self.proof(run),
                actor: Self.actor))
    }

    @discardableResult
    func end(
        _ run: ClaimedRun, _ ending: FinishRun.Ending = .completed(Array("1".utf8)), _ proof: LeaseProof? = nil
    ) async throws -> TaskAggregate {
        try await commit.submit(
            FinishRun(
                workspaceID: Self.workspace, roomID: run.task.roomID, taskID: run.task.id,
                holder: .worker(proof ?? Self.proof(run)), ending: ending, actor: Self.actor, jitter: 0))
    }

    func fail(_ run: ClaimedRun, retryable: Bool) async throws {
        let failure = RunFailure(code: "broken", message: "It broke.", isRetryable: retryable)
        try await end(run, .failed(failure, leastPause: .zero))
    }

    @discardableResult
    func changeNow(_ task: WorkTask, _ change: ChangeTask.Change) async throws -> WorkTask {
        try await commit.submit(
            ChangeTask(
                workspaceID: Self.workspace, roomID: task.roomID, taskID: task.id, version: nil, change: change,
                actor: Self.actor))
    }

    // MARK: What reconcilers do

    @discardableResult func promote() async throws -> Int {
        try await commit.submit(PromoteDueRuns(workspaceID: Self.workspace, limit: 1000, actor: Self.actor))
    }

    @discardableResult func rescue(limit: Int = 100) async throws -> Int {
        try await commit.submit(ReleaseOrphanedRuns(workspaceID: Self.workspace, limit: limit, actor: Self.actor))
    }

    /// Settles until nothing is left to be settled.
    func settle(limit: Int = 500) async throws {
        while try await commit.submit(
            SettleDependencies(workspaceID: Self.workspace, limit: limit, actor: Self.actor)) > 0
        {}
    }

    @discardableResult func unparkWhatMay() async throws -> ParkedRunStore.Unparked {
        try await read(ParkedRunStore.unparkWhatMay(Self.workspace, after: ""))
    }

    func endSession(_ id: ID<WorkerSession>) async throws {
        _ = try await pool.query(LeaseStore.endSessions([id], in: Self.workspace))
    }

    // MARK: Limits and queues

    @discardableResult
    func setLimit(_ name: String, _ maxConcurrent: Int? = nil, rate: Limit.Rate? = nil) async throws -> Limit {
        try await commit.submit(
            ChangeLimit(
                workspaceID: Self.workspace, name: name, event: .set(maxConcurrent: maxConcurrent, rate: rate),
                actor: Self.actor, traceID: Self.trace))
    }

    func removeLimit(_ name: String) async throws {
        _ = try await commit.submit(
            ChangeLimit(
                workspaceID: Self.workspace, name: name, event: .removed, actor: Self.actor, traceID: Self.trace))
    }

    func changeQueue(_ agent: String, _ event: QueueEvent) async throws {
        try await commit.submit(
            ChangeQueue(
                workspaceID: Self.workspace, agent: agent, event: event, actor: Self.actor, traceID: Self.trace))
    }

    /// A room beside the default one.
    func openRoom() async throws -> ID<Room> {
        let id = ID<Room>.make()
        try await commit.submit(NewRoom(roomID: id))
        return id
    }

    // MARK: What there is

    func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }

    func count(_ table: String) async throws -> Int {
        try await number("SELECT count(*) AS n FROM \(unsafeRaw: table)")
    }

    func pulse() async throws -> Store.Pulse {
        try #require(try await read(PulseStore.pulses()).first { $0.workspaceID == Self.workspace })
    }

    /// Everything that a refused command must leave as it is, as one text.
    func everything() async throws -> String {
        var parts: [String] = []
        for table in [
            "evt_events", "proj_tasks", "proj_runs", "leases", "run_queue", "delayed", "parked_runs", "lease_limits",
            "limit_buckets", "run_dependencies", "proj_limits", "proj_queues",
        ] {
            let rows = try await pool.query(
                """
                SELECT coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') AS h
                FROM \(unsafeRaw: table) AS t
                """)
            parts.append("\(table) \(try rows[0].value("h", as: String.self))")
        }
        return parts.joined(separator: "\n")
    }

    /// The projections follow from the events, and the chain holds.
    func expectSound(_ location: SourceLocation = #_sourceLocation) async throws {
        let report = try await rebuild()
        #expect(report.isEqual, "\(report.comparisons.filter { !$0.isEqual })", sourceLocation: location)
        #expect(try await verify().finding == nil, sourceLocation: location)
        // A run is held exactly as long as it runs.
        #expect(
            try await number(
                """
                SELECT count(*) AS n FROM proj_runs r FULL JOIN leases l USING (workspace_id, run_id)
                WHERE (r.status IN ('running', 'waiting')) IS DISTINCT FROM (l.run_id IS NOT NULL)
                """) == 0, "leases are not those of the runs that run", sourceLocation: location)
        #expect(
            try await number(
                "SELECT count(*) AS n FROM lease_limits h WHERE NOT EXISTS (SELECT FROM leases l WHERE l.run_id = h.run_id)"
            ) == 0, "a limit counts what nobody holds", sourceLocation: location)
        // A ready run stands in its queue or in a line, so that it is found.
        #expect(
            try await number(
                """
                SELECT count(*) AS n FROM proj_tasks t WHERE t.status = 'queued'
                    AND NOT EXISTS (SELECT FROM run_queue q WHERE q.run_id = t.run_id)
                    AND NOT EXISTS (SELECT FROM parked_runs p WHERE p.run_id = t.run_id)
                """) == 0, "a ready run is in no queue", sourceLocation: location)
    }
}

/// Makes a room.
private struct NewRoom: Command {
    let roomID: ID<Room>

    var workspaceID: ID<Workspace> { KernelFixture.workspace }
    var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.opened = needs.streams
        needs.rows.rooms.want(roomID)
        return needs
    }

    func decide(_ state: inout FlushState) throws(Problem) {
        try state.record(
            .created(name: "a room"), on: roomID, in: \.rooms,
            state.context(.room(roomID), by: KernelFixture.actor, traceID: KernelFixture.trace))
    }
}
