// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Logging
import Orchestration
import ServiceKit

func answerHooks(_ router: inout EndpointRouter, _ hooks: HookOperations, internalKey: Secret<String>) {
    // By hook and address: a sender that many share, such as a forge, must not be locked out of one hook by what somebody
    // has it send to another.
    let wrong = AuthThrottle(failures: 30)
    @Sendable func withSecret(_ hook: Hook) -> HookWithSecretView {
        HookWithSecretView(hook, secret: hook.secret(internalKey: internalKey).text(for: hook.definition.signature))
    }
    router.on(HooksAPI.create) { input, context in
        let hook = try await hooks.create(
            try HookDefinition(input), roomID: input.roomID, in: input.workspaceID, by: context.caller)
        context.logger.info("hook made", metadata: ["hook_id": "\(hook.id)"])
        return withSecret(hook)
    }
    router.on(HooksAPI.list) { input, _ in
        let (found, next) = try await hooks.list(in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(HookView.init), nextCursor: next?.rawValue)
    }
    router.on(HooksAPI.get) { input, _ in HookView(try await hooks.hook(input.id, in: input.workspaceID)) }
    router.on(HooksAPI.change) { input, context in
        HookView(
            try await hooks.edit(
                input.id, HookOperations.Edit(input), version: input.ifVersion, in: input.workspaceID,
                by: context.caller))
    }
    router.on(HooksAPI.delete) { input, context in
        _ = try await hooks.change(input.id, .delete, in: input.workspaceID, by: context.caller)
        return NoContent()
    }
    router.on(HooksAPI.rotate) { input, context in
        withSecret(
            try await hooks.change(input.id, .rotate(grace: input.grace), in: input.workspaceID, by: context.caller))
    }
    router.on(HooksAPI.deliver) { input, context in
        let delivery = HookDelivery(
            headers: HookHeaders(context.headers.map { (name: $0.name.rawName, value: $0.value) }), body: input.body)
        try wrong.check(context.clientAddress, .signature(of: input.id.rawValue))
        let outcome: DeliverHook.Outcome
        do {
            outcome = try await hooks.deliver(
                delivery, to: input.id, internalKey: internalKey, traceID: context.caller.traceID)
        } catch let problem as Problem where problem.kind == .unauthenticated {
            wrong.fail(context.clientAddress, .signature(of: input.id.rawValue))
            context.logger.info("delivery refused", metadata: ["hook_id": "\(input.id)"])
            throw problem
        }
        context.logger.info(
            "hook delivered",
            metadata: [
                "hook_id": "\(input.id)", "task_id": "\(outcome.taskID)", "duplicate": "\(outcome.isDuplicate)",
            ])
        return DeliveryView(taskID: outcome.taskID, isDuplicate: outcome.isDuplicate)
    }
}

extension HookDefinition {
    fileprivate init(_ input: CreateHookInput) throws(Problem) {
        self.init(
            name: input.name, agent: input.agent,
            template: try HookTemplate(checking: input.template, signature: input.signature),
            signature: input.signature, deliveryID: input.deliveryID, correlationID: input.correlationID,
            priority: input.priority, deliveriesPerMinute: input.deliveriesPerMinute)
    }
}

extension HookOperations.Edit {
    fileprivate init(_ input: ChangeHookInput) {
        self.init()
        name = input.name
        agent = input.agent
        template = input.template
        deliveryID = input.deliveryID
        correlationID = input.correlationID
        priority = input.priority
        deliveriesPerMinute = input.deliveriesPerMinute
        isPaused = input.isPaused
    }
}
