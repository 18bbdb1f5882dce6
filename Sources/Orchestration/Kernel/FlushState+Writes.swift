// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Store

/// What is to be written of a flush.
extension FlushState {
    /// Whether anything was recorded.
    var isUnchanged: Bool { events.isEmpty && dequeued.isEmpty && dropped.isEmpty }

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

    /// Ready runs of tasks that this flush has made, best first: whoever claims one here spares it the way through the queue.
    /// Not those that something else than a worker may hold up.
    package var unqueued: [QueuedRun] {
        guard !startable.isEmpty else { return [] }
        let runs = createdTasks.compactMap { id -> QueuedRun? in
            guard let task = tasks[id]?.task, task.status == .queued, task.limits.isEmpty,
                startable.contains(task.agent), rows.queues[task.agent]?.pausedAt == nil
            else { return nil }
            return QueuedRun(
                queueID: 0, runID: task.runID, taskID: id, roomID: task.roomID, queue: task.agent, agent: task.agent,
                priority: task.priority)
        }
        guard runs.contains(where: { $0.priority != runs[0].priority }) else { return runs }
        return runs.enumerated().sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }
            .map(\.element)
    }

    /// What is left of the limits that runs were claimed under.
    var takenUsage: [LimitUsage] { Set(limited.map(\.use)).compactMap { usage[$0] } }

    /// By how many tasks each stage of the pipeline grows or shrinks.
    var pipelineMoves: [PipelineStage: Int] {
        var moves: [PipelineStage: Int] = [:]
        for (id, aggregate) in tasks {
            if let before = loaded[id] { moves[PipelineStage(before.task.status), default: 0] -= 1 }
            moves[PipelineStage(aggregate.task.status), default: 0] += 1
        }
        return moves.filter { $0.value != 0 }
    }

    /// Tasks that have ended in this flush.
    var ended: [WorkTask] {
        tasks.values.compactMap { aggregate in
            let task = aggregate.task
            guard task.status.isFinal, loaded[task.id]?.task.version != task.version else { return nil }
            return task
        }
    }
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
