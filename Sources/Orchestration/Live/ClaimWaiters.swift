// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Claims of workers outside that wait for work to appear.
///
/// A claim takes its place before it looks for work and keeps it until it ends, so that no wake falls between looking and
/// waiting, and who was woken in vain is not sent to the end of the line. As many are woken as runs became ready, the
/// longest waiting first, so that one run does not make a thousand workers ask. What nobody tells of is found by the
/// pulse, which wakes all.
package final class ClaimWaiters: Sendable {
    /// A place in the line.
    package struct Ticket: Sendable {
        fileprivate let number: Int
        let workspaceID: ID<Workspace>
        let queues: Set<String>
    }

    /// Why a wait has ended.
    package enum Ending: Sendable {
        case woken, timeOver
        /// The daemon is stopping.
        case called
    }

    private struct Place {
        let ticket: Ticket
        /// Woken, and not yet told so.
        var isDue = false
        var isCalled = false
        var isOverdue = false
        var continuation: CheckedContinuation<Void, Never>?

        var isOver: Bool { isDue || isCalled || isOverdue }
    }

    private struct State {
        /// In order of arrival.
        var line: [Place] = []
        var next = 0
        /// Agents that held all they may when runs of theirs stood ready, with the queues of those runs.
        var full: [ID<Workspace>: [String: Set<String>]] = [:]

        func index(of ticket: Ticket) -> Int? {
            var low = line.startIndex
            var high = line.endIndex
            while low < high {
                let middle = (low + high) / 2
                if line[middle].ticket.number < ticket.number { low = middle + 1 } else { high = middle }
            }
            return low < line.endIndex && line[low].ticket.number == ticket.number ? low : nil
        }

        mutating func wake(_ index: Int) -> CheckedContinuation<Void, Never>? {
            line[index].isDue = true
            defer { line[index].continuation = nil }
            return line[index].continuation
        }

        mutating func wake(
            _ workspaceID: ID<Workspace>, _ ready: [String: Int]
        ) -> [CheckedContinuation<Void, Never>] {
            var left = ready
            var woken: [CheckedContinuation<Void, Never>] = []
            for index in line.indices where !left.isEmpty && !line[index].isDue {
                let ticket = line[index].ticket
                guard ticket.workspaceID == workspaceID, let queue = ticket.queues.first(where: { left[$0] != nil })
                else { continue }
                left[queue] = left[queue].flatMap { $0 > 1 ? $0 - 1 : nil }
                if let continuation = wake(index) { woken.append(continuation) }
            }
            return woken
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// How many stand in the line.
    package var count: Int { state.withLock { $0.line.count } }

    /// Takes a place at the end of the line; to be left by `leave`.
    package func join(_ workspaceID: ID<Workspace>, for queues: Set<String>) -> Ticket {
        state.withLock { state in
            state.next += 1
            let ticket = Ticket(number: state.next, workspaceID: workspaceID, queues: queues)
            state.line.append(Place(ticket: ticket))
            return ticket
        }
    }

    /// Gives the place up. A wake that it had and did not use goes to the next.
    package func leave(_ ticket: Ticket) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard let index = state.index(of: ticket) else { return [] }
            let place = state.line.remove(at: index)
            let rest =
                place.isDue ? state.wake(ticket.workspaceID, Dictionary(ticket.queues.map { ($0, 1) }) { $1 }) : []
            return rest + (place.continuation.map { [$0] } ?? [])
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns when runs may be ready in one of the ticket's queues, or have become so since the last wait, when the time
    /// is over, or when the ticket is called. Throws when the task is cancelled.
    package func wait(_ ticket: Ticket, atMost limit: Duration) async throws -> Ending {
        let alarm = AlarmClock.shared.set(at: .now + limit) { self.end(ticket) { $0.isOverdue = true } }
        defer { AlarmClock.shared.dismiss(alarm) }
        await wait(ticket)
        try Task.checkCancellation()
        return state.withLock { state in
            guard let index = state.index(of: ticket) else { return .called }
            defer {
                state.line[index].isDue = false
                state.line[index].isOverdue = false
            }
            if state.line[index].isCalled { return .called }
            return state.line[index].isDue ? .woken : .timeOver
        }
    }

    private func wait(_ ticket: Ticket) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, let index = state.index(of: ticket), !state.line[index].isOver else {
                        return true
                    }
                    state.line[index].continuation = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end(ticket) { _ in }
        }
    }

    /// Ends the wait of a ticket for good.
    package func call(_ ticket: Ticket) { end(ticket) { $0.isCalled = true } }

    /// Ends the wait of a ticket, if it waits, with a note of why.
    private func end(_ ticket: Ticket, _ note: (inout Place) -> Void) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let index = state.index(of: ticket) else { return nil }
            note(&state.line[index])
            defer { state.line[index].continuation = nil }
            return state.line[index].continuation
        }
        continuation?.resume()
    }

    // MARK: Waking

    /// Says how many runs became ready in each queue.
    package func wake(_ workspaceID: ID<Workspace>, _ ready: [String: Int]) {
        guard !ready.isEmpty else { return }
        for continuation in state.withLock({ $0.wake(workspaceID, ready) }) { continuation.resume() }
    }

    /// Says that runs of any queue may be ready.
    package func wakeAll(_ workspaceID: ID<Workspace>) {
        let woken = state.withLock { state in
            state.full[workspaceID] = nil
            return state.line.indices.filter { state.line[$0].ticket.workspaceID == workspaceID }
                .compactMap { state.wake($0) }
        }
        for continuation in woken { continuation.resume() }
    }

    /// Remembers agents that held all they may when runs of theirs stood ready, with the queues of those runs.
    package func note(full agents: [String: Set<String>], in workspaceID: ID<Workspace>) {
        guard !agents.isEmpty else { return }
        state.withLock { state in
            state.full[workspaceID, default: [:]].merge(agents) { $0.union($1) }
        }
    }

    /// Says how many leases of each agent were given back, which matters to those that stood ready behind them.
    package func free(_ workspaceID: ID<Workspace>, _ agents: [String: Int]) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard let full = state.full[workspaceID] else { return [] }
            var ready: [String: Int] = [:]
            for (agent, count) in agents {
                guard let queues = full[agent] else { continue }
                state.full[workspaceID]?[agent] = nil
                for queue in queues { ready[queue, default: 0] += count }
            }
            return state.wake(workspaceID, ready)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Whether somebody else's giving back of a lease may matter to anybody here.
    package func knowsFull(in workspaceID: ID<Workspace>) -> Bool {
        state.withLock { $0.full[workspaceID]?.isEmpty == false }
    }
}
