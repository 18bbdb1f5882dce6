// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a workspace itself. The stream is the workspace.
package enum WorkspaceEvent: RowEvent {
    case created(name: String)

    package static let names = ["workspace.created"]

    package var name: String {
        switch self {
        case .created: "workspace.created"
        }
    }

    package static func key(of row: Workspace) -> ID<Workspace> { row.id }

    package static func key(in context: EventContext, _: EventBody) throws(EventDecodingError) -> ID<Workspace> {
        context.workspaceID
    }

    package func body(of row: Workspace) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", row.name)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "workspace.created": self = .created(name: try body.string("name"))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Workspace?, key: ID<Workspace>, in context: EventContext) -> Workspace? {
        switch self {
        case .created(let name): Workspace(id: key, name: name, createdAt: context.occurredAt)
        }
    }
}
