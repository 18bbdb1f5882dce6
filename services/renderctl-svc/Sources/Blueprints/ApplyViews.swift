// SPDX-License-Identifier: Apache-2.0

import API
import Common
import RenderPlans
import Store

extension RenderApplySummary {
    init(_ stored: StoredApply) {
        var counts = RenderStepCounts()
        counts.begun = stored.counts.begun
        counts.done = stored.counts.done
        counts.failed = stored.counts.failed
        counts.skipped = stored.counts.skipped
        self.init(
            id: ID(trusted: stored.id), planID: stored.planID, ownerID: stored.ownerID, name: stored.blueprint,
            startedBy: stored.principal, status: RenderApplyState(rawValue: stored.status) ?? .running,
            message: stored.message, successor: stored.successor.map { ID(trusted: $0) }, counts: counts,
            startedAt: stored.startedAt, endedAt: stored.endedAt)
    }
}

extension RenderStepView {
    init(_ stored: StoredStep) {
        self.init(
            key: stored.key, resource: stored.resource, state: RenderStepState(rawValue: stored.state) ?? .begun,
            message: stored.message, because: stored.because, result: stored.result ?? [:], begunAt: stored.begunAt,
            endedAt: stored.endedAt)
    }
}

extension ApplyError {
    /// As a problem of ours.
    var asProblem: Problem {
        switch self {
        case .blocked(let reasons):
            Problem(
                .conflict, "The plan may not be carried out: \(reasons.prefix(3).joined(separator: "; ")).",
                code: "plan_blocked", details: ["reasons": .array(reasons.map { .string($0) })])
        case .stale(let fields):
            Problem(
                .conflict, "What is live has moved since the plan was made. Plan again and look at the difference.",
                code: "stale_plan", details: ["moved": .array(fields.map { .object($0.json) })])
        case .locked(let holder, let until):
            Problem(
                .conflict, "\(holder) applies this blueprint, until \(until) at the latest; try again after it.",
                code: "locked", details: ["locked_by": .string(holder), "locked_until": .string(until)],
                retryAfter: .seconds(5))
        case .lockLost:
            Problem(.unavailable, "The lock of the blueprint was lost; the apply is taken up again.", code: "lock_lost")
        case .tooManyPruned(let count, let limit):
            Problem(
                .conflict, "\(count) resources would be deleted, and \(limit) may be at once.", code: "prune_limit")
        case .unknown(let id): Problem.notFound("apply", id)
        case .ended(let id, let status):
            Problem(.conflict, "The apply \(id) has ended: \(status.rawValue).", code: "apply_ended")
        }
    }
}
