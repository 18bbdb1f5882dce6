// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Where a subscriber stands in the event log and in the log of frames; nil where it has no place yet.
package struct LiveCursor: Sendable, Equatable {
    /// The position up to which every update that it wanted was delivered.
    package var events: Int64?
    /// The log id up to which every frame that it wanted was delivered.
    package var logs: Int64?

    package init(events: Int64? = nil, logs: Int64? = nil) {
        self.events = events
        self.logs = logs
    }
}

extension LiveCursor: WireInput {
    // Beyond this a number does not survive a client written in JavaScript.
    private static let largest = 9_007_199_254_740_991

    package init(_ input: inout InputReader) {
        let range = 0...Self.largest
        events = input.optional("events", "The last event position that was delivered.", .integer(range)).map(
            Int64.init)
        logs = input.optional("logs", "The last log id that was delivered.", .integer(range)).map(Int64.init)
    }
}

extension LiveCursor: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "object"] }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("events")
        events.write(to: &writer)
        writer.name("logs")
        logs.write(to: &writer)
        writer.endObject()
    }
}

/// What a client asks for, one text message each.
package enum LiveRequest: Sendable {
    case subscribe(LiveSubscribe)
    case unsubscribe(id: String)
    case ping(nonce: String?)

    fileprivate enum Name: String, Sendable, CaseIterable { case subscribe, unsubscribe, ping }

    /// Reads a message; the refusal names every member that is wrong.
    package init(_ text: String) throws(LiveRefusal) {
        guard let value = try? JSONValue.parse(text) else {
            throw LiveRefusal(code: "malformed_json", message: "Send one JSON object as a text message.")
        }
        let id = value["id"]?.string
        var refusals = Refusals()
        let name = Self.name(of: value, &refusals)
        var request: LiveRequest?
        switch name {
        case .subscribe:
            request = Shape<LiveSubscribe>.object().read(value, "", &refusals).map(LiveRequest.subscribe)
        case .unsubscribe:
            request = Shape<LiveUnsubscribe>.object().read(value, "", &refusals).map { .unsubscribe(id: $0.id) }
        case .ping: request = Shape<LivePing>.object().read(value, "", &refusals).map { .ping(nonce: $0.nonce) }
        case nil: break
        }
        guard let request else { throw LiveRefusal(refusals, id: id) }
        self = request
    }

    private static func name(of value: JSONValue, _ refusals: inout Refusals) -> Name? {
        guard let object = value.object else {
            refusals.add("", "must be an object, not \(value.kindWords)")
            return nil
        }
        guard let type = object["type"] else {
            refusals.add("/type", "is required")
            return nil
        }
        return Shape<Name>.choice().read(type, "/type", &refusals)
    }
}

/// Asks for updates, frames, or both, from a place on.
package struct LiveSubscribe: WireInput {
    /// The client's name for the subscription.
    package let id: String
    /// Whose tasks; the default one's where it says nothing.
    package let workspaceID: ID<Workspace>?
    package let channels: [LiveChannel]
    package let filter: LiveFilter
    /// Where to go on; from now where it says nothing.
    package let cursor: LiveCursor

    package init(_ input: inout InputReader) {
        _ = input.member("type", "What is asked for.", Shape<LiveRequest.Name>.choice(of: [.subscribe]))
        id = input.member("id", "Names the subscription on this connection.", .string(.token, max: 64))
        workspaceID = input.optional(
            "workspace_id", "Whose tasks; `\(Workspace.defaultID.rawValue)` unless given.", .workspaceID)
        channels = input.member(
            "channels", "What it is about.",
            .array(of: .choice(LiveChannel.self), min: 1, max: LiveChannel.allCases.count, unique: true))
        filter =
            input.optional("filter", "What of it is wanted; all unless given.", .object(LiveFilter.self)) ?? .everything
        cursor =
            input.optional("cursor", "Where to go on; from now unless given.", .object(LiveCursor.self)) ?? LiveCursor()
    }
}

/// Ends a subscription.
private struct LiveUnsubscribe: WireInput {
    let id: String

    init(_ input: inout InputReader) {
        _ = input.member("type", "What is asked for.", Shape<LiveRequest.Name>.choice(of: [.unsubscribe]))
        id = input.member("id", "Names the subscription on this connection.", .string(.token, max: 64))
    }
}

/// Asks for a sign of life.
private struct LivePing: WireInput {
    let nonce: String?

    init(_ input: inout InputReader) {
        _ = input.member("type", "What is asked for.", Shape<LiveRequest.Name>.choice(of: [.ping]))
        nonce = input.optional("nonce", "Comes back in the answer.", .string(max: 128))
    }
}

/// Why a message was not obeyed; nothing has changed by it.
package struct LiveRefusal: Error, Sendable, Equatable {
    /// What the client called the subscription, where it said so.
    package let id: String?
    /// A stable word that programs may switch on.
    package let code: String
    /// One sentence for a person.
    package let message: String
    /// Each member that is wrong, by its JSON Pointer.
    package let fields: [Problem.FieldError]

    package init(id: String? = nil, code: String, message: String, fields: [Problem.FieldError] = []) {
        // An identifier that would itself be refused is not repeated.
        self.id = id.flatMap { TextPattern.token.matches($0) && $0.utf8.count <= 64 ? $0 : nil }
        self.code = code
        self.message = message
        self.fields = fields
    }

    fileprivate init(_ refusals: Refusals, id: String?) {
        let first = refusals.fields.first ?? Problem.FieldError("", "cannot be accepted")
        let place = first.field.isEmpty ? "The message" : first.field
        let others = refusals.fields.count > 1 ? " (and \(refusals.fields.count - 1) more)" : ""
        self.init(id: id, code: "invalid", message: "\(place) \(first.message)\(others).", fields: refusals.fields)
    }
}
