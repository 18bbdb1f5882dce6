// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Store

/// The locked rows of one flush, as the commands of the flush change them one after the other.
package struct FlushState: Sendable {
    package let workspaceID: ID<Workspace>
    /// The time of everything this flush records.
    package let now: Timestamp

    private(set) var loaded: [ID<WorkTask>: TaskAggregate] = [:]
    private(set) var tasks: [ID<WorkTask>: TaskAggregate] = [:]
    private(set) var createdTasks: [ID<WorkTask>] = []
    package private(set) var agents: [String: Agent] = [:]
    /// Rows of projections, by kind.
    package private(set) var rows: Ledgers
    /// Whether anything has happened to them.
    private(set) var hasRecordedRows = false
    private var keys: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]
    private var knownEvents: Set<UUID> = []

    private(set) var events: [Event] = []
    /// What the command that is being decided has recorded last; what it says of a task it says in one go.
    private var said: (event: UUID, task: ID<WorkTask>?)?
    private(set) var changedAgents: [Agent] = []
    /// Large bytes of artifacts of this flush.
    private(set) var contents: [ArtifactContent] = []
    private(set) var enqueued: [ID<WorkTask>] = []
    private(set) var delayed: [ID<WorkTask>] = []
    /// Leases that were taken in this flush and not given back in it.
    private(set) var taken: [ID<Run>: HeldLease] = [:]
    /// Runs whose lease of before this flush has ended; they may have been taken again.
    private(set) var dropped: [ID<Run>] = []
    /// Runs that wait for people as of this flush, and those that do not any more.
    private(set) var paused: [ID<Run>] = []
    private(set) var resumed: [ID<Run>] = []
    private(set) var dequeued: [QueuedRun] = []
    private(set) var parked: [(run: QueuedRun, use: LimitUse)] = []
    /// Entries of the ready queue that were left over of runs that have ended or are held.
    private(set) var stale: [QueuedRun] = []
    /// Runs that were held and are not any more.
    private(set) var released: [(runID: ID<Run>, agent: String, limits: [LimitUse])] = []
    /// Runs that stand in no line of a limit any more.
    private(set) var unlined: [ID<Run>] = []
    /// How many runs may come back, for each key, as far as there are places.
    private(set) var chances: [LimitUse: Int] = [:]
    /// What the runs that were taken in this flush count against.
    private(set) var limited: [(runID: ID<Run>, use: LimitUse)] = []
    private(set) var dependencies: [(task: WorkTask, on: ID<WorkTask>)] = []
    private(set) var restoredRooms: [ID<Room>] = []

    /// Ready runs nobody of this flush has claimed yet, best first.
    package var ready: [QueuedRun] = []
    /// How many runs of each agent are held, claims of this flush included.
    package var held: [String: Int] = [:]
    /// Levels of the ready queue in which entries were passed over that stay.
    package var passed: Set<QueueStore.Level> = []
    /// Queues of which everything that was ready is in `ready`.
    package let exhausted: Set<String>
    /// Agents whose runs may be handed out by the very flush that makes them.
    let startable: Set<String>
    /// Those of the wanted worker sessions that are open.
    package let sessions: Set<ID<WorkerSession>>
    package let due: [QueuedRun]
    /// Leases to be taken back.
    package let endedLeases: [EndedLease]
    package let settled: [SettledDependency]
    /// Of the keys that ready runs count against, what is used, claims of this flush included.
    private(set) var usage: [LimitUse: LimitUsage] = [:]
    /// Approvals whose time is over.
    package let dueApprovals: [DueApproval]

    init(workspaceID: ID<Workspace>, now: Timestamp, picks: FlushPicks = FlushPicks(), rows: FlushRows = FlushRows()) {
        self.workspaceID = workspaceID
        self.now = now
        ready = picks.ready.runs
        passed = picks.ready.passed
        held = picks.held
        exhausted = picks.ready.exhausted
        startable = picks.startable
        sessions = picks.sessions
        due = picks.due
        endedLeases = picks.endedLeases
        settled = picks.settled
        for usage in rows.usage { self.usage[usage.use] = usage }
        dueApprovals = picks.dueApprovals
        for aggregate in rows.tasks { loaded[aggregate.task.id] = aggregate }
        tasks = loaded
        keys = rows.keys
        knownEvents = rows.events
        self.rows = rows.ledgers
        for agent in rows.agents { agents[agent.name] = agent }
        for run in picks.ready.blocked { line(up: run) }
        for run in picks.ready.over { dequeue(run) }
        for use in picks.ready.over.flatMap(\.limits) { chances[use, default: 0] += 1 }
    }

    // MARK: Reading

    package func task(_ id: ID<WorkTask>) throws(Problem) -> TaskAggregate {
        guard let aggregate = tasks[id] else { throw .notFound("task", id.rawValue) }
        return aggregate
    }

    /// The task that has used an idempotency key, earlier or in this flush.
    package func task(withKey key: String) -> (task: ID<WorkTask>, hash: [UInt8])? { keys[key] }

    // MARK: Recording

    /// To be called before each command is decided.
    mutating func beginCommand() { said = nil }

    /// Creates a task with its first run, because of an event: the one that the command has recorded before unless given.
    package mutating func create(
        _ request: TaskRequest, in creation: TaskCreation, because cause: UUID? = nil
    ) -> WorkTask {
        let aggregate = TaskAggregate(request, in: creation)
        let task = aggregate.task
        tasks[task.id] = aggregate
        createdTasks.append(task.id)
        if let key = task.idempotencyKey { keys[key] = (task.id, task.idempotencyHash ?? []) }
        append(
            .created(request), as: creation.eventID, because: cause ?? said?.event, after: aggregate, run: task.runID,
            epoch: 0, by: creation.by)
        if task.status == .scheduled { delayed.append(task.id) } else { enqueued.append(task.id) }
        for id in request.dependencies.after where tasks[id]?.task.status.isFinal != true {
            dependencies.append((task, id))
        }
        return task
    }

    /// Lets `event` happen to a task, with what follows from it for the queue and the leases. `isTimed` says of a claim
    /// that the time limit of the run is watched here and not by the one who claimed it. It happens because of what the
    /// command has said of the task before, or else of what happened to the task last, unless another cause is given.
    package mutating func record(
        _ event: TaskEvent, on id: ID<WorkTask>, by actor: Principal, isTimed: Bool = false, because cause: UUID? = nil
    ) {
        guard var aggregate = tasks[id] else { return }
        let run = aggregate.run
        let cause = cause ?? self.cause(of: id)
        let eventID = UUID.timeOrdered(at: now)
        aggregate.apply(event, as: eventID, at: now)
        tasks[id] = aggregate
        let subject: ID<Run> =
            switch event {
            case .retriedByHand(let fresh): fresh
            case .replayed(let replay): replay.id
            default: run.id
            }
        append(event, as: eventID, because: cause, after: aggregate, run: subject, epoch: run.epoch, by: actor)
        switch event {
        case .created: break
        case .edited(let edit):
            // The old entry of the queue is found stale when it is claimed.
            guard edit.priority != nil, aggregate.task.status == .queued else { break }
            enqueued.append(id)
            leaveLine(run.id, aggregate.task)
        case .due, .retriedByHand, .replayed: enqueued.append(id)
        case .unblocked:
            if aggregate.task.status == .queued { enqueued.append(id) } else { delayed.append(id) }
        case .claimed(let epoch, let session), .started(let epoch, let session):
            // What was claimed before is not taken again when it starts.
            guard run.epoch < epoch else { break }
            let limit = isTimed ? Duration.seconds(aggregate.task.timeoutSeconds) : nil
            take(Lease(runID: run.id, epoch: epoch, workerSessionID: session), aggregate.task, within: limit)
        case .leaseLost, .released:
            giveBack(run, aggregate.task)
            enqueued.append(id)
        case .failed(_, let next):
            giveBack(run, aggregate.task)
            if next != nil { delayed.append(id) }
        case .waiting:
            resumed.removeAll { $0 == run.id }
            paused.append(run.id)
        case .resumed:
            paused.removeAll { $0 == run.id }
            resumed.append(run.id)
        case .completed, .cancelled, .completedByHand, .failedByHand: giveBack(run, aggregate.task)
        }
        cancelApprovals(after: event, to: run.id, of: aggregate.task, by: actor)
    }

    private mutating func take(_ lease: Lease, _ task: WorkTask, within limit: Duration?) {
        taken[lease.runID] = HeldLease(
            lease: lease, taskID: task.id, roomID: task.roomID, agent: task.agent, timeLimit: limit)
        leaveLine(lease.runID, task)
        for use in task.limits {
            limited.append((lease.runID, use))
            usage[use]?.take()
        }
    }

    /// `run` is as it was before the event that ended it, or its lease.
    private mutating func giveBack(_ run: Run, _ task: WorkTask) {
        guard !run.status.isFinal else { return }
        guard run.status == .running || run.status == .waiting else { return leaveLine(run.id, task) }
        if taken.removeValue(forKey: run.id) == nil { dropped.append(run.id) }
        released.append((run.id, task.agent, task.limits))
        // What is claimed after this in the same flush finds the place.
        if let count = held[task.agent], count > 0 { held[task.agent] = count - 1 }
        for use in task.limits { chances[use, default: 0] += 1 }
    }

    private mutating func leaveLine(_ runID: ID<Run>, _ task: WorkTask) {
        if !task.limits.isEmpty { unlined.append(runID) }
    }

    /// Does away with the lease of a run that is not held at all; says whether that was so.
    package mutating func drop(_ held: HeldLease) -> Bool {
        if let aggregate = tasks[held.taskID], aggregate.run.id == held.lease.runID,
            aggregate.run.status == .running || aggregate.run.status == .waiting
        {
            return false
        }
        dropped.append(held.lease.runID)
        return true
    }

    /// Takes a run off the ready queue if one of its limits holds it up, and says whether that is so.
    package mutating func park(_ run: QueuedRun) -> Bool {
        guard run.limits.contains(where: { usage[$0]?.wait != nil }) else { return false }
        line(up: run)
        return true
    }

    /// Puts a run into the line of the limit that holds it up. It may have come back for a place under another one, or a
    /// place may have become free meanwhile; so whoever is first in any of these lines has its chance.
    private mutating func line(up run: QueuedRun) {
        guard let use = run.limits.first(where: { usage[$0]?.wait != nil }) ?? run.limits.first else { return }
        dequeued.append(run)
        parked.append((run, use))
        for use in run.limits { chances[use, default: 0] += 1 }
    }

    /// Takes an entry off the ready queue that is left over: its run has ended or is held.
    package mutating func discard(_ run: QueuedRun) {
        dequeued.append(run)
        stale.append(run)
        for use in run.limits { chances[use, default: 0] += 1 }
    }

    /// Takes an entry off the ready queue whose run is claimed.
    package mutating func dequeue(_ run: QueuedRun) { dequeued.append(run) }

    /// Queues what waited while the room was archived; to be called after the rows of tasks are decided.
    package mutating func requeue(_ room: ID<Room>) { restoredRooms.append(room) }

    /// Lets `event` happen to a row. The row must be there unless the event makes it.
    package mutating func record<Store: LedgerStore>(
        _ event: Store.Event, on key: Store.Event.Key, in ledger: WritableKeyPath<LedgerMembers, Ledger<Store>>,
        _ context: EventContext
    ) throws(Problem) {
        let id = UUID.timeOrdered(at: now)
        let earlier = rows[dynamicMember: ledger][key]
        guard let row = event.applied(to: earlier, key: key, in: context, as: id) else {
            throw Problem(.notFound, "There is no such thing as \(key) in \(Store.table).")
        }
        rows[dynamicMember: ledger].put(row, at: key)
        hasRecordedRows = true
        let last = Store.Event.lastEvent.flatMap { earlier?[keyPath: $0] }
        append(event.name, as: id, after: last, body: event.body(of: row), context)
    }

    /// What events of this flush say beside what happened, for a caller without a task.
    package func context(_ stream: StreamKey, by actor: Principal, traceID: String) -> EventContext {
        EventContext(workspaceID: workspaceID, stream: stream, actor: actor, traceID: traceID, occurredAt: now)
    }

    /// Has the bytes of an artifact kept, which its event only names by their hash.
    package mutating func keep(_ content: ArtifactContent) { contents.append(content) }

    /// Records an event that changes no row.
    package mutating func note(_ type: String, body: [UInt8], _ context: EventContext) {
        append(type, as: .timeOrdered(at: now), after: nil, body: body, context)
    }

    /// Records an event that somebody else tells, under the identifier that they gave it, unless it was recorded before;
    /// whether it was recorded now. The command must need its identifier.
    package mutating func report(_ report: RenderReport) -> Bool {
        guard knownEvents.insert(report.id).inserted else { return false }
        var context = EventContext(
            workspaceID: workspaceID, stream: RenderEvent.stream, actor: report.actor, traceID: report.traceID,
            occurredAt: report.occurredAt)
        context.zone = .supervised
        append(Event(report.event.rawValue, context, id: report.id, body: JSONValue.object(report.body).bytes))
        return true
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
        _ event: TaskEvent, as id: UUID, because cause: UUID?, after aggregate: TaskAggregate, run: ID<Run>, epoch: Int,
        by actor: Principal
    ) {
        let task = aggregate.task
        append(
            Event(
                id: id, workspaceID: workspaceID, stream: .room(task.roomID), type: event.name, actor: actor,
                taskID: task.id, runID: run, correlationID: task.correlationID, causationID: cause,
                traceID: task.traceID, idempotencyKey: createdKey(event, task), occurredAt: now,
                body: event.body(after: task, epoch: epoch)))
    }

    /// An event about something else than a task alone, which `last` was the last event of.
    private mutating func append(
        _ type: String, as id: UUID, after last: UUID?, body: [UInt8], _ context: EventContext
    ) {
        var context = context
        if context.causationID == nil {
            let task = context.taskID
            context.causationID = task.flatMap { saidOf($0) } ?? last ?? task.flatMap { cause(of: $0) }
        }
        append(Event(type, context, id: id, body: body))
    }

    private mutating func append(_ event: Event) {
        events.append(event)
        said = (event.id, event.taskID)
    }

    /// Why something happens to a task, or is said of it.
    private func cause(of task: ID<WorkTask>) -> UUID? { saidOf(task) ?? tasks[task]?.task.lastEventID }

    private func saidOf(_ task: ID<WorkTask>) -> UUID? { said?.task == task ? said?.event : nil }

    private func createdKey(_ event: TaskEvent, _ task: WorkTask) -> String? {
        if case .created = event { task.idempotencyKey } else { nil }
    }
}

/// What a flush loaded under its locks.
package struct FlushRows: Sendable {
    var tasks: [TaskAggregate] = []
    var keys: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]
    /// Those of the wanted events that were recorded before.
    var events: Set<UUID> = []
    var ledgers = Ledgers()
    var agents: [Agent] = []
    var usage: [LimitUsage] = []

    /// Takes over what is known to be so.
    mutating func add(_ known: KnownRows.Recollection) {
        tasks += known.tasks
        if !known.rooms.isEmpty { ledgers.rooms.fill(known.rooms) }
    }
}
