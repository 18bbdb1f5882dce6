// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// Applies events to whatever projections the connection's search path shows, a page at a time.
struct EventReplay {
    private let workspaceID: ID<Workspace>
    private var agents: [String: Agent] = [:]

    init(workspaceID: ID<Workspace>) { self.workspaceID = workspaceID }

    /// The kind of row that each type of event is about.
    private static let kinds: [String: LedgerKind] = {
        var kinds: [String: LedgerKind] = [:]
        for kind in Ledgers.kinds { for name in kind.eventNames { kinds[name] = kind } }
        return kinds
    }()

    /// Applies a page of events that follow those applied before.
    mutating func apply(_ events: [RecordedEvent], on connection: PostgresConnection) async throws {
        var tasks = try await loadTasks(events, on: connection)
        let before = tasks
        let bodies = try events.map { recorded in
            EventBody(type: recorded.event.type, object: try JSONValue.parse(recorded.event.body).object ?? [:])
        }
        var ledgers = try await loadRows(events, bodies, on: connection)
        var changedAgents: [String: Agent] = [:]
        for (recorded, body) in zip(events, bodies) {
            let event = recorded.event
            if let kind = Self.kinds[event.type] {
                try kind.apply(event, body, &ledgers)
                continue
            }
            switch event.type {
            case AgentEvent.registered:
                let name = body.text("name") ?? ""
                let agent = try AgentEvent.agent(
                    from: .object(body.object), in: workspaceID, previous: agents[name], at: event.occurredAt)
                agents[name] = agent
                changedAgents[name] = agent
            // Another daemon's: no row of ours follows from it.
            case let type where RenderEvent.names.contains(type): break
            default: try apply(event, .object(body.object), to: &tasks)
            }
        }
        try await write(
            tasks, before: before, rows: ledgers, agents: changedAgents, news: NotificationStore.insert(events),
            on: connection)
    }

    /// A task as its events leave it; nil when they do not begin with its creation. Events that are about something else of
    /// the task, such as a message, change nothing.
    func task(_ id: ID<WorkTask>, from events: [RecordedEvent]) throws -> TaskAggregate? {
        var tasks: [ID<WorkTask>: TaskAggregate] = [:]
        for recorded in events where TaskEvent.names.contains(recorded.event.type) {
            try apply(recorded.event, try JSONValue.parse(recorded.event.body), to: &tasks)
        }
        return tasks[id]
    }

    private func apply(
        _ event: Event, _ body: JSONValue, to tasks: inout [ID<WorkTask>: TaskAggregate]
    ) throws {
        let happened = try TaskEvent(type: event.type, runID: event.runID, body: body)
        guard let taskID = event.taskID, let runID = event.runID else {
            throw EventDecodingError(eventType: event.type, member: "task_id")
        }
        if case .created(let request) = happened, case .room(let roomID) = event.stream {
            let creation = TaskCreation(
                eventID: event.id, workspaceID: workspaceID, roomID: roomID, taskID: taskID, runID: runID,
                correlationID: event.correlationID, traceID: event.traceID, idempotencyKey: event.idempotencyKey,
                by: event.actor, at: event.occurredAt)
            tasks[taskID] = TaskAggregate(request, in: creation)
        } else {
            guard tasks[taskID] != nil else { throw EventDecodingError(eventType: event.type, member: "task_id") }
            tasks[taskID]?.apply(happened, as: event.id, at: event.occurredAt)
        }
    }

    /// Tasks of earlier pages that this one goes on with.
    private func loadTasks(
        _ events: [RecordedEvent], on connection: PostgresConnection
    ) async throws -> [ID<WorkTask>: TaskAggregate] {
        let ids = Set(events.compactMap(\.event.taskID))
        guard !ids.isEmpty else { return [:] }
        let statement = TaskStore.load(workspaceID, ids.map { TaskStore.Wanted(id: $0) })
        let loaded = try statement.decode(try await connection.query(statement.sql))
        return Dictionary(uniqueKeysWithValues: loaded.map { ($0.task.id, $0) })
    }

    /// Rows of earlier pages that this one goes on with.
    private func loadRows(
        _ events: [RecordedEvent], _ bodies: [EventBody], on connection: PostgresConnection
    ) async throws -> Ledgers {
        var ledgers = Ledgers()
        for (recorded, body) in zip(events, bodies) {
            try Self.kinds[body.type]?.want(recorded.event.context, body, &ledgers)
        }
        var batch = StatementBatch()
        let fillings = Ledgers.kinds.compactMap { $0.load(ledgers, workspaceID, &batch) }
        guard !batch.isEmpty else { return ledgers }
        let results = try await batch.run(on: connection)
        for fill in fillings { try fill(results, &ledgers) }
        return ledgers
    }

    private func write(
        _ tasks: [ID<WorkTask>: TaskAggregate], before: [ID<WorkTask>: TaskAggregate], rows: Ledgers,
        agents: [String: Agent], news: SQL?, on connection: PostgresConnection
    ) async throws {
        var batch = StatementBatch()
        if let news { batch.add(news) }
        let new = tasks.values.filter { before[$0.task.id] == nil }
        let changed = tasks.values.filter { aggregate in before[aggregate.task.id].map { $0 != aggregate } ?? false }
        if !new.isEmpty { batch.add(TaskStore.insert(new.map(\.task))) }
        if let labels = TaskStore.insertLabels(of: new.map(\.task)) { batch.add(labels) }
        if !changed.isEmpty { batch.add(TaskStore.update(changed.map(\.task))) }
        let newRuns = new.flatMap(\.runs) + changed.flatMap { $0.runs.dropFirst() }
        let changedRuns = changed.map { $0.runs[0] }
        if !newRuns.isEmpty { batch.add(TaskStore.insert(newRuns)) }
        if !changedRuns.isEmpty { batch.add(TaskStore.update(changedRuns)) }
        for kind in Ledgers.kinds { kind.write(rows, &batch) }
        if !agents.isEmpty { batch.add(AgentStore.upsert(Array(agents.values))) }
        if !batch.isEmpty { _ = try await batch.run(on: connection) }
    }
}
