// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension FlushState {
    /// The room in which something is to begin; the command must want its row. Throws `notFound`, or a conflict
    /// `room_archived`.
    package func openRoom(_ id: ID<Room>) throws(Problem) -> Room {
        let room = try room(id)
        do {
            try room.requireOpen()
        } catch {
            throw Problem(error, room.id.rawValue)
        }
        return room
    }

    /// A room whose row the command wants. Throws `notFound`.
    package func room(_ id: ID<Room>) throws(Problem) -> Room {
        guard let room = rows.rooms[id] else { throw .notFound("room", id.rawValue) }
        return room
    }
}

extension Problem {
    /// The domain's refusal in the words of the API; `id` is what it is about.
    package init(_ error: RoomError, _ id: String) {
        switch error {
        case .staleVersion(let current):
            self.init(
                .stale, "\(id) has changed meanwhile: its version is \(current). Read it again and decide anew.",
                code: "stale_version", fields: [.init("/if_version", "is not the current version")],
                details: ["current_version": JSONValue(current)])
        case .roomArchived:
            self.init(
                .conflict, "The room \(id) is archived: nothing begins in it until it is restored.",
                code: "room_archived", details: ["room_id": .string(id)])
        case .threadArchived:
            self.init(
                .conflict, "The thread \(id) is archived: nothing is posted to it until it is restored.",
                code: "thread_archived", details: ["thread_id": .string(id)])
        case .isDefault:
            self.init(
                .conflict, "The default room cannot be archived: what names no room belongs to it.",
                code: "default_room", fields: [.init("/archived", "must not be true for the default room")])
        }
    }

    /// A key that came with two different requests; `details` name what the first one made.
    static func reusedKey(_ field: String, _ details: JSONObject) -> Problem {
        Problem(
            .conflict, "This idempotency key was used for another request; take a new one.",
            code: "idempotency_key_reused", fields: [.init(field, "was used for another request")], details: details)
    }
}
