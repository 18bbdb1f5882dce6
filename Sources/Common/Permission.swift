// SPDX-License-Identifier: Apache-2.0

/// What a caller can be allowed to do; every endpoint that is not public names one.
package enum Permission: String, Sendable, CaseIterable {
    case readTasks = "tasks.read"
    case writeTasks = "tasks.write"
    case workRuns = "runs.work"
    case readEvents = "events.read"
    case readAgents = "agents.read"
    case registerAgents = "agents.register"
    case callAgent = "agents.call"
    case readLogs = "logs.read"
    case writeLogs = "logs.write"
    case keepHeads = "heads.keep"
    case openStreams = "streams.open"
    case readSystem = "system.read"
    case manageDeployments = "deployments.manage"
}
