// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Store

/// The journal of applies in the database. What is lost with the lock is refused by the statement that writes.
struct StoredJournal: ApplyJournal {
    let store: RenderApplyStore
    let teller: ApplyTeller

    func begin(_ apply: ApplyRecord, replacing earlier: [ReplacedApply], fence: Int64) async throws {
        let new = NewApply(
            id: apply.id, planID: apply.planID, ownerID: apply.ownerID, blueprint: apply.blueprint,
            principal: apply.principal, startedAt: Timestamp(apply.startedAt) ?? .now())
        let events = earlier.map { one in
            teller.ended(
                one.apply, as: .abandoned, message: one.message, successor: one.isCarriedOn ? apply.id : nil)
        }
        let beginning = try await store.begin(
            new, replacing: earlier.map { ($0.apply.id, $0.message) },
            carryingOn: earlier.filter(\.isCarriedOn).map(\.apply.id), fence: fence,
            telling: events + [teller.started(apply)])
        switch beginning {
        case .begun: teller.recorder.ring()
        case .taken: throw Problem(.conflict, "There is an apply \(apply.id) already.", code: "apply_exists")
        case .refused: throw ApplyError.lockLost
        }
    }

    func read(_ applyID: String) async throws -> ApplyRecord? {
        guard let stored = try await store.apply(applyID) else { return nil }
        return try await record(stored)
    }

    func unfinished(ownerID: String, blueprint: String) async throws -> [ApplyRecord] {
        var records: [ApplyRecord] = []
        for stored in try await store.unfinished(ownerID: ownerID, blueprint: blueprint) {
            records.append(try await record(stored))
        }
        return records
    }

    func intend(_ step: JournalStep, apply applyID: String, fence: Int64) async throws {
        let isWritten = try await store.intend(
            step.key, resource: step.resource.description, detail: step.detail, apply: applyID, fence: fence)
        guard isWritten else { throw ApplyError.lockLost }
    }

    func conclude(_ key: String, apply applyID: String, outcome: StepOutcome, fence: Int64) async throws {
        var (state, result, message, because) = ("done", nil as JSONObject?, nil as String?, nil as String?)
        switch outcome {
        case .done(let made): result = made
        case .failed(let why): (state, message) = ("failed", why)
        case .skipped(let cause): (state, because) = ("skipped", cause.description)
        }
        // Keys begin with the resource that they are about.
        let resource = key.split(separator: "/").prefix(2).joined(separator: "/")
        let isWritten = try await store.conclude(
            key, resource: resource, state: state, result: result, message: message, because: because, apply: applyID,
            fence: fence)
        guard isWritten else { throw ApplyError.lockLost }
    }

    func end(_ apply: ApplyRecord, as status: ApplyStatus, message: String?, fence: Int64) async throws {
        let isWritten = try await store.end(
            apply.id, status: status.rawValue, message: message, fence: fence,
            telling: teller.ended(apply, as: status, message: message))
        guard isWritten else { throw ApplyError.lockLost }
        teller.recorder.ring()
    }

    private func record(_ stored: StoredApply) async throws -> ApplyRecord {
        let steps = try await store.steps(of: stored.id).compactMap { step -> JournalStep? in
            guard let resource = ResourceAddress(step.resource) else { return nil }
            return JournalStep(key: step.key, resource: resource, detail: step.detail, outcome: step.outcome)
        }
        return ApplyRecord(
            id: stored.id, planID: stored.planID, ownerID: stored.ownerID, blueprint: stored.blueprint,
            principal: stored.principal, startedAt: stored.startedAt.description,
            status: ApplyStatus(rawValue: stored.status) ?? .running, successor: stored.successor, steps: steps)
    }
}

extension StoredStep {
    fileprivate var outcome: StepOutcome? {
        switch state {
        case "done": .done(result: result ?? [:])
        case "failed": .failed(message: message ?? "")
        case "skipped": because.flatMap { ResourceAddress($0) }.map { .skipped(because: $0) }
        default: nil
        }
    }
}
