// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit

extension RenderctlService {
    /// Answers what is about blueprints, plans and applies.
    func answerBlueprints(_ router: inout EndpointRouter) {
        let (desk, applies) = (plans, applies)
        router.on(RenderAPI.validate) { input, _ in PlanDesk.validate(input) }
        router.on(RenderAPI.plan) { input, context in try await desk.plan(input, context) }
        router.on(RenderAPI.getPlan) { input, _ in try await desk.document(input.id) }
        router.on(RenderAPI.listPlans) { input, _ in try await desk.list(input) }
        router.on(RenderAPI.drift) { input, _ in try await desk.drift(input) }
        router.on(RenderAPI.apply) { input, context in
            let answer = try await applies.apply(input, context)
            guard let id = answer.applyID else { return Reply(answer, status: 200) }
            return Reply(answer, status: 202, headers: [(.location, "/render/applies/\(id)")])
        }
        router.on(RenderAPI.getApply) { input, _ in try await applies.view(input.id.rawValue) }
        router.on(RenderAPI.listApplies) { input, _ in try await applies.list(input) }
        router.on(RenderAPI.listBlueprints) { _, _ in try await applies.blueprints() }
    }
}
