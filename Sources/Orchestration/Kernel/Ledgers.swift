// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
package import Store

/// One ledger of each kind of rows. To add a kind is to add one member, one line to `merge` and one to `Ledgers.kinds`.
package struct LedgerMembers: Sendable {
    package var workspaces = Ledger<WorkspaceStore>()
    package var rooms = Ledger<RoomStore>()
    package var limits = Ledger<LimitStore>()
    package var queues = Ledger<AgentQueueStore>()
    package var steps = Ledger<StepStore>()
    package var toolCalls = Ledger<ToolCallStore>()
    package var artifacts = Ledger<ArtifactStore>()
    package var approvals = Ledger<ApprovalStore>()
    package var threads = Ledger<ThreadStore>()
    package var messages = Ledger<MessageStore>()
    package var incidents = Ledger<IncidentStore>()
    package var schedules = Ledger<ScheduleStore>()
    package var hooks = Ledger<HookStore>()

    /// Wants what `other` wants, too. By name and not by key path, since reading through one copies all members: that was a
    /// twentieth of what the kernel takes.
    fileprivate mutating func merge(_ other: borrowing LedgerMembers) {
        workspaces.merge(other.workspaces)
        rooms.merge(other.rooms)
        limits.merge(other.limits)
        queues.merge(other.queues)
        steps.merge(other.steps)
        toolCalls.merge(other.toolCalls)
        artifacts.merge(other.artifacts)
        approvals.merge(other.approvals)
        threads.merge(other.threads)
        messages.merge(other.messages)
        incidents.merge(other.incidents)
        schedules.merge(other.schedules)
        hooks.merge(other.hooks)
    }
}

/// The ledgers of all kinds of rows.
///
/// Every command carries one, and most want nothing of most kinds, so the members are there only once something is wanted,
/// and copies share them until one of them changes.
@dynamicMemberLookup
package struct Ledgers: Sendable {
    /// None or one; an array for its sharing of what is copied.
    private var members: [LedgerMembers] = []

    package init() {}

    package subscript<Store>(dynamicMember path: WritableKeyPath<LedgerMembers, Ledger<Store>>) -> Ledger<Store> {
        get { members.first?[keyPath: path] ?? Ledger() }
        _modify {
            if members.isEmpty { members.append(LedgerMembers()) }
            yield &members[0][keyPath: path]
        }
    }

    /// In an order in which a replay may write them.
    static let kinds: [LedgerKind] = [
        LedgerKind(\.workspaces),
        LedgerKind(\.rooms),
        LedgerKind(\.threads),
        LedgerKind(\.messages),
        LedgerKind(\.incidents),
        LedgerKind(\.limits),
        LedgerKind(\.queues),
        LedgerKind(\.steps),
        LedgerKind(\.toolCalls),
        LedgerKind(\.artifacts),
        LedgerKind(\.approvals),
        LedgerKind(\.schedules),
        LedgerKind(\.hooks),
    ]

    /// Wants what `other` wants, too.
    mutating func merge(_ other: Ledgers) {
        guard !other.members.isEmpty else { return }
        if members.isEmpty { members.append(LedgerMembers()) }
        members[0].merge(other.members[0])
    }
}

/// What flush and replay do with the ledger of one kind, whatever the kind.
struct LedgerKind: Sendable {
    typealias Filling = (StatementBatch.Results, inout Ledgers) throws -> Void

    let table: String
    let eventNames: [String]
    /// Adds the loading of what is wanted; nil when nothing is.
    let load: @Sendable (Ledgers, ID<Workspace>, inout StatementBatch) -> Filling?
    /// Adds the writing of what has changed.
    let write: @Sendable (Ledgers, inout StatementBatch) -> Void
    /// Wants the row that an event on disk is about.
    let want: @Sendable (EventContext, EventBody, inout Ledgers) throws(EventDecodingError) -> Void
    /// Lets an event on disk happen to its row.
    let apply: @Sendable (EventContext, EventBody, inout Ledgers) throws(EventDecodingError) -> Void

    init<S: LedgerStore>(_ path: any WritableKeyPath<LedgerMembers, Ledger<S>> & Sendable) {
        table = S.table
        eventNames = S.Event.names
        load = { ledgers, workspaceID, batch in
            let ledger = ledgers[dynamicMember: path]
            var statements: [Statement<[S.Event.Row]>] = []
            if !ledger.wanted.isEmpty { statements.append(S.load(Array(ledger.wanted), in: workspaceID)) }
            if !ledger.wantedIdempotencyKeys.isEmpty,
                let byKey = S.load(idempotencyKeys: Array(ledger.wantedIdempotencyKeys), in: workspaceID)
            {
                statements.append(byKey)
            }
            guard !statements.isEmpty else { return nil }
            let tickets = statements.map { batch.add($0) }
            return { results, ledgers in
                for ticket in tickets { ledgers[dynamicMember: path].fill(try results(ticket)) }
            }
        }
        write = { ledgers, batch in
            let rows = ledgers[dynamicMember: path].changed
            if !rows.isEmpty { batch.add(S.upsert(rows)) }
        }
        want = { (context, body, ledgers) throws(EventDecodingError) in
            ledgers[dynamicMember: path].want(try S.Event.key(in: context, body))
        }
        apply = { (context, body, ledgers) throws(EventDecodingError) in
            let key = try S.Event.key(in: context, body)
            let event = try S.Event(type: body.type, body: body)
            guard let row = event.applied(to: ledgers[dynamicMember: path][key], key: key, in: context) else {
                throw EventDecodingError(eventType: body.type, member: "what it is about")
            }
            ledgers[dynamicMember: path].put(row, at: key)
        }
    }
}
