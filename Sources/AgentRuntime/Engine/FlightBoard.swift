// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// The runs an engine is carrying out, each with a way to call it off.
final class FlightBoard: Sendable {
    /// How the call of an agent ended.
    enum Landing: Sendable {
        case answered(AgentAnswer)
        case timedOut
        case withdrawn(Withdrawal)
    }

    private struct Flight {
        var landing: Landing?
        var waiter: CheckedContinuation<Landing, Never>?
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
        let (waiter, idle) = state.withLock { state in
            let waiter = state.flights.removeValue(forKey: lease)?.waiter
            guard state.flights.isEmpty else { return (waiter, [CheckedContinuation<Void, Never>]()) }
            defer { state.idleWaiters = [] }
            return (waiter, state.idleWaiters)
        }
        waiter?.resume(returning: .withdrawn(.leaseLost))
        for waiter in idle { waiter.resume() }
    }

    /// Ends a flight in the one or the other way; what comes first counts.
    func settle(_ lease: Lease, _ landing: Landing) {
        let waiter = state.withLock { state -> CheckedContinuation<Landing, Never>? in
            guard let flight = state.flights[lease], flight.landing == nil else { return nil }
            state.flights[lease] = Flight(landing: landing)
            return flight.waiter
        }
        waiter?.resume(returning: landing)
    }

    func withdraw(_ lease: Lease, _ reason: Withdrawal) { settle(lease, .withdrawn(reason)) }

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

    /// Returns when a flight is settled. To be asked once, by whoever sees to it that it will be.
    func landing(of lease: Lease) async -> Landing {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Landing? in
                guard let flight = state.flights[lease] else { return .withdrawn(.leaseLost) }
                if flight.landing == nil { state.flights[lease]?.waiter = continuation }
                return flight.landing
            }
            if let known { continuation.resume(returning: known) }
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
