// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
package import Store

/// One ledger of each kind of rows. To add a kind is to add one member and one line to `Ledgers.kinds`.
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

    /// Wants what `other` wants, too.
    fileprivate mutating func merge(_ other: borrowing LedgerMembers) {
        for kind in Ledgers.kinds { kind.merge(&self, other) }
    }

    /// By name, since reading through a key path copies all members.
    fileprivate var wantNothing: Bool {
        rooms.wantsNothing && steps.wantsNothing && toolCalls.wantsNothing && approvals.wantsNothing
            && artifacts.wantsNothing && messages.wantsNothing && threads.wantsNothing && incidents.wantsNothing
            && limits.wantsNothing && queues.wantsNothing && schedules.wantsNothing && hooks.wantsNothing
            && workspaces.wantsNothing
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

    /// Whether no row of any kind is asked for.
    var wantNothing: Bool { members.first?.wantNothing ?? true }

    /// In an order in which a replay may write them.
    static let kinds: [LedgerKind] = [
        LedgerKind(\.workspaces) { $0.workspaces.merge($1.workspaces) },
        LedgerKind(\.rooms) { $0.rooms.merge($1.rooms) },
        LedgerKind(\.threads) { $0.threads.merge($1.threads) },
        LedgerKind(\.messages) { $0.messages.merge($1.messages) },
        LedgerKind(\.incidents) { $0.incidents.merge($1.incidents) },
        LedgerKind(\.limits) { $0.limits.merge($1.limits) },
        LedgerKind(\.queues) { $0.queues.merge($1.queues) },
        LedgerKind(\.steps) { $0.steps.merge($1.steps) },
        LedgerKind(\.toolCalls) { $0.toolCalls.merge($1.toolCalls) },
        LedgerKind(\.artifacts) { $0.artifacts.merge($1.artifacts) },
        LedgerKind(\.approvals) { $0.approvals.merge($1.approvals) },
        LedgerKind(\.schedules) { $0.schedules.merge($1.schedules) },
        LedgerKind(\.hooks) { $0.hooks.merge($1.hooks) },
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
    /// Takes over what another set of ledgers wants.
    let merge: @Sendable (inout LedgerMembers, borrowing LedgerMembers) -> Void
    /// Adds the loading of what is wanted; nil when nothing is.
    let load: @Sendable (Ledgers, ID<Workspace>, inout StatementBatch) -> Filling?
    /// Adds the writing of what has changed.
    let write: @Sendable (Ledgers, inout StatementBatch) -> Void
    /// Wants the row that an event on disk is about.
    let want: @Sendable (EventContext, EventBody, inout Ledgers) throws(EventDecodingError) -> Void
    /// Lets an event on disk happen to its row.
    let apply: @Sendable (Event, EventBody, inout Ledgers) throws(EventDecodingError) -> Void

    /// - Parameter merge: By name and not by `path`, since reading through a key path copies all members: for each kind of
    ///   each command of a flush that was a twentieth of what the kernel takes.
    init<S: LedgerStore>(
        _ path: any WritableKeyPath<LedgerMembers, Ledger<S>> & Sendable,
        merge: @escaping @Sendable (inout LedgerMembers, borrowing LedgerMembers) -> Void
    ) {
        table = S.table
        self.merge = merge
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
        apply = { (event, body, ledgers) throws(EventDecodingError) in
            let context = event.context
            let key = try S.Event.key(in: context, body)
            let happened = try S.Event(type: body.type, body: body)
            let row = happened.applied(to: ledgers[dynamicMember: path][key], key: key, in: context, as: event.id)
            guard let row else {
                throw EventDecodingError(eventType: body.type, member: "what it is about")
            }
            ledgers[dynamicMember: path].put(row, at: key)
        }
    }
}
