// SPDX-License-Identifier: Apache-2.0

import Common
import Render

extension RenderMonitor {
    /// Goes on with a fix where it was left: by this process at the last look, or by one that was killed.
    func follow(
        _ attempt: FixAttempt, _ service: RenderService, _ deploys: [RenderDeploy], _ record: inout ServiceRecord
    ) async throws {
        switch attempt.state {
        case .intended, .patched: try await resume(attempt, service, &record)
        case .deploying: try await watch(attempt, service, deploys, &record)
        case .reverting: try await restore(attempt, service, &record)
        case .succeeded, .reverted, .kept, .abandoned: break
        }
    }

    /// Whether the settings were written and the deploy was started is seen on Render, never guessed.
    private func resume(_ known: FixAttempt, _ service: RenderService, _ record: inout ServiceRecord) async throws {
        guard let lock = try await lock(record) else { return }
        do {
            try await resume(known, service, &record, lock)
        } catch {
            await unlock(lock)
            throw error
        }
        await unlock(lock)
    }

    private func resume(
        _ known: FixAttempt, _ service: RenderService, _ record: inout ServiceRecord, _ lock: HeldLock
    ) async throws {
        var attempt = known
        let fresh = try await render.service(service.id)
        let deploys = try await render.deploys(service: service.id, limit: 10)
        let newer = deploys.prefix { $0.id != attempt.failedDeployID }
        let isWritten = attempt.changes.allSatisfy { Self.live($0.field, fresh) == $0.new }
        if attempt.state == .intended {
            let isUntouched = attempt.changes.allSatisfy { Self.live($0.field, fresh) == $0.old }
            guard isWritten || isUntouched else {
                attempt.state = .reverting
                attempt.outcome = "the settings were changed by somebody else meanwhile"
                return try await keep(attempt, &record)
            }
            guard isWritten && !attempt.changes.isEmpty || newer.isEmpty else {
                attempt.state = .abandoned
                attempt.outcome = "a newer deploy came before anything was written"
                return try await keep(attempt, &record)
            }
            if isWritten, !attempt.changes.isEmpty { attempt.state = .patched }
        }
        if attempt.state == .patched {
            // The oldest that is newer than the failure was started with the fix, whoever started it.
            if let deploy = newer.last(where: { $0.status != .canceled }) {
                attempt.deployID = deploy.id
                attempt.state = .deploying
                return try await keep(attempt, &record)
            }
            guard isWritten else {
                attempt.state = .reverting
                attempt.outcome = "the settings were changed by somebody else meanwhile"
                return try await keep(attempt, &record)
            }
            // One that was queued takes a moment to be listed.
            guard now() - attempt.startedAt > settings.period * 2 else {
                notes[service.id] = "the deploy of a fix is waited for"
                return
            }
        }
        try await write(&attempt, fresh, &record, lock)
    }

    private func watch(
        _ known: FixAttempt, _ service: RenderService, _ deploys: [RenderDeploy], _ record: inout ServiceRecord
    ) async throws {
        var attempt = known
        guard let id = attempt.deployID else { return }
        let listed = deploys.first { $0.id == id }
        let deploy: RenderDeploy
        if let listed { deploy = listed } else { deploy = try await render.deploy(id, service: service.id) }
        if deploy.status.isInProgress {
            notes[service.id] = "deploy \(id) of a fix is running"
        } else if deploy.status.isFailure {
            try await judge(attempt, deploy, service, deploys, &record)
        } else if deploy.status == .canceled {
            try await replaced(attempt, by: deploys, service, &record)
        } else {
            attempt.state = .succeeded
            attempt.outcome = "deploy \(id) is live"
            try await keep(attempt, &record)
            notes[service.id] = "a fix has helped: deploy \(id) is live"
            await tell(.fixSucceeded, record, attempt.shown.json)
        }
    }

    /// The fix's deploy did not come to its end. A newer one was built with the fix as well; without one it is taken back.
    private func replaced(
        _ known: FixAttempt, by deploys: [RenderDeploy], _ service: RenderService, _ record: inout ServiceRecord
    ) async throws {
        var attempt = known
        let newer = deploys.prefix { $0.id != attempt.deployID }
        if deploys.contains(where: { $0.id == attempt.deployID }),
            let next = newer.first(where: { $0.status != .canceled })
        {
            attempt.deployID = next.id
            return try await keep(attempt, &record)
        }
        attempt.state = .reverting
        attempt.outcome = "its deploy was cancelled"
        try await keep(attempt, &record)
        try await restore(attempt, service, &record)
    }

    /// The fix's own deploy has failed: later than the one before is a step forward, everything else is taken back.
    private func judge(
        _ known: FixAttempt, _ deploy: RenderDeploy, _ service: RenderService, _ deploys: [RenderDeploy],
        _ record: inout ServiceRecord
    ) async throws {
        var attempt = known
        let diagnosis: Diagnosis
        if record.examinedDeployID == deploy.id, let made = record.diagnoses.first(where: { $0.deployID == deploy.id })
        {
            diagnosis = made
        } else {
            guard let made = try await examine(deploy, of: service, &record) else {
                guard record.examinedDeployID == deploy.id else { return }
                return try await replaced(attempt, by: deploys, service, &record)
            }
            diagnosis = made
        }
        let depth = FailureDepth.of(diagnosis.signature, in: diagnosis.phase)
        let first = record.diagnoses.first { $0.id == attempt.diagnosisID }
        let before = FailureDepth.of(attempt.signature, in: first?.phase ?? .build)
        if diagnosis.signature != attempt.signature, depth > before {
            attempt.state = .kept
            attempt.outcome = "its deploy came further and failed by \(diagnosis.signature)"
            return try await keep(attempt, &record)
        }
        attempt.state = .reverting
        attempt.outcome =
            diagnosis.signature == attempt.signature
            ? "its deploy failed in the same way" : "its deploy failed earlier, by \(diagnosis.signature)"
        try await keep(attempt, &record)
        try await restore(attempt, service, &record)
    }

    /// Puts back what was there before, where it is still what the fix wrote, and deploys no more.
    func restore(_ known: FixAttempt, _ service: RenderService, _ record: inout ServiceRecord) async throws {
        var attempt = known
        guard let lock = try await lock(record) else { return }
        do {
            let fresh = try await render.service(service.id)
            let ours = attempt.changes.filter { Self.live($0.field, fresh) == $0.new }
            guard try await ports.locks.renew(lock) else { return }
            var words = attempt.changes.isEmpty ? "no setting was changed" : "the settings of before are back"
            if !ours.isEmpty {
                do {
                    let written = try await render.updateService(
                        service.id, Self.body(ours.map { ($0.field, $0.old) }, fresh))
                    let wrong = ours.filter { Self.live($0.field, written) != $0.old }.map(\.field.rawValue)
                    if !wrong.isEmpty { words += ", but Render answers another \(wrong.joined(separator: ", "))" }
                } catch let error as RenderError {
                    // What is refused once is refused at every look; a person has to put it back.
                    guard case .refused = error else { throw error }
                    words = "the settings of before are NOT back: \(Self.words(error))"
                }
            }
            let others = attempt.changes.filter { change in !ours.contains(change) }.map(\.field.rawValue)
            let left = others.isEmpty ? "" : "; not \(others.joined(separator: ", ")), changed since by somebody else"
            attempt.state = .reverted
            attempt.outcome = "\(attempt.outcome ?? "it did not help"): \(words)\(left); no further deploy"
            try await keep(attempt, &record)
        } catch {
            await unlock(lock)
            throw error
        }
        await unlock(lock)
        notes[service.id] = attempt.outcome
        await tell(.fixReverted, record, attempt.shown.json)
    }
}

/// How far a deploy came before it failed.
enum FailureDepth {
    private static let known: [String: Int] = [
        "repo_access": 0, "pipeline_minutes_exhausted": 0, "root_dir_missing": 1, "root_dir_unreadable": 1,
        "package_json_missing": 2, "dockerfile_missing": 2, "lockfile_drift": 3, "engine_mismatch": 3,
        "dependency_conflict": 3, "command_not_found": 3, "missing_script": 3, "nothing_built": 3, "fields_swapped": 3,
        "step_failed": 4,
        "publish_dir_missing": 5, "double_prefix": 5, "ssr_as_static_site": 5, "unknown_failure": 0,
        "build_failed_generic": 0, "exited_status": 0,
    ]

    /// One that says nothing of why counts as no progress.
    static func of(_ signature: String, in phase: BuildPhase) -> Int {
        if let depth = known[signature] { return depth }
        switch phase {
        case .clone: return 1
        case .build: return 4
        case .upload: return 6
        case .preDeploy: return 7
        case .start: return 8
        case .live: return 9
        }
    }
}
