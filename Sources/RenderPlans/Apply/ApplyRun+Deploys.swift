// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// The one deploy of a service that its changes lead to, after all of them.
    func deploy(_ action: PlanAction, _ type: ServiceType, id: String, need: DeployNeed) async throws {
        guard need != .none else { return }
        let client = client
        let finder = finder
        let newest = try await client.deploys(service: id, limit: 1).first
        let mode = Self.mode(need, type, newest: newest)
        let detail: JSONObject = ["newest": newest.map { .string($0.id) } ?? .null, "mode": .string(mode.rawValue)]
        let result = try await steps.perform(
            StepRunner.Change(
                name: "deploy", detail: detail, isCreation: true,
                find: { detail in
                    try await finder.deployed(
                        service: id, since: detail["newest"]?.string, mode: detail["mode"]?.string)
                },
                call: {
                    var result: JSONObject = ["mode": .string(mode.rawValue)]
                    if let deploy = try await client.createDeploy(service: id, clearCache: false, mode: mode) {
                        result["deploy_id"] = .string(deploy.id)
                    } else {
                        // Render has it in its queue: which deploy it becomes is known once it is taken from there.
                        result["queued"] = true
                        let waiting = try await finder.deployed(service: id, since: newest?.id, mode: nil)
                        result["deploy_id"] = waiting?["deploy_id"]
                    }
                    return result
                }),
            of: action.address)
        let isBuild = result["mode"]?.string != DeployMode.deployOnly.rawValue
        await state.started(
            ApplyReport.Deploy(
                resource: action.address, id: result["deploy_id"]?.string, mode: isBuild ? .build : .deployOnly,
                isFirst: false, status: nil))
        try await owe(nil, service: action.address, id: id)
    }

    /// Starting again what was built last is of no use to a site, whose variables are built in, and wrong while the
    /// newest build is not what is live: it would bring back what that one was to replace.
    static func mode(_ need: DeployNeed, _ type: ServiceType, newest: RenderDeploy?) -> DeployMode {
        need == .deployOnly && type != .staticSite && newest?.status == .live ? .deployOnly : .buildAndDeploy
    }

    /// Follows the deploys until they are over or `limit` has passed; those that failed make their services failed.
    func follow(for limit: Duration) async throws {
        let started = await state.latestDeploys()
        var open = started
        var waited = Duration.zero
        while !open.isEmpty {
            for (resource, deploy) in open {
                guard let service = await state.id(of: resource) else { continue }
                guard let seen = try await look(at: deploy, of: service) else { continue }
                await state.saw(seen.status.rawValue, id: seen.id, of: resource)
                if deploy.status != seen.status.rawValue {
                    steps.report(.deploy(resource: resource, id: seen.id, status: seen.status.rawValue))
                }
                if !seen.status.isInProgress {
                    open[resource] = nil
                    if seen.status.isFailure {
                        await fail(resource, "its deploy \(seen.id) is \(seen.status.rawValue)")
                    }
                } else {
                    open[resource]?.status = seen.status.rawValue
                }
            }
            guard !open.isEmpty else { return }
            guard waited < limit else {
                for resource in open.keys.sorted() { await fail(resource, "its deploy was not live within \(limit)") }
                return
            }
            try await timing.clock.sleep(for: timing.deployPoll)
            waited += timing.deployPoll
        }
    }

    private func fail(_ resource: ResourceAddress, _ message: String) async {
        await end(resource, .failed(message: message))
    }

    private func look(at deploy: ApplyReport.Deploy, of service: String) async throws -> RenderDeploy? {
        do {
            if let id = deploy.id { return try await client.deploy(id, service: service) }
            return try await client.deploys(service: service, limit: 1).first
        } catch is RenderError {
            // Seen at the next look, or not before the time is up.
            return nil
        }
    }
}
