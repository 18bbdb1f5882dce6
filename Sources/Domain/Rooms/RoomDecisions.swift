// SPDX-License-Identifier: Apache-2.0

import Common

/// Why something cannot happen to a room, a thread, or in one.
package enum RoomError: Error, Sendable, Equatable {
    case staleVersion(current: Int)
    case roomArchived
    case threadArchived
    /// The default room is where everything goes that names none, so it stays open.
    case isDefault
}

extension Room {
    /// The guard of whatever begins in a room.
    package func requireOpen() throws(RoomError) {
        guard archivedAt == nil else { throw .roomArchived }
    }

    /// What a person who has seen `version` makes of it; nil leaves a thing as it is, and what is so already is no event.
    package func changes(name: String?, isArchived: Bool?, ifVersion seen: Int?) throws(RoomError) -> [RoomEvent] {
        if let seen, seen != version { throw .staleVersion(current: version) }
        if isArchived == true, id == Self.defaultID { throw .isDefault }
        var events: [RoomEvent] = []
        if let name, name != self.name { events.append(.renamed(name)) }
        if let isArchived, isArchived != (archivedAt != nil) { events.append(isArchived ? .archived : .restored) }
        return events
    }
}
