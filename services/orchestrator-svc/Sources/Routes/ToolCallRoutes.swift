// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Domain
package import Orchestration
package import ServiceKit
import Store

/// Answers what is asked about tool calls.
package func answerToolCalls(_ router: inout EndpointRouter, _ calls: ToolCallOperations, _ signer: LeaseSigner) {
    router.on(ToolCallsAPI.start) { input, context in
        let new = ToolCallOperations.NewToolCall(tool: input.tool, key: input.key, arguments: input.arguments)
        let (call, isNew) = try await calls.start(
            new, within: input.stepID, in: input.workspaceID, by: context.caller, input.lease.prover(signer))
        return Reply(ToolCallView(call), status: isNew ? 201 : 200)
    }
    router.on(ToolCallsAPI.list) { input, _ in
        let filter = ToolCallFilter(
            runID: input.runID, stepID: input.stepID, tool: input.tool, status: input.status)
        let (found, next) = try await calls.list(
            filter, in: input.workspaceID, before: input.cursor, limit: input.limit,
            payloads: input.hasPayloads ? .bounded : .none)
        return Page(items: found.map(ToolCallView.init), nextCursor: next?.rawValue)
    }
    router.on(ToolCallsAPI.get) { input, _ in ToolCallView(try await calls.call(input.id, in: input.workspaceID)) }
    router.on(ToolCallsAPI.succeed) { input, context in
        ToolCallView(
            try await calls.finish(
                input.id, as: .succeeded(input.result?.bytes), in: input.workspaceID, by: context.caller,
                input.lease.prover(signer)))
    }
    router.on(ToolCallsAPI.fail) { input, context in
        ToolCallView(
            try await calls.finish(
                input.id, as: .failed(input.error.failure), in: input.workspaceID, by: context.caller,
                input.lease.prover(signer)))
    }
}
