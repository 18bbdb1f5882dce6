// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Domain
package import Orchestration
package import ServiceKit
import Store

/// Answers what is asked about approvals.
package func answerApprovals(_ router: inout EndpointRouter, _ approvals: ApprovalOperations, _ signer: LeaseSigner) {
    router.on(ApprovalsAPI.request) { input, context in
        let new = ApprovalOperations.NewApproval(
            runID: input.runID, stepID: input.stepID, roomID: input.roomID, action: input.action,
            summary: input.summary, lifetime: .seconds(input.lifetimeSeconds))
        return ApprovalView(
            try await approvals.request(
                new, in: input.workspaceID, by: context.caller, input.lease?.prover(signer)))
    }
    router.on(ApprovalsAPI.list) { input, _ in
        let filter = ApprovalFilter(status: input.status, roomID: input.roomID, runID: input.runID)
        let (found, next) = try await approvals.list(
            filter, in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(ApprovalView.init), nextCursor: next?.rawValue)
    }
    router.on(ApprovalsAPI.get) { input, context in
        ApprovalView(try await approvals.approval(input.id, in: input.workspaceID, by: context.caller))
    }
    router.on(ApprovalsAPI.decide) { input, context in
        ApprovalView(
            try await approvals.decide(
                input.id, input.decision, note: input.note, in: input.workspaceID, by: context.caller))
    }
}
