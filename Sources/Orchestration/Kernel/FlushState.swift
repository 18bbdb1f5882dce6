// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
package import Store

/// The locked rows of one flush, as the commands of the flush change them one after the other.
package struct FlushState: Sendable {
    package let workspaceID: ID<Workspace>
    /// The time of everything this flush records.
    package let now: Timestamp

    private var loaded: [ID<WorkTask>: TaskAggregate] = [:]
    private(set) var tasks: [ID<WorkTask>: TaskAggregate] = [:]
    private(set) var createdTasks: [ID<WorkTask>] = []
    package private(set) var agents: [String: Agent] = [:]
    /// Rows of projections, by kind.
    package private(set) var rows: Ledgers
    private var keys: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]

    private(set) var events: [Event] = []
    private(set) var changedAgents: [Agent] = []
    /// Large bytes of artifacts of this flush.
    private(set) var contents: [ArtifactContent] = []
    private(set) var enqueued: [ID<WorkTask>] = []
    private(set) var delayed: [ID<WorkTask>] = []
    private(set) var taken: [HeldLease] = []
    private(set) var dropped: [ID<Run>] = []
    /// Runs that wait for people as of this flush, and those that do not any more.
    private(set) var paused: [ID<Run>] = []
    private(set) var resumed: [ID<Run>] = []
    private(set) var dequeued: [QueuedRun] = []
    private(set) var parked: [(run: QueuedRun, use: LimitUse, wait: Duration?)] = []
    private(set) var limited: [(runID: ID<Run>, use: LimitUse)] = []
    private(set) var dependencies: [(task: WorkTask, on: ID<WorkTask>)] = []
    private(set) var restoredRooms: [ID<Room>] = []

    /// Ready runs nobody of this flush has claimed yet, best first.
    package var ready: [QueuedRun] = []
    /// How many runs of each agent are held, claims of this flush included.
    package var held: [String: Int] = [:]
    package let due: [QueuedRun]
    package let orphans: [HeldLease]
    package let overdue: [HeldLease]
    package let settled: [SettledDependency]
    /// Of the keys that ready runs count against, what is used, claims of this flush included.
    private(set) var usage: [LimitUse: LimitUsage] = [:]
    /// Sessions that this flush has found to be over.
    package let expired: [ExpiredSession]
    /// Approvals whose time is over.
    package let dueApprovals: [DueApproval]

    init(workspaceID: ID<Workspace>, now: Timestamp, picks: FlushPicks = FlushPicks(), rows: FlushRows = FlushRows()) {
        self.workspaceID = workspaceID
        self.now = now
        ready = picks.ready
        held = picks.held
        due = picks.due
        orphans = picks.orphans
        overdue = picks.overdue
        settled = picks.settled
        for usage in rows.usage { self.usage[usage.use] = usage }
        expired = picks.expired
        dueApprovals = picks.dueApprovals
        for aggregate in rows.tasks { loaded[aggregate.task.id] = aggregate }
        tasks = loaded
        keys = rows.keys
        self.rows = rows.ledgers
        for agent in rows.agents { agents[agent.name] = agent }
    }

    // MARK: Reading

    package func task(_ id: ID<WorkTask>) throws(Problem) -> TaskAggregate {
        guard let aggregate = tasks[id] else { throw .notFound("task", id.rawValue) }
        return aggregate
    }

    /// The task that has used an idempotency key, earlier or in this flush.
    package func task(withKey key: String) -> (task: ID<WorkTask>, hash: [UInt8])? { keys[key] }

    // MARK: Recording

    /// Creates a task with its first run.
    package mutating func create(_ request: TaskRequest, in creation: TaskCreation) -> WorkTask {
        let aggregate = TaskAggregate(request, in: creation)
        let task = aggregate.task
        tasks[task.id] = aggregate
        createdTasks.append(task.id)
        if let key = task.idempotencyKey { keys[key] = (task.id, task.idempotencyHash ?? []) }
        append(.created(request), after: aggregate, run: task.runID, epoch: 0, by: creation.by)
        if task.status == .scheduled { delayed.append(task.id) } else { enqueued.append(task.id) }
        for id in request.dependencies.after where tasks[id]?.task.status.isFinal != true {
            dependencies.append((task, id))
        }
        return task
    }

    /// Lets `event` happen to a task, with what follows from it for the queue and the leases.
    package mutating func record(_ event: TaskEvent, on id: ID<WorkTask>, by actor: Principal) {
        guard var aggregate = tasks[id] else { return }
        let run = aggregate.run
        aggregate.apply(event, at: now)
        tasks[id] = aggregate
        let subject: ID<Run> =
            switch event {
            case .retriedByHand(let fresh): fresh
            case .replayed(let replay): replay.id
            default: run.id
            }
        append(event, after: aggregate, run: subject, epoch: run.epoch, by: actor)
        switch event {
        case .created: break
        case .edited(let edit):
            // The old entry of the queue is found stale when it is claimed.
            if edit.priority != nil, aggregate.task.status == .queued { enqueued.append(id) }
        case .due, .retriedByHand, .replayed: enqueued.append(id)
        case .unblocked:
            if aggregate.task.status == .queued { enqueued.append(id) } else { delayed.append(id) }
        case .claimed(let epoch, let session):
            let limit = Duration.seconds(aggregate.task.timeoutSeconds)
            take(Lease(runID: run.id, epoch: epoch, workerSessionID: session), aggregate.task, until: now + limit)
        case .started(let epoch, let session):
            guard run.epoch < epoch else { break }
            take(Lease(runID: run.id, epoch: epoch, workerSessionID: session), aggregate.task, until: nil)
        case .leaseLost, .released:
            dropped.append(run.id)
            enqueued.append(id)
        case .failed(_, let next):
            dropped.append(run.id)
            if next != nil { delayed.append(id) }
        case .waiting:
            resumed.removeAll { $0 == run.id }
            paused.append(run.id)
        case .resumed:
            paused.removeAll { $0 == run.id }
            resumed.append(run.id)
        case .completed, .cancelled, .completedByHand, .failedByHand:
            if !run.status.isFinal { dropped.append(run.id) }
        }
        cancelApprovals(after: event, to: run.id, of: aggregate.task, by: actor)
    }

    private mutating func take(_ lease: Lease, _ task: WorkTask, until timeout: Timestamp?) {
        taken.append(
            HeldLease(lease: lease, taskID: task.id, roomID: task.roomID, agent: task.agent, timeoutAt: timeout))
        for use in task.limits {
            limited.append((lease.runID, use))
            usage[use]?.take()
        }
    }

    /// Takes a run off the ready queue if one of its limits holds it up, and says whether that is so.
    package mutating func park(_ run: QueuedRun) -> Bool {
        for use in run.limits {
            guard let wait = usage[use]?.wait else { continue }
            dequeued.append(run)
            parked.append((run, use, wait == .zero ? nil : wait))
            return true
        }
        return false
    }

    /// Takes an entry off the ready queue, whether its run is claimed or found to be off already.
    package mutating func dequeue(_ run: QueuedRun) { dequeued.append(run) }

    /// Queues what waited while the room was archived; to be called after the rows of tasks are decided.
    package mutating func requeue(_ room: ID<Room>) { restoredRooms.append(room) }

    /// Lets `event` happen to a row. The row must be there unless the event makes it.
    package mutating func record<Store: LedgerStore>(
        _ event: Store.Event, on key: Store.Event.Key, in ledger: WritableKeyPath<Ledgers, Ledger<Store>>,
        _ context: EventContext
    ) throws(Problem) {
        guard let row = event.applied(to: rows[keyPath: ledger][key], key: key, in: context) else {
            throw Problem(.notFound, "There is no such thing as \(key) in \(Store.table).")
        }
        rows[keyPath: ledger].put(row, at: key)
        events.append(Event(event.name, context, body: event.body(of: row)))
    }

    /// What events of this flush say beside what happened, for a caller without a task.
    package func context(_ stream: StreamKey, by actor: Principal, traceID: String) -> EventContext {
        EventContext(workspaceID: workspaceID, stream: stream, actor: actor, traceID: traceID, occurredAt: now)
    }

    /// Has the bytes of an artifact kept, which its event only names by their hash.
    package mutating func keep(_ content: ArtifactContent) { contents.append(content) }

    /// Records an event that changes no row.
    package mutating func note(_ type: String, body: [UInt8], _ context: EventContext) {
        events.append(Event(type, context, body: body))
    }

    package mutating func register(_ agent: Agent, by actor: Principal, traceID: String) {
        agents[agent.name] = agent
        changedAgents.removeAll { $0.name == agent.name }
        changedAgents.append(agent)
        note(
            AgentEvent.registered, body: AgentEvent.body(agent),
            context(.workspace(workspaceID), by: actor, traceID: traceID))
    }

    private mutating func append(
        _ event: TaskEvent, after aggregate: TaskAggregate, run: ID<Run>, epoch: Int, by actor: Principal
    ) {
        let task = aggregate.task
        events.append(
            Event(
                id: .timeOrdered(at: now), workspaceID: workspaceID, stream: .room(task.roomID), type: event.name,
                actor: actor, taskID: task.id, runID: run, correlationID: task.correlationID, traceID: task.traceID,
                idempotencyKey: createdKey(event, task), occurredAt: now, body: event.body(after: task, epoch: epoch)))
    }

    private func createdKey(_ event: TaskEvent, _ task: WorkTask) -> String? {
        if case .created = event { task.idempotencyKey } else { nil }
    }

    // MARK: What is to be written

    /// Whether anything was recorded.
    var isUnchanged: Bool { events.isEmpty && dequeued.isEmpty }

    /// Tasks and runs that are new, and those that differ from what was loaded.
    var taskRows: (newTasks: [WorkTask], changedTasks: [WorkTask], newRuns: [Run], changedRuns: [Run]) {
        let created = Set(createdTasks)
        var newRuns: [Run] = []
        var changedTasks: [WorkTask] = []
        var changedRuns: [Run] = []
        for (id, aggregate) in tasks {
            let before = loaded[id]
            if !created.contains(id), let before, before.task != aggregate.task {
                changedTasks.append(aggregate.task.withoutInput(unlessItDiffersFrom: before.task))
            }
            let known = before.map { [$0.run.id: $0.run] } ?? [:]
            for run in aggregate.runs {
                if let old = known[run.id] {
                    if old != run { changedRuns.append(run) }
                } else {
                    newRuns.append(run)
                }
            }
        }
        return (createdTasks.compactMap { tasks[$0]?.task }, changedTasks, newRuns, changedRuns)
    }

    /// Current states of tasks that were put into a queue, each once.
    func states(of ids: [ID<WorkTask>], in status: TaskStatus) -> [WorkTask] {
        var seen: Set<ID<WorkTask>> = []
        return ids.compactMap { id in
            guard seen.insert(id).inserted, let task = tasks[id]?.task, task.status == status else { return nil }
            return task
        }
    }

    /// Leases taken and not given back within the same flush.
    var leases: [HeldLease] { taken.filter { held in !dropped.contains(held.lease.runID) } }

    /// Runs with limits that are no longer held.
    var freed: [(runID: ID<Run>, limits: [LimitUse])] {
        guard !dropped.isEmpty else { return [] }
        let gone = Set(dropped)
        return tasks.values.compactMap { aggregate in
            guard !aggregate.task.limits.isEmpty, let run = aggregate.runs.first(where: { gone.contains($0.id) }) else {
                return nil
            }
            return (run.id, aggregate.task.limits)
        }
    }

    /// By how many tasks each stage of the pipeline grows or shrinks.
    var pipelineMoves: [PipelineStage: Int] {
        var moves: [PipelineStage: Int] = [:]
        for (id, aggregate) in tasks {
            if let before = loaded[id] { moves[PipelineStage(before.task.status), default: 0] -= 1 }
            moves[PipelineStage(aggregate.task.status), default: 0] += 1
        }
        return moves.filter { $0.value != 0 }
    }

    /// Tasks that have ended in this flush.
    var ended: [WorkTask] {
        tasks.values.compactMap { aggregate in
            let task = aggregate.task
            guard task.status.isFinal, loaded[task.id]?.task.status != task.status else { return nil }
            return task
        }
    }
}

/// What a flush loaded under its locks.
package struct FlushRows: Sendable {
    var tasks: [TaskAggregate] = []
    var keys: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]
    var ledgers = Ledgers()
    var agents: [Agent] = []
    var usage: [LimitUsage] = []
}

extension WorkTask {
    /// An input that was only read need not be written again; empty says so to the store.
    fileprivate func withoutInput(unlessItDiffersFrom before: WorkTask) -> WorkTask {
        guard before.input == input else { return self }
        var task = self
        task.input = []
        return task
    }
}
