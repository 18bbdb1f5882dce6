// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// A durable request for work: what is wanted, from which agent, with which input.
///
/// The name keeps it apart from Swift's `Task`; everywhere else it is a task.
package struct WorkTask: Identified, Sendable, Equatable {
    package static let idPrefix = "task"

    package let id: ID<WorkTask>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package var status: TaskStatus
    package let agent: String
    /// 0…9; larger goes first.
    package var priority: Int
    /// Rises by one with every event that changes this row.
    package var version: Int
    /// JSON.
    package var input: [UInt8]
    /// JSON, once completed.
    package var result: [UInt8]?
    package var error: RunFailure?
    package let correlationID: String?
    package let traceID: String
    package let idempotencyKey: String?
    /// SHA-256 of the canonical request that first used the key.
    package let idempotencyHash: [UInt8]?
    /// When it is or was to be queued: the wanted time, or that of the next try.
    package var runAt: Timestamp?
    /// How long one run may take.
    package var timeoutSeconds: Int
    package var retry: TaskRetryPolicy
    /// By which its runs can be claimed beside their agent.
    package let labels: [String]
    /// What its runs count against.
    package let limits: [LimitUse]
    /// The run that asked for it.
    package let parentRunID: ID<Run>?
    package let dependencies: TaskDependencies
    /// Whether tasks before it are still to be waited for.
    package var isBlocked: Bool
    /// Starts used up since the task was made or retried by hand.
    package var attempts: Int
    /// The latest run; the only one that may be live.
    package var runID: ID<Run>
    package let createdBy: Principal
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var finishedAt: Timestamp?
    /// The event that last changed this row: what happens next is because of that one. Nil in rows that no event made.
    package var lastEventID: UUID?

    package init(
        id: ID<WorkTask>, workspaceID: ID<Workspace>, roomID: ID<Room>, status: TaskStatus, agent: String,
        priority: Int, version: Int, input: [UInt8], result: [UInt8]? = nil, error: RunFailure? = nil,
        correlationID: String?, traceID: String, idempotencyKey: String?, idempotencyHash: [UInt8]?,
        runAt: Timestamp?, timeoutSeconds: Int, retry: TaskRetryPolicy, labels: [String] = [],
        limits: [LimitUse] = [], parentRunID: ID<Run>? = nil, dependencies: TaskDependencies = TaskDependencies(),
        isBlocked: Bool = false, attempts: Int, runID: ID<Run>,
        createdBy: Principal, createdAt: Timestamp, updatedAt: Timestamp, finishedAt: Timestamp? = nil,
        lastEventID: UUID? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.status = status
        self.agent = agent
        self.priority = priority
        self.version = version
        self.input = input
        self.result = result
        self.error = error
        self.correlationID = correlationID
        self.traceID = traceID
        self.idempotencyKey = idempotencyKey
        self.idempotencyHash = idempotencyHash
        self.runAt = runAt
        self.timeoutSeconds = timeoutSeconds
        self.retry = retry
        self.labels = labels
        self.limits = limits
        self.parentRunID = parentRunID
        self.dependencies = dependencies
        self.isBlocked = isBlocked
        self.attempts = attempts
        self.runID = runID
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.finishedAt = finishedAt
        self.lastEventID = lastEventID
    }
}
