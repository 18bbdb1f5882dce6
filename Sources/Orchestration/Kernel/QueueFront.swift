// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Store

/// The first ready runs of an agent's queue as a flush has left them, with their tasks, so that the claims that follow need not
/// look for them. See `docs/adr/0026-the-front-of-a-queue.md`.
struct QueueFront {
    /// Best first; nothing stands between them.
    private var runs: ArraySlice<QueuedRun>
    /// With their inputs.
    private var tasks: [ID<WorkTask>: TaskAggregate] = [:]
    /// Whether nothing stands behind them.
    private(set) var isWhole: Bool
    /// Behind which places it was read.
    private let watermarks: QueueStore.Watermarks

    /// Bytes of inputs that are kept at most.
    static let byteLimit = 1 << 20

    /// What a flush leaves of a queue that it has read. Nil when something in it may be held up by more
    /// than the want of a worker, and when it is too large.
    init?(of queue: String, behind watermarks: QueueStore.Watermarks, in state: FlushState) {
        let left = state.ready.filter { $0.queue == queue }
        var bytes = 0
        for run in left {
            guard run.agent == queue, run.labels.isEmpty, run.limits.isEmpty,
                let aggregate = try? state.task(run.taskID), aggregate.run.id == run.runID,
                aggregate.task.status == .queued
            else { return nil }
            tasks[run.taskID] = aggregate
            bytes += aggregate.task.input.count
        }
        guard bytes <= Self.byteLimit else { return nil }
        runs = left[...]
        isWhole = state.exhausted.contains(queue)
        self.watermarks = watermarks
    }

    var count: Int { runs.count }

    func task(_ id: ID<WorkTask>) -> TaskAggregate? { tasks[id] }

    /// Those that a claim may take; nil when it may want others, too: there may be more behind them, or it was not read as far
    /// back as the claim looks, or the claim does not look as far back as it was read.
    func first(_ wanted: QueueStore.Claimable) -> ArraySlice<QueuedRun>? {
        let first = runs.prefix(wanted.limit)
        guard first.count == wanted.limit || isWhole, !wanted.watermarks.isBehind(watermarks),
            first.allSatisfy({ $0.queueID > wanted.watermarks[$0.priority] })
        else { return nil }
        return first
    }

    /// Takes off what a flush has taken off the queue; false when that were not the first ones.
    mutating func remove(_ places: Set<Int64>) -> Bool {
        var count = 0
        while let run = runs.first, places.contains(run.queueID) {
            tasks[run.taskID] = nil
            runs.removeFirst()
            count += 1
        }
        return count == places.count
    }

    /// A run was put into the queue; false when it does not stand behind these.
    mutating func add(priority: Int) -> Bool {
        isWhole = false
        return runs.last.map { priority <= $0.priority } ?? false
    }

    /// Whether a flush has done something else to one of these tasks than to claim it.
    func differs(from aggregate: TaskAggregate) -> Bool {
        tasks[aggregate.task.id].map { $0.task.lastEventID != aggregate.task.lastEventID } ?? false
    }
}
