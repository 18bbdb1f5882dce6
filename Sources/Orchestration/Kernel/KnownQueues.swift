// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Store

/// What a lane knows of the queues of a workspace, so that a claim need not look where nothing is, or where it is known what
/// comes first: runs that are made are mostly handed out by the flush that makes them, and those of a backlog were read by an
/// earlier one.
struct KnownQueues {
    /// Queues of agents in which nothing was ready, and nothing has become so. None that is paused: what stands in it is not
    /// looked at.
    private var empty: Set<String> = []
    /// What is ready first, of queues of agents that are not paused. Taken from the queues by nobody but this lane.
    private var fronts: [String: QueueFront] = [:]
    /// How many runs may be read ahead, of queues in which there was more than was read when they were looked into last.
    private var backlogs: [String: Int] = [:]
    /// Agents whose queues are not paused.
    private var unpaused: Set<String> = []
    /// Worker sessions that were open when they claimed last.
    private var sessions: Set<ID<WorkerSession>> = []
    /// How many runs of each agent are held, or a few more; nil while that is not known.
    private var held: [String: Int]?
    /// Queues that the flush under way has read, and behind which places.
    private var looked: [String: QueueStore.Watermarks] = [:]

    /// Sessions that are remembered; more workers than that do not claim from one lane at a time.
    private static let sessionLimit = 4096
    /// Runs that are read for each that is claimed where more is ready.
    private static let readAhead = 4
    /// Queues of which the front is kept.
    private static let frontLimit = 8

    // MARK: Deciding on it

    /// What would be picked for commands that need nothing but what is known here; nil for others.
    func picks(for needs: CommandNeeds) -> FlushPicks? {
        guard needs.picks else { return FlushPicks() }
        guard suffices(for: needs), let held else { return nil }
        var runs: [QueuedRun] = []
        var exhausted: Set<String> = []
        for wanted in needs.claimable.values {
            guard let front = fronts[wanted.queue], let first = front.first(wanted) else {
                exhausted.insert(wanted.queue)
                continue
            }
            // Not `exhausted`, whatever is known to stand behind them: something may have come out of the line of a limit.
            runs += first
        }
        return FlushPicks(ReadyRuns(known: runs, exhausted: exhausted, needs, held: held), for: needs, held: held)
    }

    /// Whether commands that need this can be decided without picking.
    func suffices(for needs: CommandNeeds) -> Bool {
        guard needs.picks else { return true }
        guard needs.picksClaimsAlone, let held else { return false }
        return needs.starts.isSubset(of: unpaused) && needs.sessions.isSubset(of: sessions)
            && needs.claimable.values.allSatisfy { wanted in
                if empty.contains(wanted.queue) { return true }
                // Whoever looks says of an agent that holds all it may that it does, and is told when it does not any more.
                return needs.hasPlace(for: wanted.queue, besides: held)
                    && fronts[wanted.queue]?.first(wanted) != nil
            }
    }

    /// Whether claims are known to find something that is there already.
    func hasReady(for needs: CommandNeeds) -> Bool { needs.claimable.keys.contains { fronts[$0] != nil } }

    /// A task that may be claimed, with its input.
    func task(_ id: ID<WorkTask>) -> TaskAggregate? {
        for front in fronts.values {
            if let task = front.task(id) { return task }
        }
        return nil
    }

    /// Asks for more than is claimed where more is ready, so that the next claims need not look.
    func readAhead(_ needs: inout CommandNeeds) {
        let queues = needs.claimable.keys
        // Else the next claim would have to look all the same.
        guard needs.picksClaimsAlone, queues.count(where: { backlogs[$0] != nil }) <= Self.frontLimit,
            queues.allSatisfy({ empty.contains($0) || fronts[$0] != nil || backlogs[$0] != nil })
        else { return }
        for wanted in needs.claimable.values {
            guard let most = backlogs[wanted.queue], needs.hasPlace(for: wanted.queue, besides: held ?? [:]) else {
                continue
            }
            needs.readAhead(in: wanted.queue, upTo: min(wanted.limit * Self.readAhead, most))
        }
    }

    // MARK: Taking note

    /// Takes over what was picked while nothing else happened.
    mutating func note(_ picks: FlushPicks, for needs: CommandNeeds) {
        guard !needs.claimable.isEmpty else { return }
        held = picks.held
        unpaused.formUnion(picks.startable)
        if sessions.count > Self.sessionLimit { sessions.removeAll() }
        sessions.subtract(needs.sessions)
        sessions.formUnion(picks.sessions)
        empty.subtract(needs.claimable.keys)
        // Of a paused one it is not told what stands in it; and there are as few of these as agents.
        empty.formUnion(picks.ready.empty.intersection(unpaused))
        for wanted in needs.claimable.values where needs.hasPlace(for: wanted.queue, besides: picks.held) {
            fronts[wanted.queue] = nil
            backlogs[wanted.queue] = nil
        }
        let skipped = picks.ready.skipped
        looked = needs.claimable.filter { !skipped.contains($0.key) }.mapValues(\.watermarks)
    }

    /// Takes over what a flush has changed.
    mutating func keep(_ state: FlushState) {
        keepFronts(state)
        for queue in state.rows.queues.known {
            if queue.pausedAt == nil {
                unpaused.insert(queue.agent)
            } else {
                unpaused.remove(queue.agent)
                empty.remove(queue.agent)
                fronts[queue.agent] = nil
            }
        }
        if !state.restoredRooms.isEmpty { empty.removeAll() }
        for lease in state.taken.values { held?[lease.agent, default: 0] += 1 }
        guard !state.dropped.isEmpty else { return }
        let released = Dictionary(state.released.map { ($0.runID, $0.agent) }) { $1 }
        for run in Set(state.dropped) {
            // One that was left over counts on until the places are counted again, as if it were held.
            if let agent = released[run] { held?[agent, default: 0] -= 1 }
        }
    }

    private mutating func keepFronts(_ state: FlushState) {
        if !fronts.isEmpty { advance(state) }
        for (queue, watermarks) in looked { look(at: queue, behind: watermarks, state) }
        looked = [:]
        guard !fronts.isEmpty else { return }
        for task in state.states(of: state.enqueued, in: .queued)
        where fronts[task.agent]?.add(priority: task.priority) != true {
            fronts[task.agent] = nil
        }
        if !state.restoredRooms.isEmpty { fronts = [:] }
    }

    /// Takes over what a flush has read of a queue and left there.
    private mutating func look(at queue: String, behind watermarks: QueueStore.Watermarks, _ state: FlushState) {
        fronts[queue] = nil
        backlogs[queue] = nil
        guard let front = QueueFront(of: queue, behind: watermarks, in: state) else { return }
        if front.count > 0 {
            if fronts.count >= Self.frontLimit { fronts = fronts.filter { looked[$0.key] != nil } }
            if fronts.count < Self.frontLimit { fronts[queue] = front }
        }
        // With their inputs: those that were claimed and those that were not.
        let read = state.tasks.values.lazy.map(\.task).filter { $0.agent == queue && !$0.input.isEmpty }
        let (bytes, count) = read.reduce((0, 0)) { ($0.0 + $1.input.count, $0.1 + 1) }
        guard !state.exhausted.contains(queue), count > 0, read.allSatisfy(\.isHeldUpByNothingElse) else { return }
        backlogs[queue] = QueueFront.byteLimit / (2 * max(1, bytes / count))
    }

    /// Takes off the fronts what a flush has claimed, and forgets those to which it has done something else.
    private mutating func advance(_ state: FlushState) {
        var gone: [String: Set<Int64>] = [:]
        for run in state.dequeued where fronts[run.queue] != nil { gone[run.queue, default: []].insert(run.queueID) }
        for (queue, places) in gone where fronts[queue]?.remove(places) != true { fronts[queue] = nil }
        for aggregate in state.tasks.values where fronts[aggregate.task.agent]?.differs(from: aggregate) == true {
            fronts[aggregate.task.agent] = nil
        }
        for (queue, front) in fronts where front.count == 0 {
            fronts[queue] = nil
            if front.isWhole { empty.insert(queue) }
        }
    }

    /// Something has become ready in these queues.
    mutating func fill(_ queues: some Sequence<String>) { for queue in queues { empty.remove(queue) } }

    /// More than a row of its own belongs to a task, as a claim has to know.
    mutating func forgetFront(with task: ID<WorkTask>) {
        for (queue, front) in fronts where front.task(task) != nil {
            fronts[queue] = nil
            backlogs[queue] = nil
        }
    }

    /// Something has come into queues out of the lines of limits, at whatever place.
    mutating func forgetFronts() { fronts = [:] }
}

extension WorkTask {
    /// Whether it waits for nothing but a worker of its agent once it is queued.
    fileprivate var isHeldUpByNothingElse: Bool { labels.isEmpty && limits.isEmpty }
}

extension CommandNeeds {
    /// Whether an agent may hold more runs than these.
    fileprivate func hasPlace(for agent: String, besides held: [String: Int]) -> Bool {
        held[agent, default: 0] < concurrency[agent, default: 0]
    }
}
