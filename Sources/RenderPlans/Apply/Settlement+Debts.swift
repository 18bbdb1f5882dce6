// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Render

extension Settlement {
    /// Notes that a service has had its deploy, which it may have been killed before: it would get another one.
    func payDebt(of step: JournalStep, _ outcome: StepOutcome?, _ record: ApplyRecord) async throws {
        // It comes after everything that the apply changes about the service, so it pays for all of it.
        guard step.key == "\(step.resource)/deploy", case .done? = outcome else { return }
        let known = try await ledger.applied(ownerID: record.ownerID, blueprint: record.blueprint)
        guard let service = known.resources[step.resource], service.fields[AppliedState.pendingDeploy] != nil else {
            return
        }
        try await locks.check()
        try await ledger.record(
            ownerID: record.ownerID, blueprint: record.blueprint, resource: step.resource, id: service.id,
            fields: [AppliedState.pendingDeploy: nil])
    }

    /// Whether an error says nothing about what was asked for, and goes away: by itself, or with another key.
    static func passes(_ error: any Error) -> Bool {
        switch error as? RenderError {
        case .unavailable?, .rateLimited?, .outcomeUnknown?: true
        case .refused(let status, _, _)?: [401, 403, 408].contains(status)
        case .malformed?, nil: false
        }
    }
}
