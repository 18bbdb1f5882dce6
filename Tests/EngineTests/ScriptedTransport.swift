// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// Agents that do as the test says, by the text of the input.
final class ScriptedTransport: AgentTransport {
    /// What an agent makes of its calls.
    enum Script: String, Sendable {
        /// Answers at once.
        case answer
        /// Never answers by itself.
        case hang
        /// Fails once per call, and may be tried again.
        case fail
        /// Keeps a processor busy, a little at a time.
        case spin

        var input: [UInt8] { JSONValue.string(rawValue).bytes }
    }

    private struct State {
        var calls: [AgentCall] = []
        var cancelled: [Lease] = []
        var gates: [Lease: AsyncStream<Void>.Continuation] = [:]
        var ended: [Lease] = []
    }

    private let state = Mutex(State())

    var calls: [AgentCall] { state.withLock { $0.calls } }
    var cancelled: [Lease] { state.withLock { $0.cancelled } }
    /// Calls that are over, in whichever way.
    var ended: [Lease] { state.withLock { $0.ended } }

    /// Lets calls that hang answer.
    func letGo() {
        for gate in state.withLock({ $0.gates.values }) { gate.yield() }
    }

    func call(_ call: AgentCall) async -> AgentAnswer {
        let lease = call.assignment.lease
        let (opened, gate) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            state.calls.append(call)
            state.gates[lease] = gate
        }
        defer {
            state.withLock { state in
                state.gates[lease] = nil
                state.ended.append(lease)
            }
        }
        let script = (try? JSONValue.parse(call.assignment.input))?.string.flatMap(Script.init)
        switch script {
        case .answer, nil: break
        case .hang: for await _ in opened { break }
        case .fail:
            return .failed(RunFailure(code: "asked", message: "No.", isRetryable: true), leastPause: .seconds(2))
        case .spin:
            let end = ContinuousClock.now + .seconds(1)
            while ContinuousClock.now < end, !Task.isCancelled {
                let turn = ContinuousClock.now + .milliseconds(40)
                while ContinuousClock.now < turn {}
                await Task.yield()
            }
        }
        return .completed(Array(#""done""#.utf8))
    }

    func cancel(_ call: AgentCall) async { state.withLock { $0.cancelled.append(call.assignment.lease) } }
}
