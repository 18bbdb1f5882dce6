// SPDX-License-Identifier: Apache-2.0

package import Common

/// What a new task asks for.
package struct TaskRequest: Sendable, Equatable {
    package var agent: String
    /// JSON.
    package var input: [UInt8]
    package var priority: Int
    package var timeoutSeconds: Int
    package var retry: TaskRetryPolicy
    /// Nil for at once.
    package var runAt: Timestamp?
    package var idempotencyHash: [UInt8]?
    /// By which its runs can be claimed beside their agent.
    package var labels: [String]
    /// What its runs count against.
    package var limits: [LimitUse]
    /// The run that asked for it.
    package var parentRunID: ID<Run>?
    package var dependencies: TaskDependencies

    package init(
        agent: String, input: [UInt8], priority: Int, timeoutSeconds: Int, retry: TaskRetryPolicy, runAt: Timestamp?,
        idempotencyHash: [UInt8]?, labels: [String] = [], limits: [LimitUse] = [], parentRunID: ID<Run>? = nil,
        dependencies: TaskDependencies = TaskDependencies()
    ) {
        self.agent = agent
        self.input = input
        self.priority = priority
        self.timeoutSeconds = timeoutSeconds
        self.retry = retry
        self.runAt = runAt
        self.idempotencyHash = idempotencyHash
        self.labels = labels
        self.limits = limits
        self.parentRunID = parentRunID
        self.dependencies = dependencies
    }
}

/// The tasks that have to be done before one may start.
package struct TaskDependencies: Sendable, Equatable {
    /// What becomes of the task when one before it fails or is cancelled.
    package enum Policy: String, Sendable, CaseIterable {
        case fail, cancel
        /// It starts all the same, once all of them have ended.
        case run
    }

    package var after: [ID<WorkTask>]
    package var policy: Policy
    /// Whether any of them had not ended when the task was made.
    package var isBlocking: Bool

    package init(after: [ID<WorkTask>] = [], policy: Policy = .fail, isBlocking: Bool = false) {
        self.after = after
        self.policy = policy
        self.isBlocking = isBlocking
    }
}
