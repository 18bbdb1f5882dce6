// SPDX-License-Identifier: Apache-2.0

package import Common

/// How a service is, in one word.
package enum RenderServiceHealth: String, Sendable, CaseIterable, WireEnum {
    /// The last deploy is live.
    case live
    /// A deploy is under way.
    case deploying
    /// The last deploy failed; what was live before may still be.
    case failed
    case suspended
    /// Nothing was deployed yet, or the last deploy was called off.
    case idle
    /// Its deploys could not be read.
    case unknown
}

/// A deploy.
package struct RenderDeployView: WireObject {
    package static let wireName = "RenderDeploy"

    package let id: String
    package let status: String
    package let isInProgress: Bool
    package let isFailure: Bool
    package let trigger: String?
    package let commitID: String?
    package let commitMessage: String?
    package let createdAt: String?
    package let finishedAt: String?

    package init(
        id: String, status: String, isInProgress: Bool, isFailure: Bool, trigger: String?, commitID: String?,
        commitMessage: String?, createdAt: String?, finishedAt: String?
    ) {
        self.id = id
        self.status = status
        self.isInProgress = isInProgress
        self.isFailure = isFailure
        self.trigger = trigger
        self.commitID = commitID
        self.commitMessage = commitMessage
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }

    package static let fields: [Field<RenderDeployView>] = [
        Field("id", "Names the deploy.") { $0.id },
        Field("status", "Where it stands, in Render's words, such as `build_in_progress`.") { $0.status },
        Field("in_progress", "Whether it can still change by itself.") { $0.isInProgress },
        Field("failed", "Whether it ended badly.") { $0.isFailure },
        Field("trigger", "What brought it about, in Render's words; null when it does not say.") { $0.trigger },
        Field("commit_id", "The commit; null when it does not say.") { $0.commitID },
        Field("commit_message", "The first words of the commit; null when it does not say.") { $0.commitMessage },
        Field("created_at", "When it was asked for; null when it does not say.") { $0.createdAt },
        Field("finished_at", "When it ended; null before.") { $0.finishedAt },
    ]
}

/// A service.
package struct RenderServiceView: WireObject {
    package static let wireName = "RenderService"

    package struct Settings: Sendable {
        package var region: String?
        package var plan: String?
        package var runtime: String?
        package var repo: String?
        package var branch: String?
        package var rootDir: String?
        package var autoDeploy: Bool?
        package var url: String?
        package var dashboardURL: String?

        package init() {}
    }

    package let id: String
    package let name: String
    package let type: String
    package let ownerID: String
    package let settings: Settings
    package let isSuspended: Bool
    package let isMonitored: Bool
    package let health: RenderServiceHealth
    package let lastDeploy: RenderDeployView?
    package let createdAt: String
    package let updatedAt: String

    package init(
        id: String, name: String, type: String, ownerID: String, settings: Settings, isSuspended: Bool,
        isMonitored: Bool, health: RenderServiceHealth, lastDeploy: RenderDeployView?, createdAt: String,
        updatedAt: String
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.ownerID = ownerID
        self.settings = settings
        self.isSuspended = isSuspended
        self.isMonitored = isMonitored
        self.health = health
        self.lastDeploy = lastDeploy
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    package static let fields: [Field<RenderServiceView>] = [
        Field("id", "Names the service.") { $0.id },
        Field("name", "What it is called.") { $0.name },
        Field("type", "`web_service`, `static_site` and so on; open-ended.") { $0.type },
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("health", "How it is, in one word.") { $0.health },
        Field("suspended", "Whether it is switched off.") { $0.isSuspended },
        Field("monitored", "Whether the monitor watches it.") { $0.isMonitored },
        Field("last_deploy", "Its newest deploy; null when there is none, or it could not be read.") { $0.lastDeploy },
        Field("region", "Where it runs; null when Render does not say.") { $0.settings.region },
        Field("plan", "What it may use; null when Render does not say.") { $0.settings.plan },
        Field("runtime", "What runs it; null when Render does not say.") { $0.settings.runtime },
        Field("repo", "Where its sources are; null without.") { $0.settings.repo },
        Field("branch", "The branch; null without.") { $0.settings.branch },
        Field("root_dir", "Where in the repository it is; null for the top.") { $0.settings.rootDir },
        Field("auto_deploy", "Whether commits are deployed by themselves; null when Render does not say.") {
            $0.settings.autoDeploy
        },
        Field("url", "Where it is reached; null without.") { $0.settings.url },
        Field("dashboard_url", "Its page at Render; null without.") { $0.settings.dashboardURL },
        Field("created_at", "When it was made.") { $0.createdAt },
        Field("updated_at", "When it was changed last.") { $0.updatedAt },
    ]
}

/// A page of services.
package struct RenderServicesView: WireObject {
    package static let wireName = "RenderServices"

    let ownerID: String
    let services: [RenderServiceView]
    let nextCursor: RenderServiceCursor?
    let total: Int
    let observedAt: Timestamp
    let isStale: Bool

    package init(
        ownerID: String, services: [RenderServiceView], nextCursor: RenderServiceCursor?, total: Int,
        observedAt: Timestamp, isStale: Bool
    ) {
        self.ownerID = ownerID
        self.services = services
        self.nextCursor = nextCursor
        self.total = total
        self.observedAt = observedAt
        self.isStale = isStale
    }

    package static let fields: [Field<RenderServicesView>] = [
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("services", "By name.") { $0.services },
        Field("next_cursor", "Send it as `cursor` to read on; null at the end.") { $0.nextCursor?.text },
        Field("total", "How many there are in all that fit.") { $0.total },
        Field("observed_at", "When Render said so.") { $0.observedAt },
        Field("stale", "Whether Render could not be asked again since.") { $0.isStale },
    ]
}

/// A service that was made.
package struct CreatedRenderServiceView: WireObject {
    package static let wireName = "CreatedRenderService"

    let service: RenderServiceView
    let deployID: String?
    let variables: [String]

    package init(service: RenderServiceView, deployID: String?, variables: [String]) {
        self.service = service
        self.deployID = deployID
        self.variables = variables
    }

    package static let fields: [Field<CreatedRenderServiceView>] = [
        Field("service", "The service.") { $0.service },
        Field("deploy_id", "Its first deploy; null when Render names none.") { $0.deployID },
        Field("env", "The names of the variables that it was given.") { $0.variables },
    ]
}

/// What became of an environment; never a value.
package struct RenderEnvironmentChangeView: WireObject {
    package static let wireName = "RenderEnvironmentChange"

    package let serviceID: String
    package let added: [String]
    package let changed: [String]
    package let removed: [String]
    package let unchanged: Int
    package let needsDeploy: Bool
    package let deploy: RenderDeployRequestView?

    package init(
        serviceID: String, added: [String], changed: [String], removed: [String], unchanged: Int, needsDeploy: Bool,
        deploy: RenderDeployRequestView? = nil
    ) {
        self.serviceID = serviceID
        self.added = added
        self.changed = changed
        self.removed = removed
        self.unchanged = unchanged
        self.needsDeploy = needsDeploy
        self.deploy = deploy
    }

    package static let fields: [Field<RenderEnvironmentChangeView>] = [
        Field("service_id", "The service.") { $0.serviceID },
        Field("added", "Names of variables that are new.") { $0.added },
        Field("changed", "Names of variables that have another value now.") { $0.changed },
        Field("removed", "Names of variables that were taken away.") { $0.removed },
        Field("unchanged", "How many variables are as they were.") { $0.unchanged },
        Field("deploy_needed", "Whether a deploy is still to be asked for.") { $0.needsDeploy },
        Field("deploy", "The deploy that was asked for; null without one.") { $0.deploy },
    ]
}

/// A deploy that was asked for.
package struct RenderDeployRequestView: WireObject {
    package static let wireName = "RenderDeployRequest"

    package let serviceID: String
    package let deploy: RenderDeployView?
    package let action: RenderActionView
    package let isReplayed: Bool

    package init(serviceID: String, deploy: RenderDeployView?, action: RenderActionView, isReplayed: Bool = false) {
        self.serviceID = serviceID
        self.deploy = deploy
        self.action = action
        self.isReplayed = isReplayed
    }

    package static let fields: [Field<RenderDeployRequestView>] = [
        Field("service_id", "The service.") { $0.serviceID },
        Field("queued", "Whether Render has queued it behind another.") { $0.deploy == nil },
        Field("deploy", "The deploy; null while Render gives none.") { $0.deploy },
        Field("action", "What was done, as policies name it.") { $0.action },
        Field("replayed", "Whether an earlier request with the same idempotency key asked for it.") { $0.isReplayed },
    ]
}

/// What was done, as policies name it: its kind, its target, and the hash of its arguments.
package struct RenderActionView: WireObject {
    package static let wireName = "RenderAction"

    package let kind: String
    package let target: String
    package let argumentsHash: String

    package init(kind: String, target: String, argumentsHash: String) {
        self.kind = kind
        self.target = target
        self.argumentsHash = argumentsHash
    }

    package static let fields: [Field<RenderActionView>] = [
        Field("kind", "Such as `render.deploy`.") { $0.kind },
        Field("target", "What it is done to.") { $0.target },
        Field("arguments_hash", "SHA-256 of the arguments in the form of RFC 8785, in hexadecimal digits.") {
            $0.argumentsHash
        },
    ]
}
