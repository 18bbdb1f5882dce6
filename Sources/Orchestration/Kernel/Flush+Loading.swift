// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Postgres
import Store

/// The ends of the logs that a flush has locked.
struct FlushHeads {
    var streams: [StreamKey: Int64]
    var workspace: WorkspaceHead?
    /// When the locks were ours, by the one clock that all orchestrators share: what is decided to happen later is
    /// found due by it, too.
    var time: Timestamp
}

// The second round trip: lock and load.
extension Flush {
    /// Locks the heads and loads what is needed. What is known is not loaded, unless the log has moved; then it is, in a round
    /// trip more.
    func lockAndLoad(
        _ wanted: CommandNeeds, begins: Bool, uses: Set<LimitUse>, on connection: PostgresConnection
    ) async throws -> (FlushHeads, FlushRows, [UUID: [UInt8]?]) {
        var batch = StatementBatch()
        if begins { batch.beginFlush() }
        var needs = wanted
        let recollection = known.recall(&needs)
        let streams = Self.inOrder(needs.streams)
        if needs.opensWorkspace {
            batch.add(EventStore.openWorkspaceHead(workspaceID))
            batch.add(PipelineStore.open(workspaceID))
        }
        if !needs.opened.isEmpty {
            batch.add(EventStore.openStreamHeads(workspaceID, streams.filter { needs.opened.contains($0) }))
        }
        let heads = batch.add(EventStore.lockStreamHeads(workspaceID, streams))
        // Only after the heads are ours: an earlier try that is still committing held them until it was through.
        let done = mayBeDone ? batch.add(DedupStore.committed(commands.map(\.id))) : nil
        let loading = RowLoading(needs, of: workspaceID, into: &batch)
        let workspace = batch.add(EventStore.lockWorkspaceHead(workspaceID))
        let clock = batch.add(EventStore.clock)
        // Only now: whoever gives a place back holds that lock, and looks for parked runs before it lets go.
        let usage = uses.isEmpty ? nil : batch.add(LimitStore.usage(workspaceID, Array(uses)))
        let results = try await batch.run(on: connection)
        let found = FlushHeads(
            streams: try results(heads), workspace: try results(workspace), time: try results(clock))
        var rows = FlushRows()
        try loading.fill(&rows, from: results)
        if let usage { rows.usage = try results(usage) }
        if let recollection {
            if recollection.head == found.workspace {
                rows.add(recollection)
            } else {
                try await load(recollection.needs, into: &rows, on: connection)
            }
        }
        known.note(head: found.workspace, time: found.time)
        return (found, rows, try done.map { try results($0) } ?? [:])
    }

    private func load(
        _ needs: CommandNeeds, into rows: inout FlushRows, on connection: PostgresConnection
    ) async throws {
        var batch = StatementBatch()
        let loading = RowLoading(needs, of: workspaceID, into: &batch)
        guard !batch.isEmpty else { return }
        try loading.fill(&rows, from: try await batch.run(on: connection))
    }
}

/// The statements of a batch that load what commands need.
private struct RowLoading {
    private let tasks: StatementBatch.Ticket<[TaskAggregate]>?
    private let openApprovals: StatementBatch.Ticket<[Approval]>?
    private let keys: StatementBatch.Ticket<[String: (task: ID<WorkTask>, hash: [UInt8])]>?
    private let fillings: [LedgerKind.Filling]
    private let events: StatementBatch.Ticket<Set<UUID>>?
    private let agents: [StatementBatch.Ticket<AgentPresence?>]

    init(_ needs: CommandNeeds, of workspaceID: ID<Workspace>, into batch: inout StatementBatch) {
        tasks = needs.tasks.isEmpty ? nil : batch.add(TaskStore.load(workspaceID, Self.distinct(needs.tasks)))
        // Whatever ends a run ends what it asked people for.
        openApprovals =
            needs.tasks.isEmpty
            ? nil : batch.add(ApprovalStore.open(of: Array(Set(needs.tasks.map(\.id))), in: workspaceID))
        keys =
            needs.idempotencyKeys.isEmpty
            ? nil : batch.add(TaskStore.tasks(withKeys: needs.idempotencyKeys, in: workspaceID))
        fillings = Ledgers.kinds.compactMap { $0.load(needs.rows, workspaceID, &batch) }
        events = needs.eventIDs.isEmpty ? nil : batch.add(EventStore.known(needs.eventIDs, in: workspaceID))
        agents = needs.agents.map { batch.add(AgentStore.agent($0, in: workspaceID)) }
    }

    func fill(_ rows: inout FlushRows, from results: StatementBatch.Results) throws {
        if let tasks { rows.tasks += try results(tasks) }
        if let keys { rows.keys.merge(try results(keys)) { $1 } }
        if let events { rows.events.formUnion(try results(events)) }
        for fill in fillings { try fill(results, &rows.ledgers) }
        if let openApprovals { rows.ledgers.approvals.fill(try results(openApprovals)) }
        rows.agents += try agents.compactMap { try results($0)?.agent }
    }

    /// Each task once; with its input if any command wants it.
    private static func distinct(_ wanted: [TaskStore.Wanted]) -> [TaskStore.Wanted] {
        var inputs: [ID<WorkTask>: Bool] = [:]
        for task in wanted { inputs[task.id, default: false] = inputs[task.id] == true || task.withInput }
        return inputs.map { TaskStore.Wanted(id: $0.key, withInput: $0.value) }
    }
}
