// SPDX-License-Identifier: Apache-2.0

package import Common

/// An ordered sequence of events: a room, the workspace itself for what belongs to no room, or another daemon that has
/// told us what it did.
package enum StreamKey: Hashable, Sendable {
    case workspace(ID<Workspace>)
    case room(ID<Room>)
    case service(String)

    /// The word in the column `stream_type`.
    package var type: String {
        switch self {
        case .workspace: "workspace"
        case .room: "room"
        case .service: "service"
        }
    }

    /// The identifier in the column `stream_id`.
    package var id: String {
        switch self {
        case .workspace(let id): id.rawValue
        case .room(let id): id.rawValue
        case .service(let name): name
        }
    }

    /// Reads the two columns back; nil for a type this version does not know.
    package init?(type: String, id: String) {
        switch type {
        case "workspace": self = .workspace(ID(trusted: id))
        case "room": self = .room(ID(trusted: id))
        case "service": self = .service(id)
        default: return nil
        }
    }
}
