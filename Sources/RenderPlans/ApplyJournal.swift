// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What an apply writes down before and after everything it does, so that one that was killed can go on.
package protocol ApplyJournal: Sendable {
    /// Begins an apply, and in the same moment ends those whose place it takes as abandoned: all of it is written down, or
    /// nothing. Refused when one with that id is there, and with `ApplyError.lockLost` when `fence` is not the lock's any
    /// more.
    func begin(_ apply: ApplyRecord, replacing earlier: [ReplacedApply], fence: Int64) async throws
    /// An apply with its steps in the order they were begun; nil when it is not there.
    func read(_ applyID: String) async throws -> ApplyRecord?
    /// Of one blueprint, those that have not ended.
    func unfinished(ownerID: String, blueprint: String) async throws -> [ApplyRecord]
    /// Writes down what is about to be done. Refused with `ApplyError.lockLost` when `fence` is not the lock's any more.
    func intend(_ step: JournalStep, apply applyID: String, fence: Int64) async throws
    /// Writes down how it went; refused as `intend` is.
    func conclude(_ key: String, apply applyID: String, outcome: StepOutcome, fence: Int64) async throws
    /// Ends an apply, and says why when it has not succeeded; one that has ended stays as it is. Refused as `intend` is.
    func end(_ apply: ApplyRecord, as status: ApplyStatus, message: String?, fence: Int64) async throws
}

/// An apply that did not come to its end, and whose place another one takes.
package struct ReplacedApply: Sendable {
    package let apply: ApplyRecord
    /// Why it was not gone on with. No secret.
    package let message: String
    /// Whether what was left of it is what the other one carries out: then that is its successor.
    package let isCarriedOn: Bool

    package init(_ apply: ApplyRecord, message: String, isCarriedOn: Bool) {
        self.apply = apply
        self.message = message
        self.isCarriedOn = isCarriedOn
    }
}

package struct ApplyRecord: Sendable, Equatable {
    /// `apply_` and a ULID.
    package let id: String
    package let planID: String
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    /// RFC 3339.
    package let startedAt: String
    package var status: ApplyStatus
    /// The apply that carries out what was left of this one; nil when none does.
    package var successor: String?
    package var steps: [JournalStep]

    package init(
        id: String, planID: String, ownerID: String, blueprint: String, principal: String, startedAt: String,
        status: ApplyStatus = .running, successor: String? = nil, steps: [JournalStep] = []
    ) {
        self.id = id
        self.planID = planID
        self.ownerID = ownerID
        self.blueprint = blueprint
        self.principal = principal
        self.startedAt = startedAt
        self.status = status
        self.successor = successor
        self.steps = steps
    }
}

package enum ApplyStatus: String, Sendable, CaseIterable {
    case running, succeeded, failed
    /// Killed, and its plan is not valid any more: what it began is settled, and a new plan says what is left.
    case abandoned
}

/// One call that changes something, or one deploy.
package struct JournalStep: Sendable, Equatable {
    /// Unique within the apply and the same when it is resumed: `service/web-api/create`, `service/web-api/env.KEY`,
    /// `service/web-api/deploy`.
    package let key: String
    package let resource: ResourceAddress
    /// What was looked at before it, to tell whether it has happened: never a secret.
    package let detail: JSONObject
    package var outcome: StepOutcome?

    package init(key: String, resource: ResourceAddress, detail: JSONObject = [:], outcome: StepOutcome? = nil) {
        self.key = key
        self.resource = resource
        self.detail = detail
        self.outcome = outcome
    }
}

package enum StepOutcome: Sendable, Equatable {
    /// Done and read back; `result` holds ids (`id`, `deploy_id`).
    case done(result: JSONObject)
    case failed(message: String)
    /// Not tried, because of what it depends on.
    case skipped(because: ResourceAddress)
}
