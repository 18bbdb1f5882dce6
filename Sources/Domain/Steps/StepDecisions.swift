// SPDX-License-Identifier: Apache-2.0

/// Why something cannot happen to a step or a tool call as it is now.
package enum StepError: Error, Sendable, Equatable {
    /// It has ended, as this status says.
    case finished(String)
    /// It was started under an earlier epoch; whoever holds the run now has to start it again.
    case notStarted(epoch: Int)
}

/// What steps and tool calls have in common: they are started under an epoch and end once.
package protocol EpochBound: Sendable {
    associatedtype Status: RawRepresentable & Equatable & Sendable where Status.RawValue == String

    var status: Status { get }
    /// The epoch under which it was started last.
    var epoch: Int { get }

    static var running: Status { get }
    static var success: Status { get }
}

extension EpochBound {
    /// Whether the holder of `lease` is to do it again: it did not succeed, and whoever tried last is gone.
    package func isToBeRestarted(under lease: Lease) -> Bool { status != Self.success && epoch < lease.epoch }

    /// Throws unless it is under way under this very lease.
    package func requireRunning(under lease: Lease) throws(StepError) {
        guard status == Self.running else { throw .finished(status.rawValue) }
        guard epoch == lease.epoch else { throw .notStarted(epoch: epoch) }
    }

    /// Whether it has ended as `ending` already, which makes saying so again harmless. Throws when it cannot end so.
    package func hasEnded(_ ending: Status, under lease: Lease) throws(StepError) -> Bool {
        if status == ending, epoch == lease.epoch || ending == Self.success { return true }
        try requireRunning(under: lease)
        return false
    }
}

extension Step: EpochBound {
    package static var running: StepStatus { .running }
    package static var success: StepStatus { .completed }
}
