// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension PolicyVerdict: WireEnum {}
extension PolicyReason: WireEnum {}

/// What the policy says, before anything is done.
package enum PolicyAPI {
    package static let evaluate = Endpoint<EvaluatePolicyInput, PolicyDecisionView>(
        "evaluatePolicy", .post, "/v1/policy/evaluate", .workers(.requestApprovals),
        "Decides whether an action may go ahead.",
        description: """
            Changes nothing and asks nobody. Kinds are `workspace…`, `external.read…` and `external.write…`; a write to \
            the outside world needs an approval, and so does any other kind, because nothing is known of it. With \
            `approval_id` the answer of people counts, if it is about exactly this action. \
            `POLICY_KILL_SWITCH_EXTERNAL_WRITE` denies such actions whatever was approved, so ask again right before \
            acting.
            """,
        tag: "approvals", problems: [.notFound], isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [evaluate.route]
}

/// `POST /v1/policy/evaluate`.
package struct EvaluatePolicyInput: WireInput {
    package static let wireName = "PolicyQuestion"

    package let workspaceID: ID<Workspace>
    package let action: Action
    package let zone: Zone
    package let approvalID: ID<Approval>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        action = reader.member("action", "What is to be done.", .object(ActionInput.self)).action
        zone = reader.member("zone", "How much can go wrong there.", .choice(Zone.self), default: .supervised)
        approvalID = reader.optional("approval_id", "The approval that it relies on.", .id())
    }
}

/// What the policy says of an action.
package struct PolicyDecisionView: WireObject {
    package static let wireName = "PolicyDecision"

    package let action: Action
    package let zone: Zone
    package let decision: PolicyDecision

    package init(action: Action, zone: Zone, decision: PolicyDecision) {
        self.action = action
        self.zone = zone
        self.decision = decision
    }

    package static let fields: [Field<PolicyDecisionView>] = [
        Field("decision", "Whether it may go ahead.") { $0.decision.verdict },
        Field("reason_code", "Why.") { $0.decision.reason },
        Field("action", "What was decided about.") { ActionView($0.action) },
        Field("zone", "Where it was decided for.") { $0.zone },
    ]
}
