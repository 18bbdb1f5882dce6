// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a hook. The stream is its room's, like that of the tasks it makes.
package enum HookEvent: RowEvent {
    case created(HookDefinition)
    case edited(HookDefinition)
    case paused
    case resumed
    /// Another secret is in use from now on; the one before is accepted too until then.
    case rotated(generation: Int, graceUntil: Timestamp)
    case deleted
    /// A delivery made a task; one that came before makes no event.
    case delivered(id: String, task: ID<WorkTask>)

    package static let names = [
        "hook.created", "hook.edited", "hook.paused", "hook.resumed", "hook.rotated", "hook.deleted",
        "hook.delivered",
    ]

    package var name: String {
        switch self {
        case .created: "hook.created"
        case .edited: "hook.edited"
        case .paused: "hook.paused"
        case .resumed: "hook.resumed"
        case .rotated: "hook.rotated"
        case .deleted: "hook.deleted"
        case .delivered: "hook.delivered"
        }
    }

    package static func key(of row: Hook) -> ID<Hook> { row.id }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> ID<Hook> {
        try body.id("hook_id")
    }

    package func applied(to row: Hook?, key: ID<Hook>, in context: EventContext) -> Hook? {
        let time = context.occurredAt
        if case .created(let definition) = self {
            guard case .room(let roomID) = context.stream else { return nil }
            return Hook(
                id: key, workspaceID: context.workspaceID, roomID: roomID, definition: definition, createdAt: time,
                updatedAt: time)
        }
        guard var hook = row else { return nil }
        switch self {
        case .created: break
        case .edited(let definition): hook.definition = definition
        case .paused: hook.pausedAt = time
        case .resumed: hook.pausedAt = nil
        case .rotated(let generation, let graceUntil):
            hook.generation = generation
            hook.rotatedAt = time
            hook.graceUntil = graceUntil
        case .deleted: hook.deletedAt = time
        case .delivered:
            hook.count(deliveryAt: time)
            return hook
        }
        hook.version += 1
        hook.updatedAt = time
        return hook
    }

    package func body(of row: Hook) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("hook_id", row.id.rawValue)
        switch self {
        case .created(let definition), .edited(let definition):
            writer.name("definition")
            writer.write(json: definition.json)
        case .paused, .resumed, .deleted: break
        case .rotated(let generation, let graceUntil):
            writer.member("generation", generation)
            writer.name("grace_until")
            writer.write(graceUntil)
        case .delivered(let id, let task):
            writer.member("delivery_id", id)
            writer.member("task_id", task.rawValue)
        }
        writer.member("version", row.version)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "hook.created": self = .created(try HookDefinition(try body.nested("definition")))
        case "hook.edited": self = .edited(try HookDefinition(try body.nested("definition")))
        case "hook.paused": self = .paused
        case "hook.resumed": self = .resumed
        case "hook.rotated":
            self = .rotated(generation: try body.int("generation"), graceUntil: try body.timestamp("grace_until"))
        case "hook.deleted": self = .deleted
        case "hook.delivered": self = .delivered(id: try body.string("delivery_id"), task: try body.id("task_id"))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }
}

extension HookDefinition {
    /// As it is in events and in the projection.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name)
        writer.member("agent", agent)
        writer.name("template")
        writer.write(template.source)
        switch signature {
        case .standard: writer.member("signature", "standard")
        case .github: writer.member("signature", "github")
        case .hmacSHA256(let header):
            writer.member("signature", "hmac_sha256")
            writer.member("signature_header", header.name)
            writer.member("signature_prefix", header.prefix)
            writer.member("signature_encoding", header.encoding.rawValue)
        }
        deliveryID?.write(to: &writer, as: "delivery_id")
        correlationID?.write(to: &writer, as: "correlation_id")
        writer.member("priority", priority)
        writer.member("deliveries_per_minute", deliveriesPerMinute)
        writer.endObject()
        return writer.bytes
    }

    /// Reads `json` back.
    package init(_ body: EventBody) throws(EventDecodingError) {
        func wrong(_ member: String) -> EventDecodingError { EventDecodingError(eventType: body.type, member: member) }
        let signature: HookSignature
        switch try body.string("signature") {
        case "standard": signature = .standard
        case "github": signature = .github
        case "hmac_sha256":
            guard let encoding = SignatureEncoding(rawValue: try body.string("signature_encoding")),
                let header = HookSignatureHeader(
                    name: try body.string("signature_header"), prefix: try body.string("signature_prefix"),
                    encoding: encoding)
            else { throw wrong("signature_header") }
            signature = .hmacSHA256(header)
        default: throw wrong("signature")
        }
        guard let source = body.object["template"], let template = try? HookTemplate(source, signature: signature)
        else {
            throw wrong("template")
        }
        self.init(
            name: try body.string("name"), agent: try body.string("agent"), template: template, signature: signature,
            deliveryID: HookSource(body, "delivery_id"), correlationID: HookSource(body, "correlation_id"),
            priority: try body.int("priority"), deliveriesPerMinute: try body.int("deliveries_per_minute"))
    }
}

extension HookSource {
    fileprivate func write(to writer: inout JSONWriter, as member: String) {
        switch self {
        case .header(let name): writer.member(member + "_header", name)
        case .pointer(let pointer): writer.member(member + "_pointer", pointer.description)
        }
    }

    fileprivate init?(_ body: EventBody, _ member: String) {
        if let name = body.text(member + "_header") {
            self = .header(name)
        } else if let pointer = body.text(member + "_pointer").flatMap(HookPointer.init) {
            self = .pointer(pointer)
        } else {
            return nil
        }
    }
}
