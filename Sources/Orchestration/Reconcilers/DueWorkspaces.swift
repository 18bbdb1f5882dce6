// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// When something is due next in each workspace, as far as known here. What is forgotten, or was never learnt, the pulse
/// tells again.
final class DueWorkspaces: Sendable {
    private let due = Mutex<[ID<Workspace>: ContinuousClock.Instant]>([:])
    /// Within this of each other two times are the same one, seen by two clocks.
    private let tolerance: Duration

    init(tolerance: Duration) { self.tolerance = tolerance }

    /// Learns how soon something is due; says whether that is before all that was known of the workspace.
    func learn(_ workspaceID: ID<Workspace>, dueIn wait: Duration) -> Bool {
        let time = ContinuousClock().now + wait
        return due.withLock { due in
            if let known = due[workspaceID], known <= time + tolerance { return false }
            due[workspaceID] = time
            return true
        }
    }

    /// Whether anything is known of a workspace.
    func contains(_ workspaceID: ID<Workspace>) -> Bool { due.withLock { $0[workspaceID] != nil } }

    /// Forgets the workspaces whose time has come, and answers them in order.
    func take() -> [ID<Workspace>] {
        let now = ContinuousClock().now
        return due.withLock { due in
            let over = due.filter { $0.value <= now }.keys.sorted()
            for workspaceID in over { due[workspaceID] = nil }
            return over
        }
    }

    /// How long it is until the next is due; nil when nothing waits.
    var wait: Duration? { due.withLock { $0.values.min() }.map { max(.zero, $0 - ContinuousClock().now) } }
}
