// SPDX-License-Identifier: Apache-2.0

package import Common

/// One message to a live subscriber; `packages/contracts/live-frames.schema.json` describes them all.
package enum LiveFrame: Sendable {
    /// The first frame of a connection: where the logs stand, and what a client may ask for.
    case hello(Hello)
    /// A subscription began, after `cursor`.
    case subscribed(String, channels: [LiveChannel], LiveCursor)
    /// A subscription ended; nothing of it follows.
    case unsubscribed(String)
    /// Updates (`tasks`) or frames (`logs`) as JSON, in order. With them everything up to the cursor has been delivered.
    case items(LiveChannel, String, LiveCursor, [ArraySlice<UInt8>])
    /// Everything up to the cursor has been delivered, and nothing of it was wanted since the last frame.
    case cursor(String, LiveCursor)
    /// The subscription has reached the end of that channel's log and is live from here on.
    case caughtUp(String, LiveChannel, LiveCursor)
    /// The log no longer holds, or never held, what follows the client's place: it must load its view anew.
    case reset(String, LiveChannel, oldest: Int64, LiveCursor)
    /// A channel of the subscription cannot be read at the moment, or can be again; others go on.
    case notice(String, LiveChannel, isAvailable: Bool)
    /// A message of the client was not obeyed.
    case error(LiveRefusal)
    case pong(nonce: String?, time: Timestamp)

    /// What a client is told first.
    package struct Hello: Sendable {
        package let time: Timestamp
        package let cursor: LiveCursor
        package let subscriptionLimit: Int
        package let messageLimit: Int
        package let errorLimit: Int

        package init(time: Timestamp, cursor: LiveCursor, subscriptionLimit: Int, messageLimit: Int, errorLimit: Int) {
            self.time = time
            self.cursor = cursor
            self.subscriptionLimit = subscriptionLimit
            self.messageLimit = messageLimit
            self.errorLimit = errorLimit
        }
    }

    /// The frame as JSON.
    package var bytes: [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.beginObject()
        switch self {
        case .hello(let hello): hello.write(to: &writer)
        case .subscribed(let id, let channels, let cursor):
            writer.begin("subscribed", id)
            writer.member("channels", channels.map(\.rawValue))
            writer.member("cursor", cursor)
        case .unsubscribed(let id): writer.begin("unsubscribed", id)
        case .items(let channel, let id, let cursor, let items):
            writer.begin(channel == .tasks ? "events" : "logs", id)
            writer.member("cursor", cursor)
            writer.name("items")
            writer.beginArray()
            for item in items { writer.write(json: item) }
            writer.endArray()
        case .cursor(let id, let cursor):
            writer.begin("cursor", id)
            writer.member("cursor", cursor)
        case .caughtUp(let id, let channel, let cursor):
            writer.begin("caught_up", id, channel)
            writer.member("cursor", cursor)
        case .reset(let id, let channel, let oldest, let cursor):
            writer.begin("reset", id, channel)
            writer.member("oldest", oldest)
            writer.member("cursor", cursor)
        case .notice(let id, let channel, let isAvailable):
            writer.begin("notice", id, channel)
            writer.member("available", isAvailable)
            writer.member("message", Self.notice(channel, isAvailable))
        case .error(let refusal): refusal.write(to: &writer)
        case .pong(let nonce, let time):
            writer.member("type", "pong")
            if let nonce { writer.member("nonce", nonce) }
            writer.member("server_time", time)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func notice(_ channel: LiveChannel, _ isAvailable: Bool) -> String {
        switch (channel, isAvailable) {
        case (.tasks, false): "Task updates cannot be read at the moment; they will follow."
        case (.tasks, true): "Task updates are back."
        case (.logs, false): "Logs cannot be read at the moment; they will follow."
        case (.logs, true): "Logs are back."
        }
    }
}

extension LiveFrame.Hello {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("type", "hello")
        writer.member("server_time", time)
        writer.member("cursor", cursor)
        writer.name("limits")
        writer.beginObject()
        writer.member("subscriptions", subscriptionLimit)
        writer.member("filter_values", LiveFilter.valueLimit)
        writer.member("message_bytes", messageLimit)
        writer.member("errors", errorLimit)
        writer.endObject()
    }
}

extension LiveRefusal {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("type", "error")
        if let id { writer.member("id", id) }
        writer.member("code", code)
        writer.member("message", message)
        guard !fields.isEmpty else { return }
        writer.name("errors")
        writer.beginArray()
        for field in fields {
            writer.beginObject()
            writer.member("field", field.field)
            writer.member("message", field.message)
            writer.endObject()
        }
        writer.endArray()
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ value: some WireValue) {
        self.name(name)
        value.write(to: &self)
    }

    fileprivate mutating func begin(_ type: String, _ subscription: String, _ channel: LiveChannel? = nil) {
        member("type", type)
        member("subscription", subscription)
        if let channel { member("channel", channel.rawValue) }
    }
}
