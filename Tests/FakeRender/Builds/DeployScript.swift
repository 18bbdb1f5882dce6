// SPDX-License-Identifier: Apache-2.0

import Common

/// How a deploy will go: its phases with what they print and the events they leave.
struct DeployScript {
    private(set) var phases: [DeployPhase] = []
    /// What a static site serves when this is live.
    private(set) var site: PublishedSite?
    private let deploy: FakeDeploy
    private let service: FakeService
    private let request: DeployRequest

    init(_ deploy: FakeDeploy, _ service: FakeService, _ request: DeployRequest, _ world: World) {
        self.deploy = deploy
        self.service = service
        self.request = request
        let repository = world.repository(of: service)
        let isBuilt = service.image == nil && request.mode != "deploy_only"
        if isBuilt {
            var build = PretendBuild(service, repository, environment: world.environment(of: service))
            build.run(commit: deploy.commit ?? "")
            guard add(build) else { return }
            site = service.isStatic ? build.site : nil
        } else {
            site = world.publishedSite(of: service, deploy: request.rollbackTo)
        }
        guard !service.isStatic else {
            phases.append(.init(status: "update_in_progress", lines: [.build("==> Deploying...")]))
            end(.init(status: "live", lines: [.build("==> Your site is live 🎉")]), failure: nil)
            return
        }
        guard preDeploy(repository) else { return }
        start(repository)
    }

    /// The details of the events that say what was started and why.
    func started(deployment: Bool) -> JSONObject {
        var trigger: JSONObject = [
            "firstBuild": .bool(request.isFirst), "envUpdated": false, "manual": .bool(request.trigger == "manual"),
            "deployedByRender": false, "clearCache": .bool(request.clearsCache),
            "rollback": .bool(request.rollbackTo != nil),
        ]
        if let target = request.rollbackTo { trigger["rollbackTargetDeployId"] = .string(target) }
        if request.trigger == "new_commit", let commit = deploy.commit { trigger["newCommit"] = .string(commit) }
        let id: (String, JSONValue) =
            deployment ? ("deployId", .string(deploy.id)) : ("buildId", .string(deploy.buildID))
        return JSONObject([id, ("trigger", .object(trigger))])
    }

    private mutating func add(_ build: PretendBuild) -> Bool {
        // Most of a build's lines come while it runs, the last ones with its end.
        let isFailed = !build.succeeded
        phases.append(
            .init(
                status: "build_in_progress", lines: isFailed ? Array(build.lines.dropLast(2)) : build.lines,
                events: [("build_started", started(deployment: false))]))
        guard let status = build.exitStatus else {
            phases[0].events.append(
                (
                    "build_ended",
                    ["buildId": .string(deploy.buildID), "buildStatus": "succeeded", "status": 2, "reason": [:]]
                ))
            return true
        }
        let failure: JSONValue = ["failure": ["evicted": false, "nonZeroExit": JSONValue(status)]]
        phases.append(
            .init(
                status: "build_failed", lines: Array(build.lines.suffix(2)),
                events: [
                    (
                        "build_ended",
                        ["buildId": .string(deploy.buildID), "buildStatus": "failed", "status": 3, "reason": failure]
                    ),
                    ended("failed", ["buildFailed": ["id": .string(deploy.buildID)]]),
                ]))
        return false
    }

    private func ended(_ status: String, _ reason: JSONValue) -> (type: String, details: JSONObject) {
        let number = ["succeeded": 2, "failed": 3][status] ?? 4
        return (
            "deploy_ended",
            [
                "deployId": .string(deploy.id), "deployStatus": .string(status), "status": JSONValue(number),
                "reason": reason,
            ]
        )
    }

    private mutating func preDeploy(_ repository: PretendRepository) -> Bool {
        let command = service.preDeployCommand
        guard !command.isEmpty else { return true }
        let run = "exec-\(deploy.id)"
        let identity: JSONObject = ["deployCommandExecutionId": .string(run), "deployId": .string(deploy.id)]
        var lines: [LogText] = [.build("==> Starting pre-deploy: \(command)")]
        lines += repository.preDeployLines.map { .build($0) }
        phases.append(
            .init(status: "pre_deploy_in_progress", lines: lines, events: [("pre_deploy_started", identity)]))
        let isFailed = repository.preDeployStatus != 0
        let failure: JSONValue =
            isFailed ? ["failure": ["evicted": false, "nonZeroExit": JSONValue(repository.preDeployStatus)]] : [:]
        var outcome = identity
        outcome["preDeployStatus"] = isFailed ? "failed" : "succeeded"
        outcome["status"] = isFailed ? 3 : 2
        outcome["reason"] = failure
        guard isFailed else {
            phases[phases.count - 1].lines.append(.build("==> Pre-deploy complete!"))
            phases[phases.count - 1].events.append(("pre_deploy_ended", outcome))
            return true
        }
        phases.append(
            .init(
                status: "pre_deploy_failed",
                lines: [
                    .build("==> Exited with status \(repository.preDeployStatus)"),
                    .build("==> Pre-deploy has failed"),
                ], events: [("pre_deploy_ended", outcome), ended("failed", failure)]))
        return false
    }

    private mutating func start(_ repository: PretendRepository) {
        var lines: [LogText] = [.build("==> Deploying...")]
        if !service.startCommand.isEmpty { lines.append(.app("==> Running '\(service.startCommand)'")) }
        phases.append(.init(status: "update_in_progress", lines: lines))
        let outcome = PretendServer(service, repository).start()
        phases[phases.count - 1].lines += outcome.lines
        guard let failure = outcome.failure else {
            return end(.init(status: "live", lines: [.app("==> Your service is live 🎉")]), failure: nil)
        }
        end(.init(status: "update_failed", lines: outcome.last), failure: failure)
    }

    private mutating func end(_ phase: DeployPhase, failure: JSONObject?) {
        var last = phase
        if let failure {
            last.events.append(("server_failed", ["reason": .object(failure)]))
            last.events.append(ended("failed", ["failure": .object(failure)]))
        } else {
            last.events.append(ended("succeeded", [:]))
        }
        phases.append(last)
    }
}

extension World {
    /// What was published last, or by the deploy that is gone back to.
    fileprivate func publishedSite(of service: FakeService, deploy: String?) -> PublishedSite? {
        if let deploy { return deploys[deploy]?.site }
        return deploys.values.last { $0.serviceID == service.id && $0.status == "live" }?.site
    }
}
