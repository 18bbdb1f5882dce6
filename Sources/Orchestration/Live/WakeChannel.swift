// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// How daemons tell each other of commits.
///
/// A wake is a hint: one that gets lost costs latency, because the pulse finds what it would have announced, and a false
/// one costs a query.
package protocol WakeChannel: Sendable {
    /// Tells all daemons, the caller's own included. Gives up after a bounded time, and at once while there is nothing to
    /// tell it over.
    func send(_ wakes: [EventWake]) async throws

    /// Hands over what arrives, one after the other; returns when the channel has stopped or the task is cancelled.
    func receive(_ handle: (WakeSignal) async -> Void) async
}

/// What comes out of a channel of wakes.
package enum WakeSignal: Sendable, Equatable {
    case wake(EventWake)
    /// Wakes may have been lost before this; what they would have announced is to be looked for.
    case gap
}

/// What one daemon tells the others: a workspace, and how far its log goes.
package struct EventWake: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package let position: Int64

    package init(workspaceID: ID<Workspace>, position: Int64) {
        self.workspaceID = workspaceID
        self.position = position
    }

    /// Reads a payload; nil when it is none.
    package init?(payload: String) {
        guard let space = payload.lastIndex(of: " "), let position = Int64(payload[payload.index(after: space)...])
        else { return nil }
        self.init(workspaceID: ID(trusted: String(payload[..<space])), position: position)
    }

    /// What travels over a channel.
    package var payload: String { "\(workspaceID.rawValue) \(position)" }
}
