// SPDX-License-Identifier: Apache-2.0

/// A deploy of a service.
package struct RenderDeploy: Sendable, Hashable {
    package var id: String
    package var status: DeployStatus
    /// api, new_commit, manual, service_updated and so on; open-ended.
    package var trigger: String?
    package var commitID: String?
    package var commitMessage: String?
    package var imageRef: String?
    package var createdAt: String?
    package var startedAt: String?
    package var finishedAt: String?

    package init(
        id: String, status: DeployStatus, trigger: String? = nil, commitID: String? = nil, commitMessage: String? = nil,
        imageRef: String? = nil, createdAt: String? = nil, startedAt: String? = nil, finishedAt: String? = nil
    ) {
        self.id = id
        self.status = status
        self.trigger = trigger
        self.commitID = commitID
        self.commitMessage = commitMessage
        self.imageRef = imageRef
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// Where a deploy stands; what is newer than this list is kept as text.
package enum DeployStatus: Sendable, Hashable, RawRepresentable {
    case created, queued, buildInProgress, preDeployInProgress, updateInProgress, live, deactivated
    case buildFailed, preDeployFailed, updateFailed, canceled
    case other(String)

    private static let named: [DeployStatus] = [
        .created, .queued, .buildInProgress, .preDeployInProgress, .updateInProgress, .live, .deactivated, .buildFailed,
        .preDeployFailed, .updateFailed, .canceled,
    ]

    package init(rawValue: String) {
        self = Self.named.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    // Spelt out, since equality goes by it: looking a status up by equality would never end.
    package var rawValue: String {
        switch self {
        case .created: "created"
        case .queued: "queued"
        case .buildInProgress: "build_in_progress"
        case .preDeployInProgress: "pre_deploy_in_progress"
        case .updateInProgress: "update_in_progress"
        case .live: "live"
        case .deactivated: "deactivated"
        case .buildFailed: "build_failed"
        case .preDeployFailed: "pre_deploy_failed"
        case .updateFailed: "update_failed"
        case .canceled: "canceled"
        case .other(let text): text
        }
    }

    /// Whether it can still change by itself. One that is not known is taken for unfinished, so nothing is started beside it.
    package var isInProgress: Bool {
        switch self {
        case .created, .queued, .buildInProgress, .preDeployInProgress, .updateInProgress, .other: true
        case .live, .deactivated, .buildFailed, .preDeployFailed, .updateFailed, .canceled: false
        }
    }

    package var isFailure: Bool { [.buildFailed, .preDeployFailed, .updateFailed].contains(self) }
}

/// One line of a log, as it was written: it may hold ANSI codes, and a page need not be in order.
package struct RenderLogLine: Sendable, Hashable {
    package var id: String
    package var message: String
    package var timestamp: String

    package init(id: String, message: String, timestamp: String) {
        self.id = id
        self.message = message
        self.timestamp = timestamp
    }
}

/// An event of a service: a build or deploy that ended, a server that failed.
package struct RenderServiceEvent: Sendable, Hashable {
    package var id: String
    /// build_ended, deploy_ended, server_failed and so on; open-ended.
    package var type: String
    package var timestamp: String
    package var deployID: String?
    package var buildID: String?
    /// succeeded, failed, canceled and so on.
    package var status: String?
    package var reason: EventReason?
    /// What the event says by itself, such as why an image could not be pulled.
    package var message: String?

    package init(
        id: String, type: String, timestamp: String, deployID: String? = nil, buildID: String? = nil,
        status: String? = nil, reason: EventReason? = nil, message: String? = nil
    ) {
        self.id = id
        self.type = type
        self.timestamp = timestamp
        self.deployID = deployID
        self.buildID = buildID
        self.status = status
        self.reason = reason
        self.message = message
    }
}

/// Why a build or deploy ended as it did.
package struct EventReason: Sendable, Hashable {
    package var failure: Failure?
    package var buildFailedID: String?
    /// A newer build or deploy took its place: not a failure.
    package var isSuperseded: Bool

    package struct Failure: Sendable, Hashable {
        package var nonZeroExit: Int?
        package var isEarlyExit: Bool
        package var oomKilled: Bool
        /// What there was of memory when it ran out, such as `512Mi`.
        package var memoryLimit: String?
        package var timedOutSeconds: Int?
        package var timedOutReason: String?
        package var unhealthy: String?
        package var isEvicted: Bool
        package var evictionReason: String?

        package init(
            nonZeroExit: Int? = nil, isEarlyExit: Bool = false, oomKilled: Bool = false, memoryLimit: String? = nil,
            timedOutSeconds: Int? = nil, timedOutReason: String? = nil, unhealthy: String? = nil,
            isEvicted: Bool = false, evictionReason: String? = nil
        ) {
            self.nonZeroExit = nonZeroExit
            self.isEarlyExit = isEarlyExit
            self.oomKilled = oomKilled
            self.memoryLimit = memoryLimit
            self.timedOutSeconds = timedOutSeconds
            self.timedOutReason = timedOutReason
            self.unhealthy = unhealthy
            self.isEvicted = isEvicted
            self.evictionReason = evictionReason
        }
    }

    package init(failure: Failure? = nil, buildFailedID: String? = nil, isSuperseded: Bool = false) {
        self.failure = failure
        self.buildFailedID = buildFailedID
        self.isSuperseded = isSuperseded
    }
}
