// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor

/// Render in memory, as far as the monitor sees it: services, their deploys and logs, and every call that was made.
final class TestRender: MonitoredRender {
    struct State: Sendable {
        var services: [RenderService] = []
        var deploys: [String: [RenderDeploy]] = [:]
        var events: [String: [RenderServiceEvent]] = [:]
        var logs: [String: [RenderLogLine]] = [:]
        var routes: [String: [StaticRoute]] = [:]
        var native: [String: String] = [:]
        var calls: [String] = []
        var patches: [(id: String, body: JSONObject)] = []
        /// Deploys that were asked for, by service, with whether the cache was to be cleared.
        var started: [(id: String, clearsCache: Bool)] = []
        /// Thrown by the calls of that name, once for each.
        var failures: [String: [any Error]] = [:]
        /// Thrown by every call about that service.
        var broken: [String: any Error] = [:]
        var queuesDeploys = false
    }

    let state = Guarded(State())

    private func called(_ name: String, _ id: String = "") throws {
        let failure = state.with { state -> (any Error)? in
            state.calls.append(name)
            if let error = state.broken[id] { return error }
            guard let failures = state.failures[name], let first = failures.first else { return nil }
            state.failures[name] = Array(failures.dropFirst())
            return first
        }
        if let failure { throw failure }
    }

    func owners() async throws -> [RenderOwner] {
        try called("owners")
        return [RenderOwner(id: "tea-1", name: "team", type: "team")]
    }

    func services(ownerID: String) async throws -> [RenderService] {
        try called("services")
        return state.with { $0.services }
    }

    func service(_ id: String) async throws -> RenderService {
        try called("service", id)
        guard let service = state.with({ $0.services.first { $0.id == id } }) else {
            throw RenderError.refused(status: 404, code: nil, message: "not found")
        }
        return service
    }

    func deploys(service id: String, limit: Int) async throws -> [RenderDeploy] {
        try called("deploys", id)
        return state.with { Array(($0.deploys[id] ?? []).prefix(limit)) }
    }

    func deploy(_ id: String, service: String) async throws -> RenderDeploy {
        try called("deploy", service)
        guard let deploy = state.with({ $0.deploys[service]?.first { $0.id == id } }) else {
            throw RenderError.refused(status: 404, code: nil, message: "not found")
        }
        return deploy
    }

    func events(service id: String, types: [String], since: String?, limit: Int) async throws -> [RenderServiceEvent] {
        try called("events", id)
        return state.with { $0.events[id] ?? [] }
    }

    func logs(ownerID: String, resource: String, type: String, from: String, to: String, limit: Int) async throws
        -> [RenderLogLine]
    {
        try called("logs", resource)
        return state.with { $0.logs[resource] ?? [] }
    }

    func routes(service id: String) async throws -> [StaticRoute] {
        try called("routes", id)
        return state.with { $0.routes[id] ?? [] }
    }

    func resourcesOfBlueprints(ownerID: String) async throws -> [String: String] {
        try called("blueprints")
        return state.with { $0.native }
    }

    func updateService(_ id: String, _ body: JSONObject) async throws -> RenderService {
        try called("update", id)
        return try state.with { state in
            guard let index = state.services.firstIndex(where: { $0.id == id }) else {
                throw RenderError.refused(status: 404, code: nil, message: "not found")
            }
            state.patches.append((id, body))
            if let root = body["rootDir"]?.string { state.services[index].rootDir = root }
            let details = body["serviceDetails"]
            if let path = details?["publishPath"]?.string { state.services[index].details.publishPath = path }
            let command = details?["buildCommand"]?.string ?? details?["envSpecificDetails"]?["buildCommand"]?.string
            if let command { state.services[index].details.buildCommand = command }
            return state.services[index]
        }
    }

    func createDeploy(service id: String, clearCache: Bool, mode: DeployMode) async throws -> RenderDeploy? {
        try called("deploy!", id)
        return state.with { state in
            state.started.append((id, clearCache))
            guard !state.queuesDeploys else { return nil }
            let deploy = Self.deploy("dep-fix-\(state.started.count)", .buildInProgress)
            state.deploys[id, default: []].insert(deploy, at: 0)
            return deploy
        }
    }

    static func service(
        _ id: String, name: String? = nil, type: String = "static_site", root: String = "", build: String = "",
        publish: String = "", branch: String = "main"
    ) -> RenderService {
        RenderService(
            id: id, name: name ?? "site-" + id, ownerID: "tea-1", type: type, slug: id, isSuspended: false,
            createdAt: RecordedLog.start.description, updatedAt: RecordedLog.start.description,
            repo: "https://github.com/example/site", branch: branch, rootDir: root,
            details: ServiceDetails(
                url: "https://\(id).example.com", buildCommand: build,
                publishPath: type == "static_site" ? publish : nil, openPorts: []))
    }

    static func deploy(_ id: String, _ status: DeployStatus, commit: String? = "c1", at offset: Int = 0) -> RenderDeploy
    {
        let start = RecordedLog.start + .seconds(offset)
        return RenderDeploy(
            id: id, status: status, trigger: "new_commit", commitID: commit, createdAt: start.description,
            finishedAt: status.isInProgress ? nil : (start + .seconds(30)).description)
    }
}
