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
    private(set) var enqueued: [ID<WorkTask>] = []
    private(set) var delayed: [ID<WorkTask>] = []
    private(set) var taken: [HeldLease] = []
    private(set) var dropped: [ID<Run>] = []
    private(set) var dequeued: [QueuedRun] = []

    /// Ready runs nobody of this flush has claimed yet, best first.
    package var ready: [QueuedRun] = []
    /// How many runs of each agent are held, claims of this flush included.
    package var held: [String: Int] = [:]
    package let due: [QueuedRun]
    package let orphans: [HeldLease]

    init(workspaceID: ID<Workspace>, now: Timestamp, picks: FlushPicks = FlushPicks(), rows: FlushRows = FlushRows()) {
        self.workspaceID = workspaceID
        self.now = now
        ready = picks.ready
        held = picks.held
        due = picks.due
        orphans = picks.orphans
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
        append(.created(request), after: aggregate, run: task.runID, by: creation.by)
        if task.status == .scheduled { delayed.append(task.id) } else { enqueued.append(task.id) }
        return task
    }

    /// Lets `event` happen to a task, with what follows from it for the queue and the leases.
    package mutating func record(_ event: TaskEvent, on id: ID<WorkTask>, by actor: Principal) {
        guard var aggregate = tasks[id] else { return }
        let run = aggregate.run
        aggregate.apply(event, at: now)
        tasks[id] = aggregate
        let subject: ID<Run> = if case .retriedByHand(let fresh) = event { fresh } else { run.id }
        append(event, after: aggregate, run: subject, by: actor)
        switch event {
        case .created: break
        case .edited(let edit):
            // The old entry of the queue is found stale when it is claimed.
            if edit.priority != nil, aggregate.task.status == .queued { enqueued.append(id) }
        case .due, .retriedByHand: enqueued.append(id)
        case .started(let epoch, let session):
            taken.append(
                HeldLease(
                    lease: Lease(runID: run.id, epoch: epoch, workerSessionID: session), taskID: id,
                    roomID: aggregate.task.roomID, agent: aggregate.task.agent))
        case .leaseLost:
            dropped.append(run.id)
            enqueued.append(id)
        case .failed(_, let next):
            dropped.append(run.id)
            if next != nil { delayed.append(id) }
        case .completed, .cancelled, .completedByHand, .failedByHand:
            if !run.status.isFinal { dropped.append(run.id) }
        }
    }

    /// Takes an entry off the ready queue, whether its run is claimed or found to be off already.
    package mutating func dequeue(_ run: QueuedRun) { dequeued.append(run) }

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
        _ event: TaskEvent, after aggregate: TaskAggregate, run: ID<Run>, by actor: Principal
    ) {
        let task = aggregate.task
        events.append(
            Event(
                id: .timeOrdered(at: now), workspaceID: workspaceID, stream: .room(task.roomID), type: event.name,
                actor: actor, taskID: task.id, runID: run, correlationID: task.correlationID, traceID: task.traceID,
                idempotencyKey: createdKey(event, task), occurredAt: now, body: event.body(after: task)))
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
}

/// What a flush picked before it knew what to lock.
package struct FlushPicks: Sendable {
    var ready: [QueuedRun] = []
    var held: [String: Int] = [:]
    var due: [QueuedRun] = []
    var orphans: [HeldLease] = []
    /// Whether the picking itself deleted rows, which has to be committed even if nothing else happens.
    var hasChangedRows = false
}

/// What a flush loaded under its locks.
package struct FlushRows: Sendable {
    var tasks: [TaskAggregate] = []
    var keys: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]
    var ledgers = Ledgers()
    var agents: [Agent] = []
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
