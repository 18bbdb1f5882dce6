// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Store

/// The rows of one workspace that the last flushes of a lane have loaded or written, so that the next ones need not load them
/// again. See `docs/adr/0024-rows-that-a-lane-knows.md`.
///
/// Whatever a decision rests on changes with an event, and every event moves the head of its workspace. So what is known here
/// is what the database has exactly while the head, once it is locked, is the one that is kept with it; nothing here may be
/// believed before that was seen. A flush that is sent without looking leaves here what it is about to commit, so that the
/// next one may be decided meanwhile. Used by one task.
final class KnownRows {
    /// Tasks, rooms and streams of each generation. What is not asked for while as many others are goes with the older one.
    private static let limit = 1024

    /// As a flush would find it; nil while nothing is known.
    private var head: WorkspaceHead?
    /// How many flushes in a row found the head as the one before had left it. Where several orchestrators write to a
    /// workspace there are few, and what is known is of little use.
    private var streak = 0
    /// How many it takes before a flush is decided without asking. Each that was in vain leaves an error in the log of the
    /// server, so after one it takes four times as many, and in the end only an orchestrator that is alone tries again.
    private var streakNeeded = shortestStreakNeeded
    private static let shortestStreakNeeded = 2
    private static let longestStreakNeeded = 4096
    private var clock: (time: Timestamp, readAt: ContinuousClock.Instant)?
    /// Tasks without input and result, and without open approvals; none that has ended.
    private var tasks = Generations<ID<WorkTask>, TaskAggregate>(limit: limit)
    private var rooms = Generations<ID<Room>, Room>(limit: limit)
    private var streams = Generations<StreamKey, Int64>(limit: limit)
    private var queues = KnownQueues()

    /// What is known of what a flush needs, to be believed if the head is still the one that is given.
    struct Recollection {
        let head: WorkspaceHead
        var tasks: [TaskAggregate] = []
        var rooms: [Room] = []
        /// What would have to be loaded if the head is another one.
        var needs = CommandNeeds()
    }

    /// What a flush is decided on that does not look.
    struct Foreknowledge {
        /// With what was picked.
        let needs: CommandNeeds
        let heads: FlushHeads
        let rows: FlushRows
        let picks: FlushPicks
    }

    /// How long the database's clock is reckoned with before it is read again: a step of it is noticed that late.
    private static let clockLifetime = Duration.seconds(1)

    /// The time by the database's clock, never ahead of it while it does not step back; nil when that was read too long ago.
    private var time: Timestamp? {
        guard let clock else { return nil }
        let age = clock.readAt.duration(to: .now)
        return age < Self.clockLifetime ? clock.time + age : nil
    }

    /// Whether what is known was enough for the flush that asked last, and still may be.
    private(set) var wasEnough = false

    /// All that a flush has to know which needs this, so that it can be decided without looking; nil when something is not known.
    func foreknowledge(for needs: CommandNeeds) -> Foreknowledge? {
        let foreknown = sufficient(for: needs)
        wasEnough = foreknown != nil
        return foreknown
    }

    /// Whether a command that needs this has to find its work first.
    func hasToPick(for needs: CommandNeeds) -> Bool { !queues.suffices(for: needs) }

    /// Whether claims that need this are known to find something that is there already.
    func hasReady(for needs: CommandNeeds) -> Bool { queues.hasReady(for: needs) }

    /// Asks for more than is claimed where more is ready, so that the next claims need not look; not where others write, too.
    func readAhead(_ needs: inout CommandNeeds) {
        if streak >= streakNeeded { queues.readAhead(&needs) }
    }

    private func sufficient(for wanted: CommandNeeds) -> Foreknowledge? {
        let opens = wanted.opensWorkspace || !wanted.opened.isEmpty
        guard streak >= streakNeeded, !opens, let head, let time, let picks = queues.picks(for: wanted) else {
            return nil
        }
        var all = wanted
        picks.want(&all, in: head.workspaceID)
        guard let sequences = sequences(of: all.streams) else { return nil }
        var needs = all
        guard let recollection = recall(&needs), needs.wantsNothing else { return nil }
        var rows = FlushRows()
        rows.add(recollection)
        return Foreknowledge(
            needs: all,
            heads: FlushHeads(streams: sequences, workspace: recollection.head, time: time), rows: rows, picks: picks)
    }

    /// The sequences of these streams; nil unless all of them are known.
    private func sequences(of wanted: Set<StreamKey>) -> [StreamKey: Int64]? {
        var found: [StreamKey: Int64] = [:]
        for stream in wanted {
            guard let sequence = streams[stream] else { return nil }
            found[stream] = sequence
        }
        return found
    }

    /// Takes out of `needs` what is known; nil while nothing that is known may be believed.
    func recall(_ needs: inout CommandNeeds) -> Recollection? {
        guard let head, streak > 0 else { return nil }
        var known = Recollection(head: head)
        var seen: Set<ID<WorkTask>> = []
        let withInput = Set(needs.tasks.filter(\.withInput).map(\.id))
        needs.tasks.removeAll { wanted in
            guard let task = withInput.contains(wanted.id) ? queues.task(wanted.id) : tasks[wanted.id] else {
                return false
            }
            if seen.insert(wanted.id).inserted {
                known.tasks.append(task)
                known.needs.tasks.append(
                    TaskStore.Wanted(id: wanted.id, withInput: withInput.contains(wanted.id)))
            }
            return true
        }
        for id in needs.rows.rooms.wanted {
            guard let room = rooms[id] else { continue }
            known.rooms.append(room)
            known.needs.rows.rooms.want(id)
        }
        for room in known.rooms { needs.rows.rooms.forgo(room.id) }
        return known
    }

    /// Notes what a flush has found when it had the locks.
    func note(head found: WorkspaceHead?, time: Timestamp) {
        clock = (time, .now)
        if found != nil, found == head {
            streak += 1
            if streak >= Self.longestStreakNeeded { streakNeeded = Self.shortestStreakNeeded }
        } else {
            streak = 0
            forgetRows()
        }
        head = found
    }

    /// Notes how a flush has left what it had locked. What it has seen beside that may have changed before it had the locks.
    func keep(_ state: FlushState, head: WorkspaceHead, streams: [StreamKey: Int64]) {
        self.head = head
        for (stream, sequence) in streams { self.streams[stream] = sequence }
        for room in state.rows.rooms.known where streams[.room(room.id)] != nil { rooms[room.id] = room }
        queues.keep(state)
        for aggregate in state.tasks.values where streams[.room(aggregate.task.roomID)] != nil {
            let isElsewhere = aggregate.task.status.isFinal || queues.task(aggregate.task.id) != nil
            tasks[aggregate.task.id] = isElsewhere ? nil : aggregate.withoutPayloads
        }
        // Whatever ends a run ends what it asked people for, so those are needed with the task.
        for approval in state.rows.approvals.known where approval.status.isOpen {
            guard let id = approval.taskID else { continue }
            tasks[id] = nil
            queues.forgetFront(with: id)
        }
    }

    /// Notes in which queues something is ready by a flush, nil when that may be any, and whether some of it may have come out of
    /// the lines of limits, to whatever place.
    func keep(ready: Set<String>?, unparks: Bool = false) {
        if let ready { queues.fill(ready) } else { queues = KnownQueues() }
        if unparks { queues.forgetFronts() }
    }

    /// Notes what a flush has picked before it had the locks: of use if nothing has happened until then.
    func note(_ picks: FlushPicks, for needs: CommandNeeds) {
        if streak > 0 { queues.note(picks, for: needs) } else { queues = KnownQueues() }
    }

    /// Notes that a flush which did not look was in vain, because somebody else has written to the log.
    func noteMoved() {
        streakNeeded = min(streakNeeded * 4, Self.longestStreakNeeded)
        forget()
    }

    /// Forgets everything, because it may not be so.
    func forget() {
        head = nil
        streak = 0
        wasEnough = false
        forgetRows()
    }

    private func forgetRows() {
        tasks.removeAll()
        rooms.removeAll()
        streams.removeAll()
        queues = KnownQueues()
    }
}

/// What a lane knows of the workspaces that it has written to last.
final class KnownWorkspaces {
    private static let limit = 8

    private var rows: [ID<Workspace>: KnownRows] = [:]

    subscript(id: ID<Workspace>) -> KnownRows {
        if let known = rows[id] { return known }
        if rows.count >= Self.limit { rows.removeAll() }
        let fresh = KnownRows()
        rows[id] = fresh
        return fresh
    }
}

/// Values by key, twice `limit` of them at most: what was neither set nor asked for while `limit` others were is forgotten.
private struct Generations<Key: Hashable, Value> {
    private let limit: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(limit: Int) { self.limit = limit }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old[key] else { return nil }
            self[key] = value
            return value
        }
        set {
            old[key] = nil
            young[key] = newValue
            guard young.count >= limit else { return }
            old = young
            young = [:]
        }
    }

    mutating func removeAll() {
        young.removeAll(keepingCapacity: true)
        old.removeAll()
    }
}

extension TaskAggregate {
    /// As it is loaded for a command that does not ask for its input.
    fileprivate var withoutPayloads: TaskAggregate {
        var task = task
        task.input = []
        task.result = nil
        return TaskAggregate(task: task, run: run)
    }
}
