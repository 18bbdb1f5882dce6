// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Domain
package import Orchestration
package import ServiceKit

/// Answers what the policy is asked.
package func answerPolicy(_ router: inout EndpointRouter, _ approvals: ApprovalOperations, _ gate: PolicyGate) {
    router.on(PolicyAPI.evaluate) { input, context in
        var approval: Approval?
        if let id = input.approvalID {
            approval = try await approvals.approval(id, in: input.workspaceID, by: context.caller)
        }
        return PolicyDecisionView(
            action: input.action, zone: input.zone,
            decision: gate.decide(input.action, in: input.zone, approval: approval, at: .now()))
    }
}
