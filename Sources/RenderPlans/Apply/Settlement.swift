// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// Brings to an end what a killed apply has begun and cannot be gone on with: what it did is found out and remembered, and
/// nothing more is done. The next plan says what is left. Doing it again changes nothing; whoever calls it ends the apply.
struct Settlement: Sendable {
    let client: RenderClient
    let ledger: any Ledger
    let journal: any ApplyJournal
    let locks: LockKeeper
    let timing: ApplyTiming

    func settle(_ record: ApplyRecord) async throws {
        var ids: [ResourceAddress: String] = [:]
        let returned = Set(record.steps.filter(\.hasGivenBack).map(\.resource))
        for step in record.steps {
            var outcome = step.outcome
            if outcome == nil {
                outcome = try await find(step, of: record, ids: ids)
                try await locks.check()
                try await journal.conclude(
                    step.key, apply: record.id, outcome: outcome ?? Self.interrupted, fence: locks.blueprint.fence)
            }
            try await payDebt(of: step, outcome, record)
            guard step.key == "\(step.resource)/create", case .done(let result)? = outcome,
                let id = result["id"]?.string
            else { continue }
            ids[step.resource] = id
            // Killed before it was remembered, it would be taken for somebody else's.
            try await locks.check()
            try await ledger.record(
                ownerID: record.ownerID, blueprint: record.blueprint, resource: step.resource, id: id,
                fields: returned.contains(step.resource) ? [:] : AppliedState.loan(in: step.detail, isOpen: true))
        }
    }

    private static let interrupted = StepOutcome.failed(
        message: "it was interrupted, and whether it was done is not known; the next plan tells what is left")

    private func find(
        _ step: JournalStep, of record: ApplyRecord, ids: [ResourceAddress: String]
    ) async throws -> StepOutcome {
        let finder = ResourceFinder(client: client, ownerID: record.ownerID)
        do {
            var found: JSONObject?
            if step.key == "\(step.resource)/create" {
                found = try await patiently { try await finder.created(step.resource) }
            } else if step.key == "\(step.resource)/deploy" {
                guard let id = try await id(of: step.resource, finder, ids) else { return Self.interrupted }
                found = try await patiently {
                    try await finder.deployed(
                        service: id, since: step.detail["newest"]?.string, mode: step.detail["mode"]?.string)
                }
            } else {
                return Self.interrupted
            }
            return found.map { .done(result: $0) } ?? .failed(message: "it was interrupted before it was done")
        } catch {
            // Not known now is not the same as not done: it is looked for again when Render can be asked.
            guard let failure = StepFailure(of: error), !Self.passes(error) else { throw error }
            return .failed(message: failure.message)
        }
    }

    private func id(
        of resource: ResourceAddress, _ finder: ResourceFinder, _ ids: [ResourceAddress: String]
    ) async throws -> String? {
        if let id = ids[resource] { return id }
        return try await finder.ids(of: resource).first
    }

    private func patiently(_ find: () async throws -> JSONObject?) async throws -> JSONObject? {
        if let found = try await find() { return found }
        for pause in timing.settle {
            try await timing.clock.sleep(for: pause)
            if let found = try await find() { return found }
        }
        return nil
    }
}

extension JournalStep {
    /// Whether it took back what a new service was lent.
    fileprivate var hasGivenBack: Bool {
        guard key == "\(resource)/take_back", case .done? = outcome else { return false }
        return true
    }
}
