// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Orchestration
import ServiceKit
import Store

func answerQueues(_ router: inout EndpointRouter, _ queues: QueueOperations) {
    router.on(QueuesAPI.list) { input, _ in
        let (found, next) = try await queues.list(
            in: input.workspaceID, after: input.cursor ?? "", limit: input.limit)
        return Page(items: found.map(QueueView.init), nextCursor: next)
    }
    router.on(QueuesAPI.pause) { input, context in
        QueueView(
            try await queues.pause(input.agent, reason: input.reason, in: input.workspaceID, by: context.caller))
    }
    router.on(QueuesAPI.resume) { input, context in
        QueueView(try await queues.resume(input.agent, in: input.workspaceID, by: context.caller))
    }
}

func answerLimits(_ router: inout EndpointRouter, _ limits: LimitOperations) {
    router.on(LimitsAPI.set) { input, context in
        LimitView(
            try await limits.set(
                input.name, maxConcurrent: input.maxConcurrent,
                rate: input.rate.map { Limit.Rate(count: $0.count, seconds: $0.perSeconds) }, in: input.workspaceID,
                by: context.caller))
    }
    router.on(LimitsAPI.remove) { input, context in
        try await limits.remove(input.name, in: input.workspaceID, by: context.caller)
        return NoContent()
    }
    router.on(LimitsAPI.list) { input, _ in
        let (found, next) = try await limits.list(
            in: input.workspaceID, after: input.cursor ?? "", limit: input.limit)
        return Page(items: found.map(LimitView.init), nextCursor: next)
    }
}

extension QueueView {
    fileprivate init(_ depth: QueueDepth) {
        self.init(depth.queue, ready: depth.ready, held: depth.held, oldestReadyAt: depth.oldestReadyAt)
    }
}
