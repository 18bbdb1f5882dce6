// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import RenderPlans
import Store

/// What the orchestrator is told of applies. It is kept by the statements that begin and end them, so that a daemon which is
/// killed has told neither too little nor too much.
struct ApplyTeller: Sendable {
    let principal: Principal
    let traceID: String
    /// Whether resources are taken away that are not in the file any more.
    let prunes: Bool
    let recorder: Recorder
    /// As much of a reason as an event holds.
    private static let longestMessage = 4000

    /// What a policy would decide about.
    static func action(planID: String, ownerID: String, name: String, prunes: Bool) -> RenderAction {
        RenderAction(
            kind: "render.apply", target: "\(ownerID)/\(name)",
            arguments: ["plan_id": .string(planID), "prune": .bool(prunes)])
    }

    func started(_ apply: ApplyRecord) -> OutboxEvent {
        let action = Self.action(
            planID: apply.planID, ownerID: apply.ownerID, name: apply.blueprint, prunes: prunes)
        return event(.applyStarted, of: apply, action.members)
    }

    func ended(_ apply: ApplyRecord, as status: ApplyStatus, message: String?, successor: String? = nil) -> OutboxEvent
    {
        event(
            .applyFinished, of: apply,
            [
                ("status", .string(status.rawValue)),
                ("message", message.map { .string(String($0.prefix(Self.longestMessage))) } ?? .null),
                ("succeeded_by", successor.map { .string($0) } ?? .null),
            ])
    }

    private func event(
        _ type: RenderEvent, of apply: ApplyRecord, _ members: [(String, JSONValue)]
    ) -> OutboxEvent {
        OutboxEvent(
            id: .timeOrdered(), type: type.rawValue, principal: (Principal(apply.principal) ?? principal).text,
            traceID: traceID,
            body: JSONObject(
                [
                    ("apply_id", .string(apply.id)), ("plan_id", .string(apply.planID)),
                    ("owner_id", .string(apply.ownerID)), ("name", .string(apply.blueprint)),
                ] + members),
            occurredAt: .now())
    }
}
