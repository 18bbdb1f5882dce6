// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Orchestration
import ServiceKit

func answerThreads(_ router: inout EndpointRouter, _ threads: ThreadOperations) {
    router.on(ThreadsAPI.create) { input, context in
        let thread = try await threads.create(
            title: input.title, of: input.roomID, in: input.workspaceID, by: context.caller)
        return Reply.made(ThreadView(thread), at: "/v1/threads/\(thread.id)", isReplay: false)
    }
    router.on(ThreadsAPI.list) { input, _ in
        let (found, next) = try await threads.list(
            of: input.roomID, isArchived: input.isArchived, in: input.workspaceID, before: input.cursor,
            limit: input.limit)
        return Page(items: found.map(ThreadView.init), nextCursor: next?.rawValue)
    }
    router.on(ThreadsAPI.get) { input, _ in
        ThreadView(try await threads.thread(input.threadID, in: input.workspaceID))
    }
    router.on(ThreadsAPI.change) { input, context in
        ThreadView(
            try await threads.change(
                input.threadID, title: input.title, isArchived: input.isArchived, ifVersion: input.ifVersion,
                in: input.workspaceID, by: context.caller))
    }
    router.on(MessagesAPI.post) { input, context in
        let (message, isReplay) = try await threads.post(
            ThreadOperations.NewMessage(input), to: input.threadID, in: input.workspaceID, by: context.caller)
        let headers: [(name: HTTPField.Name, value: String)] = isReplay ? [(.idempotencyReplayed, "true")] : []
        return Reply(MessageView(message), headers: headers)
    }
    router.on(MessagesAPI.list) { input, _ in
        let (found, next) = try await threads.messages(
            of: input.threadID, isAscending: input.order == .asc, in: input.workspaceID, beyond: input.cursor,
            limit: input.limit)
        return Page(items: found.map(MessageView.init), nextCursor: next.map(String.init))
    }
}

extension ThreadOperations.NewMessage {
    fileprivate init(_ input: PostMessageInput) {
        self.init(content: input.content)
        idempotencyKey = input.idempotencyKey
        runID = input.runID
        correlationID = input.correlationID
        inReplyTo = input.inReplyTo
    }
}
