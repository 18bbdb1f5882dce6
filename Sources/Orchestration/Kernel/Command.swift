// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Store

/// Something that is to happen to one workspace. It is decided inside a flush, on rows that the flush has locked, so
/// a decision never meets a conflict: see `docs/adr/0005-decide-under-the-lock.md`.
package protocol Command<Outcome>: Sendable {
    associatedtype Outcome: Sendable

    var workspaceID: ID<Workspace> { get }

    /// What has to be locked and loaded before `decide` can answer.
    var needs: CommandNeeds { get }

    /// Decides and records what happens. Pure but for fresh identifiers; throws before it records anything, so that a
    /// refused command changes nothing.
    func decide(_ state: inout FlushState) throws(Problem) -> Outcome

    /// What must be known to answer again when the first answer was lost with its connection.
    func memo(of outcome: Outcome) -> [UInt8]?

    /// The outcome of an earlier commit of this very command.
    func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome
}

extension Command {
    package func memo(of outcome: Outcome) -> [UInt8]? { nil }
}

extension Command where Outcome == Void {
    package func recall(_ memo: [UInt8]?, _ state: FlushState) {}
}

/// What a command wants to see, and so what its flush locks.
package struct CommandNeeds: Sendable {
    /// Streams to append to; their heads are the locks on everything that happens in them.
    package var streams: Set<StreamKey> = []
    /// Those of the streams whose heads are to be made when missing: for the first event of a room.
    package var opened: Set<StreamKey> = []
    /// Whether the workspace's own head is to be made when missing.
    package var opensWorkspace = false
    /// Rows of projections, by kind.
    package var rows = Ledgers()
    package var tasks: [TaskStore.Wanted] = []
    package var idempotencyKeys: [String] = []
    package var agents: [String] = []
    /// Events that may have been recorded before; streams that they would be in must be needed too, so that the answer
    /// stays true.
    package var eventIDs: [UUID] = []
    /// Ready runs to pick from, by queue.
    package private(set) var claimable: [String: QueueStore.Claimable] = [:]
    /// How many runs of an agent may be held; agents that are not named get none.
    package var concurrency: [String: Int] = [:]
    /// Agents whose runs it may make ready, as far as nothing but a worker is missing then.
    package var starts: Set<String> = []
    /// Worker sessions that have to be open, and to stay so for as long as the flush takes.
    package var sessions: Set<ID<WorkerSession>> = []
    /// How many due runs to take at most.
    package var dueLimit = 0
    /// How many runs of silent workers, and of those that take too long, to take back at most.
    package var orphanLimit = 0
    /// How many settled dependencies to take at most.
    package var settledLimit = 0
    /// How many approvals whose time is over to take at most.
    package var expiryLimit = 0

    package init() {}

    /// Needs of a command about one task of a room.
    package init(task id: ID<WorkTask>, in roomID: ID<Room>) {
        streams = [.room(roomID)]
        tasks = [TaskStore.Wanted(id: id)]
    }

    /// Asks for ready runs of a queue, beside what is asked for already.
    package mutating func claim(_ wanted: QueueStore.Claimable) {
        guard var known = claimable[wanted.queue] else {
            claimable[wanted.queue] = wanted
            return
        }
        // Several claims of one flush share what there is, so together they want as much as each of them.
        known.limit = min(known.limit + wanted.limit, Self.claimLimit)
        known.watermarks.recede(to: wanted.watermarks)
        claimable[wanted.queue] = known
    }

    /// Asks for more of a queue than is claimed.
    mutating func readAhead(in queue: String, upTo limit: Int) {
        guard let wanted = claimable[queue] else { return }
        claimable[queue]?.limit = max(wanted.limit, min(limit, Self.claimLimit))
    }

    /// Ready runs of one queue that a flush picks at most.
    private static let claimLimit = 1000

    /// Whether no row has to be loaded.
    var wantsNothing: Bool {
        tasks.isEmpty && idempotencyKeys.isEmpty && agents.isEmpty && eventIDs.isEmpty && rows.wantNothing
    }

    /// Whether something has to be picked before it is known what to lock.
    var picks: Bool {
        !claimable.isEmpty || dueLimit > 0 || orphanLimit > 0 || settledLimit > 0 || expiryLimit > 0
    }

    /// Whether claims are all that picks something.
    var picksClaimsAlone: Bool { dueLimit == 0 && orphanLimit == 0 && settledLimit == 0 && expiryLimit == 0 }

    mutating func merge(_ other: CommandNeeds) {
        streams.formUnion(other.streams)
        opened.formUnion(other.opened)
        opensWorkspace = opensWorkspace || other.opensWorkspace
        rows.merge(other.rows)
        tasks += other.tasks
        idempotencyKeys += other.idempotencyKeys
        agents += other.agents
        eventIDs += other.eventIDs
        for wanted in other.claimable.values { claim(wanted) }
        concurrency.merge(other.concurrency) { max($0, $1) }
        starts.formUnion(other.starts)
        sessions.formUnion(other.sessions)
        dueLimit = max(dueLimit, other.dueLimit)
        orphanLimit = max(orphanLimit, other.orphanLimit)
        settledLimit = max(settledLimit, other.settledLimit)
        expiryLimit = max(expiryLimit, other.expiryLimit)
    }
}
