// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Claims of workers outside that found nothing and wait for work to appear.
///
/// As many are woken as runs became ready, the longest waiting first, so that one run does not make a thousand workers
/// ask. What nobody tells of is found by the pulse, which wakes all.
package final class ClaimWaiters: Sendable {
    private struct Waiter {
        let workspaceID: ID<Workspace>
        let queues: Set<String>
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// In order of arrival.
        var waiters: [(number: Int, waiter: Waiter)] = []
        var next = 0
        /// Rise with every wake of a queue or of all, so that one between a claim and its wait is not lost.
        var wakes: [ID<Workspace>: [String: Int]] = [:]
        var wakesOfAll: [ID<Workspace>: Int] = [:]

        func wakes(of workspaceID: ID<Workspace>, _ queues: Set<String>) -> Int {
            let known = wakes[workspaceID] ?? [:]
            return queues.reduce(wakesOfAll[workspaceID, default: 0]) { $0 + known[$1, default: 0] }
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// To be asked before a claim, for `wait`.
    func wakes(of workspaceID: ID<Workspace>, _ queues: Set<String>) -> Int {
        state.withLock { $0.wakes(of: workspaceID, queues) }
    }

    /// Returns when runs may be ready in one of the queues, when there was a wake since `wakes` was asked for, when the time is
    /// over, or when the task is cancelled.
    func wait(_ workspaceID: ID<Workspace>, for queues: Set<String>, since wakes: Int, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await self.wait(workspaceID, for: queues, since: wakes) }
            race.addTask { try? await Task.sleep(for: limit) }
            await race.next()
            race.cancelAll()
        }
    }

    private func wait(_ workspaceID: ID<Workspace>, for queues: Set<String>, since wakes: Int) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, state.wakes(of: workspaceID, queues) == wakes else { return true }
                    let waiter = Waiter(workspaceID: workspaceID, queues: queues, continuation: continuation)
                    state.waiters.append((number, waiter))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: index).waiter
            }
            waiter?.continuation.resume()
        }
    }

    /// Says how many runs became ready in each queue.
    package func wake(_ workspaceID: ID<Workspace>, _ ready: [String: Int]) {
        let woken = state.withLock { state -> [Waiter] in
            for queue in ready.keys { state.wakes[workspaceID, default: [:]][queue, default: 0] += 1 }
            var left = ready
            var woken: [Waiter] = []
            state.waiters.removeAll { entry in
                guard entry.waiter.workspaceID == workspaceID,
                    let queue = entry.waiter.queues.first(where: { left[$0, default: 0] > 0 })
                else { return false }
                left[queue, default: 0] -= 1
                woken.append(entry.waiter)
                return true
            }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Says that runs of any queue may be ready.
    package func wakeAll(_ workspaceID: ID<Workspace>) {
        let woken = state.withLock { state -> [Waiter] in
            state.wakesOfAll[workspaceID, default: 0] += 1
            let woken = state.waiters.filter { $0.waiter.workspaceID == workspaceID }.map(\.waiter)
            state.waiters.removeAll { $0.waiter.workspaceID == workspaceID }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }
}
