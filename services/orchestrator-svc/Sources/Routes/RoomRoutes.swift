// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Orchestration
import ServiceKit

func answerRooms(_ router: inout EndpointRouter, _ rooms: RoomOperations) {
    router.on(RoomsAPI.create) { input, context in
        let (room, isReplay) = try await rooms.create(
            name: input.name, idempotencyKey: input.idempotencyKey, in: input.workspaceID, by: context.caller)
        return Reply.made(RoomView(room), at: "/v1/rooms/\(room.id)", isReplay: isReplay)
    }
    router.on(RoomsAPI.list) { input, _ in
        let (found, next) = try await rooms.list(
            isArchived: input.isArchived, in: input.workspaceID, after: input.cursor, limit: input.limit)
        return Page(items: found.map(RoomView.init), nextCursor: next?.rawValue)
    }
    router.on(RoomsAPI.get) { input, _ in RoomView(try await rooms.room(input.roomID, in: input.workspaceID)) }
    router.on(RoomsAPI.change) { input, context in
        RoomView(
            try await rooms.change(
                input.roomID, name: input.name, isArchived: input.isArchived, ifVersion: input.ifVersion,
                in: input.workspaceID, by: context.caller))
    }
}

extension Reply {
    /// The answer to a request that makes something at most once.
    static func made(_ value: Output, at path: String, isReplay: Bool, status: Int? = nil) -> Reply {
        var headers: [(name: HTTPField.Name, value: String)] = [(.location, path)]
        if isReplay { headers.append((.idempotencyReplayed, "true")) }
        return Reply(value, status: status, headers: headers)
    }
}
