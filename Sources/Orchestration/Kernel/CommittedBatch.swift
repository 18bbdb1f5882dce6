// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a flush has committed, for those that are to be woken by it.
package struct CommittedBatch: Sendable {
    package let workspaceID: ID<Workspace>
    /// In the order of their positions.
    package let events: [RecordedEvent]
    /// How many runs became ready in each queue.
    package private(set) var ready: [String: Int] = [:]
    /// How many leases of each agent were given back.
    package private(set) var freed: [String: Int] = [:]
    /// Agents that held all they may when runs of theirs stood ready, with the queues where those stand.
    package internal(set) var full: [String: Set<String>] = [:]
    /// The earliest time to which a run was put off.
    package var earliestDelay: Timestamp?
    /// The earliest time at which an approval expires that was asked for.
    package var earliestExpiry: Timestamp?
    /// The earliest fire of the schedules that changed.
    package var earliestFire: Timestamp?
    /// The shortest time until a run that a rate holds up may start.
    package var earliestUnpark: Duration?
    /// Whether tasks wait for what has ended here.
    package var hasSettledDependencies = false

    /// Whether a run or a task has failed, to be tried again or not.
    var hasFailures: Bool { events.contains { $0.event.type == "run.failed" || $0.event.type == "task.failed" } }

    init(workspaceID: ID<Workspace>, events: [RecordedEvent]) {
        self.workspaceID = workspaceID
        self.events = events
    }

    mutating func count(ready queue: String) { ready[queue, default: 0] += 1 }
    mutating func count(freed agent: String) { freed[agent, default: 0] += 1 }
}
