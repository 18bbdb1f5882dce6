// SPDX-License-Identifier: Apache-2.0

import Common
import Render

extension RenderMonitor {
    private static let day = Duration.seconds(86_400)

    /// Makes the fix of the failed deploy's diagnosis, if there is one that may be made; else keeps why not.
    func consider(_ deploy: RenderDeploy, of service: RenderService, _ record: inout ServiceRecord) async throws {
        guard let index = record.diagnoses.firstIndex(where: { $0.deployID == deploy.id }) else { return }
        let diagnosis = record.diagnoses[index]
        guard diagnosis.whyNotFixed == nil, let fix = diagnosis.proposed else { return }
        if record.attempts.contains(where: { $0.failedDeployID == deploy.id }) { return }
        var reason = heldBack(fix, diagnosis, deploy, service, record)
        if reason == nil { reason = try await heldBackByRender(service) }
        if reason == nil {
            guard let lock = try await lock(record) else {
                return try await hold(back: notes[service.id], at: index, &record)
            }
            do {
                reason = try await begin(fix, diagnosis, deploy, service, &record, lock)
            } catch {
                await unlock(lock)
                throw error
            }
            await unlock(lock)
        }
        try await hold(back: reason, at: index, &record)
    }

    private func hold(back reason: String?, at index: Int, _ record: inout ServiceRecord) async throws {
        notes[record.serviceID] = reason ?? notes[record.serviceID]
        guard record.diagnoses[index].heldBack != reason else { return }
        record.diagnoses[index].heldBack = reason
        _ = try await save(&record)
    }

    /// What forbids the fix as far as it is known without a call; nil when nothing does.
    private func heldBack(
        _ fix: Fix, _ diagnosis: Diagnosis, _ deploy: RenderDeploy, _ service: RenderService, _ record: ServiceRecord
    ) -> String? {
        guard settings.isFixable(id: service.id, name: service.name) else {
            return "dry run: nothing is written until the service is listed as \(service.name):fix"
        }
        guard deploy.status == .buildFailed else { return "only failed builds are mended" }
        guard fix.confidence >= settings.threshold else { return "it is not sure enough" }
        let end = (deploy.finishedAt ?? deploy.createdAt).flatMap { Timestamp($0) }
        guard let end, now() - end <= settings.actsWithin else { return "the failure is too old to be acted upon" }
        if let own = record.attempts.first(where: { $0.deployID == deploy.id }) {
            let isSecond = record.attempts.contains { $0.deployID == own.failedDeployID }
            if own.state != .kept { return "it is the deploy of a fix that did not help" }
            if isSecond { return "two fixes in a row did not help" }
        }
        if record.attempts.contains(where: { $0.commitID == deploy.commitID && $0.signature == diagnosis.signature }) {
            return "it has been tried for this commit"
        }
        let recent = record.attempts.filter { now() - $0.startedAt < Self.day }
        return recent.count >= settings.fixesPerDay ? "\(settings.fixesPerDay) fixes have been tried within a day" : nil
    }

    private func heldBackByRender(_ service: RenderService) async throws -> String? {
        try await nativeBlueprint(of: service).map {
            "Render's own Blueprint \($0) syncs this service and would undo it"
        }
    }

    /// Writes the fix down, then makes it. Answers why it was not begun; nil when it was.
    private func begin(
        _ fix: Fix, _ diagnosis: Diagnosis, _ deploy: RenderDeploy, _ service: RenderService,
        _ record: inout ServiceRecord, _ lock: HeldLock
    ) async throws -> String? {
        let fresh = try await render.service(service.id)
        let deploys = try await render.deploys(service: service.id, limit: 5)
        guard !fresh.isSuspended, deploys.first(where: { $0.status != .canceled })?.id == deploy.id,
            !deploys.contains(where: \.status.isInProgress)
        else { return "the service has moved on since it was looked at" }
        guard fix.changes.allSatisfy({ Self.live($0.field, fresh) == $0.old }) else {
            return "a setting has been changed since the failure"
        }
        var attempt = FixAttempt(
            id: "fix_" + ULID.make(at: now()).text, diagnosisID: diagnosis.id, signature: diagnosis.signature,
            commitID: deploy.commitID, failedDeployID: deploy.id, startedAt: now(), changes: fix.changes,
            clearsCache: fix.clearsCache, state: .intended)
        record.put(attempt)
        guard try await save(&record) else { return "another monitor is at it" }
        await tell(.fixAttempted, record, attempt.shown.json)
        try await write(&attempt, fresh, &record, lock)
        return nil
    }

    /// From the intent to a running deploy. What it leaves open is gone on with at the next look.
    func write(
        _ attempt: inout FixAttempt, _ service: RenderService, _ record: inout ServiceRecord, _ lock: HeldLock
    ) async throws {
        if attempt.state == .intended {
            guard try await ports.locks.renew(lock) else { return }
            if !attempt.changes.isEmpty {
                do {
                    let body = Self.body(attempt.changes.map { ($0.field, $0.new) }, service)
                    let written = try await render.updateService(service.id, body)
                    guard attempt.changes.allSatisfy({ Self.live($0.field, written) == $0.new }) else {
                        attempt.outcome = "Render answers other settings than were written"
                        attempt.state = .reverting
                        return try await keep(attempt, &record)
                    }
                } catch let error as RenderError {
                    guard case .refused = error else { throw error }
                    attempt.state = .abandoned
                    attempt.outcome = Self.words(error)
                    return try await keep(attempt, &record)
                }
            }
            attempt.state = .patched
            try await keep(attempt, &record)
        }
        guard try await ports.locks.renew(lock) else { return }
        do {
            let started = try await render.createDeploy(service: service.id, clearCache: attempt.clearsCache)
            if let started {
                attempt.deployID = started.id
                attempt.state = .deploying
                notes[service.id] = "deploy \(started.id) of a fix is running"
            }
        } catch let error as RenderError {
            guard case .refused = error else { throw error }
            attempt.state = .reverting
            attempt.outcome = Self.words(error)
        }
        try await keep(attempt, &record)
    }

    func keep(_ attempt: FixAttempt, _ record: inout ServiceRecord) async throws {
        record.put(attempt)
        guard try await save(&record) else { throw MonitorError.overtaken }
    }

    /// A setting as it is compared.
    static func live(_ field: FixField, _ service: RenderService) -> String {
        FailureFacts(service: service, wanted: [:], log: nil, findings: []).live(field)
    }

    /// The body of a PATCH: `rootDir` is the service's own, the others belong to the details of its type.
    static func body(_ values: [(FixField, String)], _ service: RenderService) -> JSONObject {
        var body = JSONObject()
        var details = JSONObject()
        var specific = JSONObject()
        for (field, value) in values {
            switch field {
            case .rootDir: body["rootDir"] = .string(value)
            case .publishPath: details["publishPath"] = .string(value)
            case .buildCommand where service.type == "static_site": details["buildCommand"] = .string(value)
            case .buildCommand: specific["buildCommand"] = .string(value)
            }
        }
        if !specific.isEmpty { details["envSpecificDetails"] = .object(specific) }
        if !details.isEmpty { body["serviceDetails"] = .object(details) }
        return body
    }
}

/// Why a look at one service was broken off.
enum MonitorError: Error {
    /// Another monitor has written the service's record meanwhile.
    case overtaken
}
