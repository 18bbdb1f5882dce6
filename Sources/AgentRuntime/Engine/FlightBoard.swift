// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// The runs an engine is carrying out, each with a way to call it off.
final class FlightBoard: Sendable {
    private struct Flight {
        var withdrawal: Withdrawal?
        var waiter: CheckedContinuation<Withdrawal?, Never>?
    }

    private struct State {
        /// By lease, since a run that was lost may be here again under its next epoch before the old call has ended.
        var flights: [Lease: Flight] = [:]
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.flights.count } }
    var isIdle: Bool { count == 0 }

    /// What is under way for a session.
    func leases(of session: ID<WorkerSession>) -> Set<Lease> {
        state.withLock { state in Set(state.flights.keys.filter { $0.workerSessionID == session }) }
    }

    func board(_ lease: Lease) { state.withLock { $0.flights[lease] = Flight() } }

    func land(_ lease: Lease) {
        let idle = state.withLock { state in
            state.flights[lease] = nil
            guard state.flights.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in idle { waiter.resume() }
    }

    func withdraw(_ lease: Lease, _ reason: Withdrawal) {
        let waiter = state.withLock { state -> CheckedContinuation<Withdrawal?, Never>? in
            guard state.flights[lease] != nil else { return nil }
            state.flights[lease]?.withdrawal = reason
            defer { state.flights[lease]?.waiter = nil }
            return state.flights[lease]?.waiter
        }
        waiter?.resume(returning: reason)
    }

    /// Withdraws a run in every epoch up to the one given.
    func withdraw(_ run: ID<Run>, upTo epoch: Int?, _ reason: Withdrawal) {
        let leases = state.withLock { state in
            state.flights.keys.filter { $0.runID == run && $0.epoch <= epoch ?? .max }
        }
        for lease in leases { withdraw(lease, reason) }
    }

    func withdrawAll(_ reason: Withdrawal) {
        for lease in state.withLock({ Array($0.flights.keys) }) { withdraw(lease, reason) }
    }

    /// Returns when the run is to be let go of; nil when the waiting task was cancelled first.
    func withdrawal(of lease: Lease) async -> Withdrawal? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Withdrawal?? = state.withLock { state in
                    guard let flight = state.flights[lease], !Task.isCancelled else { return .some(nil) }
                    if let reason = flight.withdrawal { return reason }
                    state.flights[lease]?.waiter = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.flights[lease]?.waiter = nil }
                return state.flights[lease]?.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Returns when no run is under way, or when the task is cancelled and the last one lands.
    func waitUntilIdle() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isIdle = state.withLock { state in
                    guard !state.flights.isEmpty, !Task.isCancelled else { return true }
                    state.idleWaiters.append(continuation)
                    return false
                }
                if isIdle { continuation.resume() }
            }
        } onCancel: {
            let waiters = state.withLock { state in
                defer { state.idleWaiters = [] }
                return state.idleWaiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }
}
