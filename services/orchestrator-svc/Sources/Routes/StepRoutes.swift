// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Domain
package import Orchestration
package import ServiceKit
import Store

/// Answers what is asked about steps.
package func answerSteps(_ router: inout EndpointRouter, _ steps: StepOperations, _ signer: LeaseSigner) {
    router.on(StepsAPI.start) { input, context in
        let new = StepOperations.NewStep(key: input.key, name: input.name, kind: input.kind, input: input.input)
        let (step, isNew) = try await steps.start(
            new, of: input.runID, in: input.workspaceID, by: context.caller, input.lease.prover(signer))
        return Reply(StepView(step), status: isNew ? 201 : 200)
    }
    router.on(StepsAPI.list) { input, _ in
        let (found, next) = try await steps.list(
            of: input.runID, in: input.workspaceID, after: input.cursor, limit: input.limit,
            payloads: input.hasPayloads ? .bounded : .none)
        return Page(items: found.map(StepView.init), nextCursor: next.map(String.init))
    }
    router.on(StepsAPI.get) { input, _ in StepView(try await steps.step(input.id, in: input.workspaceID)) }
    router.on(StepsAPI.complete) { input, context in
        StepView(
            try await steps.finish(
                input.id, as: .completed(input.output?.bytes), in: input.workspaceID, by: context.caller,
                input.lease.prover(signer)))
    }
    router.on(StepsAPI.fail) { input, context in
        StepView(
            try await steps.finish(
                input.id, as: .failed(input.error.failure), in: input.workspaceID, by: context.caller,
                input.lease.prover(signer)))
    }
}

extension LeaseInput {
    /// Makes the proof once the run is known.
    func prover(_ signer: LeaseSigner) -> LeaseProver { { proof(of: $0, signer) } }
}
