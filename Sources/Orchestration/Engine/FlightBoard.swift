// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// Why a run under way is to be let go of.
enum Withdrawal: Sendable {
    /// The task was cancelled, or finished by hand: nobody waits for the answer.
    case taskEnded
    /// The session expired: the run belongs to somebody else.
    case leaseLost
    /// The daemon is stopping.
    case shutdown
}

/// The runs an engine is carrying out, each with a way to call it off.
final class FlightBoard: Sendable {
    private struct Flight {
        var withdrawal: Withdrawal?
        var waiter: CheckedContinuation<Withdrawal?, Never>?
    }

    private struct State {
        var flights: [ID<Run>: Flight] = [:]
        var mayClaim = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.flights.count } }
    var isIdle: Bool { count == 0 }
    var runs: [ID<Run>] { state.withLock { Array($0.flights.keys) } }

    /// Whether the session is known to be alive; without one a claim would only make orphans.
    var mayClaim: Bool {
        get { state.withLock { $0.mayClaim } }
        set { state.withLock { $0.mayClaim = newValue } }
    }

    func board(_ run: ID<Run>) { state.withLock { $0.flights[run] = Flight() } }

    func land(_ run: ID<Run>) {
        let idle = state.withLock { state in
            state.flights[run] = nil
            guard state.flights.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in idle { waiter.resume() }
    }

    func withdraw(_ run: ID<Run>, _ reason: Withdrawal) {
        let waiter = state.withLock { state -> CheckedContinuation<Withdrawal?, Never>? in
            guard state.flights[run] != nil else { return nil }
            state.flights[run]?.withdrawal = reason
            defer { state.flights[run]?.waiter = nil }
            return state.flights[run]?.waiter
        }
        waiter?.resume(returning: reason)
    }

    func withdrawAll(_ reason: Withdrawal) {
        for run in runs { withdraw(run, reason) }
    }

    /// Returns when the run is to be let go of; nil when the waiting task was cancelled first.
    func withdrawal(of run: ID<Run>) async -> Withdrawal? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Withdrawal?? = state.withLock { state in
                    guard let flight = state.flights[run], !Task.isCancelled else { return .some(nil) }
                    if let reason = flight.withdrawal { return reason }
                    state.flights[run]?.waiter = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.flights[run]?.waiter = nil }
                return state.flights[run]?.waiter
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
