// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension RenderMonitor {
    /// Deploys of a service that are read at once: enough to see past a few that were cancelled.
    private static let deploysRead = 10

    /// Looks at one service: follows the fix that is under way, or looks at its newest deploy.
    func look(at service: RenderService, record known: ServiceRecord?) async throws {
        notes[service.id] = nil
        if service.details.parentServerID != nil { return notes[service.id] = "a preview" }
        var record =
            known
            ?? ServiceRecord(serviceID: service.id, name: service.name, type: service.type, ownerID: service.ownerID)
        if service.isSuspended {
            notes[service.id] = "suspended"
            if known == nil { _ = try await save(&record) }
            return
        }
        let deploys = try await render.deploys(service: service.id, limit: Self.deploysRead)
        let before = record
        record.name = service.name
        record.type = service.type
        let newest = deploys.first { $0.status != .canceled }
        record.lastDeploy = (newest ?? deploys.first).map(DeploySummary.init) ?? record.lastDeploy
        if let live = deploys.first(where: { $0.status == .live }) { record.lastLiveDeployID = live.id }
        if let open = record.open {
            try await follow(open, service, deploys, &record)
        } else if deploys.contains(where: \.status.isInProgress) {
            notes[service.id] = "a deploy is in progress"
        } else if let newest {
            try await look(at: newest, of: service, deploys, &record)
        } else {
            notes[service.id] = "never deployed"
        }
        if known == nil || record != before, record.revision == before.revision { _ = try await save(&record) }
    }

    private func look(
        at deploy: RenderDeploy, of service: RenderService, _ deploys: [RenderDeploy], _ record: inout ServiceRecord
    ) async throws {
        if deploy.status.isFailure {
            if record.examinedDeployID != deploy.id {
                guard try await examine(deploy, of: service, &record) != nil else { return }
            }
            try await consider(deploy, of: service, &record)
        } else if deploy.status == .live, record.examinedDeployID != deploy.id {
            try await probe(deploy, of: service, &record)
        }
    }

    /// Finds out why `deploy` failed and keeps it; nil when it did not fail after all, or when that has to wait.
    func examine(_ deploy: RenderDeploy, of service: RenderService, _ record: inout ServiceRecord) async throws
        -> Diagnosis?
    {
        guard render.left.reads > 0 else {
            postpone(service, "waits for reads of Render's API")
            return nil
        }
        let events = try await render.events(service: service.id, since: deploy.createdAt)
        var log: BuildLog?
        if Diagnoser.needsLog(deploy, events) {
            guard render.left.logReads >= render.logPages else {
                postpone(service, "waits for reads of logs")
                return nil
            }
            log = try await readLog(of: deploy, service)
            guard log != nil || record.tries + 1 >= settings.triesOfOne else {
                record.tries += 1
                notes[service.id] = "its log is not there yet"
                return nil
            }
        }
        let subject = Diagnoser.Case(
            service: service, deploy: deploy, events: events, log: log, wanted: try await wanted(of: service))
        record.tries = 0
        record.examinedDeployID = deploy.id
        guard let diagnosis = diagnoser.diagnose(subject, at: now()) else {
            notes[service.id] = "a newer deploy took the place of \(deploy.id)"
            _ = try await save(&record)
            return nil
        }
        record.add(diagnosis)
        guard try await save(&record) else { return nil }
        await tell(.diagnosisMade, record, diagnosis.shown.json)
        if diagnosis.patch != nil { await tell(.patchProposed, record, diagnosis.shown.json) }
        return diagnosis
    }

    private func postpone(_ service: RenderService, _ reason: String) {
        deferred.insert(service.id)
        notes[service.id] = reason
    }

    /// Nil when there is none, or it cannot be had at the moment.
    private func readLog(of deploy: RenderDeploy, _ service: RenderService) async throws -> BuildLog? {
        let isBuild = deploy.status == .buildFailed
        let start = deploy.createdAt.flatMap { Timestamp($0) } ?? now() + .seconds(-3600)
        let end = deploy.finishedAt.flatMap { Timestamp($0) }.map { $0 + .seconds(30) } ?? now()
        do {
            let lines = try await render.logs(
                ownerID: service.ownerID, resource: service.id, type: isBuild ? "build" : "app",
                from: (start + .seconds(-5)).description, to: end.description)
            return lines.isEmpty ? nil : BuildLog(lines, beginning: isBuild ? .build : deploy.status.beginning)
        } catch RenderError.unavailable, RenderError.malformed, RenderError.refused {
            return nil
        }
    }

    /// What the blueprint says of the settings that matter.
    private func wanted(of service: RenderService) async throws -> [Field: BlueprintValue] {
        var wanted: [Field: BlueprintValue] = [:]
        for field in FixField.allCases.map(\.field) + [.branch] {
            wanted[field] = try await ports.blueprint.wanted(serviceID: service.id, name: service.name, field: field)
        }
        return wanted
    }

    /// Looks at a live deploy as a visitor would; what does not answer is asked again at the next look before it is told.
    private func probe(_ deploy: RenderDeploy, of service: RenderService, _ record: inout ServiceRecord) async throws {
        let isSite = service.type == ServiceType.staticSite.rawValue
        guard !isSite || render.left.reads > 0 else { return postpone(service, "waits for reads of Render's API") }
        let routes = isSite ? try await render.routes(service: service.id) : []
        let result = try await SiteProbe(prober: ports.prober).probe(
            service, deployID: deploy.id, routes: routes, at: now())
        record.lastProbe = result
        if result.verdict == .broken, record.tries + 1 < settings.triesOfOne {
            record.tries += 1
            notes[service.id] = "live, but \(result.text)"
            return
        }
        record.tries = 0
        record.examinedDeployID = deploy.id
        guard result.verdict == .broken else {
            notes[service.id] = "live, \(result.text)"
            return
        }
        let diagnosis = diagnoser.diagnosis(
            of: result, service, deploy, wanted: try await wanted(of: service), at: now())
        record.add(diagnosis)
        let fix = record.attempts.first { $0.deployID == deploy.id && $0.state == .succeeded }
        if var fix {
            // The version before was well enough to be served: a page that shows nothing is worse than a failed build.
            fix.state = .reverting
            fix.outcome = "its deploy is live and broken: \(result.text)"
            record.put(fix)
        }
        guard try await save(&record) else { return }
        await tell(.diagnosisMade, record, diagnosis.shown.json)
        if let fix = record.open { try await restore(fix, service, &record) }
    }
}

extension DeployStatus {
    /// The phase that the lines of a program's own log belong to when a deploy ended in this status.
    fileprivate var beginning: BuildPhase { self == .preDeployFailed ? .preDeploy : .start }
}
