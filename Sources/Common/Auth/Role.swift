// SPDX-License-Identifier: Apache-2.0

/// What a person may do. Every role may do what those before it may.
package enum Role: String, Sendable, CaseIterable, Comparable {
    /// Sees everything, changes nothing.
    case viewer
    /// Works with what there is: tasks, runs, rooms, incidents, approvals, queues, schedules, and
    /// single services on Render.
    case `operator`
    /// Also changes what others rely on: workspaces, hooks, agents, and what a blueprint describes.
    case administrator

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    /// What it allows.
    package var permissions: Set<Permission> { Set(Permission.allCases.filter(allows)) }

    /// Whether it is enough for what needs `permission`.
    package func allows(_ permission: Permission) -> Bool { self >= Self.least(for: permission) }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .administrator: 2
        }
    }

    /// The least role that has a permission. Without a default, so that whoever adds a permission decides.
    private static func least(for permission: Permission) -> Role {
        switch permission {
        case .readTasks, .readRuns, .readRooms, .readIncidents, .readApprovals, .readEvents, .readAgents, .readLogs,
            .readSchedules, .readSystem, .readDeployments, .openStreams:
            .viewer
        case .writeTasks, .writeRuns, .writeRooms, .writeIncidents, .requestApprovals, .decideApprovals, .manageQueues,
            .manageSchedules, .writeDeployments:
            .operator
        case .workRuns, .manageHooks, .manageWorkspaces, .registerAgents, .callAgent, .writeLogs, .keepHeads,
            .manageDeployments, .recordEvents:
            .administrator
        }
    }
}
