// SPDX-License-Identifier: Apache-2.0

package import Common

/// What people decide about a hook.
package struct HookDefinition: Sendable, Equatable {
    package var name: String
    /// Who carries its tasks out.
    package var agent: String
    package var template: HookTemplate
    /// Never changes: templates and secrets are made for it.
    package let signature: HookSignature
    /// Where a delivery's id is; nil for the place that the signature scheme gives it.
    package var deliveryID: HookSource?
    /// Where the correlation id of its tasks is; nil for none.
    package var correlationID: HookSource?
    /// 0…9, of its tasks.
    package var priority: Int
    /// More deliveries than this make no tasks within a minute.
    package var deliveriesPerMinute: Int

    /// What `deliveriesPerMinute` may be.
    package static let rates = 1...6000

    package init(
        name: String, agent: String, template: HookTemplate, signature: HookSignature, deliveryID: HookSource? = nil,
        correlationID: HookSource? = nil, priority: Int = 5, deliveriesPerMinute: Int = 600
    ) {
        self.name = name
        self.agent = agent
        self.template = template
        self.signature = signature
        self.deliveryID = deliveryID
        self.correlationID = correlationID
        self.priority = priority
        self.deliveriesPerMinute = deliveriesPerMinute
    }
}

/// A door for signals from outside: each genuine delivery to it makes one task.
package struct Hook: Identified, Sendable, Equatable {
    package static let idPrefix = "hook"

    /// For how long, in seconds, the secret before a rotation may be accepted too, so that its sender can be told in
    /// peace; nothing for one that strangers have learned.
    package static let graces = 0...604_800

    /// What deliveries are counted by.
    package static let minute = Duration.seconds(60)

    package let id: ID<Hook>
    package let workspaceID: ID<Workspace>
    /// Where its tasks go.
    package let roomID: ID<Room>
    package var definition: HookDefinition
    /// Which secret is in use; 1 is the first.
    package var generation: Int
    package var rotatedAt: Timestamp?
    /// Until when the secret before the last rotation is accepted too.
    package var graceUntil: Timestamp?
    package var pausedAt: Timestamp?
    /// Deliveries that made a task.
    package var deliveryCount: Int
    package var lastDeliveryAt: Timestamp?
    /// Since when deliveries of this minute are counted.
    package var minuteStartedAt: Timestamp?
    /// Deliveries since then that made a task.
    package var minuteCount: Int
    /// Rises by one with every change that a person makes; deliveries must not get in the way of edits.
    package var version: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var deletedAt: Timestamp?

    package init(
        id: ID<Hook>, workspaceID: ID<Workspace>, roomID: ID<Room>, definition: HookDefinition, generation: Int = 1,
        rotatedAt: Timestamp? = nil, graceUntil: Timestamp? = nil, pausedAt: Timestamp? = nil, deliveryCount: Int = 0,
        lastDeliveryAt: Timestamp? = nil, minuteStartedAt: Timestamp? = nil, minuteCount: Int = 0, version: Int = 1,
        createdAt: Timestamp, updatedAt: Timestamp, deletedAt: Timestamp? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.definition = definition
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.graceUntil = graceUntil
        self.pausedAt = pausedAt
        self.deliveryCount = deliveryCount
        self.lastDeliveryAt = lastDeliveryAt
        self.minuteStartedAt = minuteStartedAt
        self.minuteCount = minuteCount
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
    }

    /// The secret in use.
    package func secret(internalKey: Secret<String>) -> HookSecret {
        HookSecret(hook: id, generation: generation, internalKey: internalKey)
    }
}

/// What comes in.
extension Hook {
    /// The generations whose secrets are accepted at `now`, the newest first.
    package func acceptedGenerations(at now: Timestamp) -> [Int] {
        guard let graceUntil, now < graceUntil else { return [generation] }
        return [generation, generation - 1]
    }

    /// How long a delivery has to wait until it may make a task; nil when it may now.
    ///
    /// Follows from the row, so that all orchestrators count together and a restart forgets nothing. As many as a
    /// minute allows may come at the end of one and again at the beginning of the next.
    package func wait(at now: Timestamp) -> Duration? {
        guard let minuteStartedAt, minuteCount >= definition.deliveriesPerMinute else { return nil }
        let left = Self.minute - (now - minuteStartedAt)
        return left > .zero ? min(left, Self.minute) : nil
    }

    /// Counts a delivery that made a task.
    mutating func count(deliveryAt time: Timestamp) {
        deliveryCount += 1
        lastDeliveryAt = time
        if let minuteStartedAt, time - minuteStartedAt < Self.minute {
            minuteCount += 1
        } else {
            minuteStartedAt = time
            minuteCount = 1
        }
    }

    /// Returns when a delivery is signed with a secret that is accepted now; throws otherwise.
    package func verify(
        _ delivery: HookDelivery, internalKey: Secret<String>, at now: Timestamp
    ) throws(HookSignatureError) {
        let keys = acceptedGenerations(at: now).map {
            HookSecret(hook: id, generation: $0, internalKey: internalKey).key(for: definition.signature)
        }
        try definition.signature.verify(delivery, keys: keys, at: now)
    }

    /// What makes a delivery the same as another one; nil when it must tell and does not.
    ///
    /// A scheme without ids, for which none was declared, knows a delivery by its content: what was signed once can be
    /// sent again by anybody who saw it, and must not make a second task.
    package func deliveryID(of delivery: HookDelivery, body: JSONValue) -> String? {
        guard let source = definition.deliveryID ?? definition.signature.deliveryIDSource else {
            return "sha256:\(ContentDigest(of: delivery.body))"
        }
        return source.text(headers: delivery.headers, body: body)
    }

    /// The key under which a delivery's task is made: whoever comes second finds the task instead of making another.
    package func idempotencyKey(ofDelivery deliveryID: String) -> String { "hook:\(id):\(deliveryID)" }

    /// The correlation id of the task that a delivery makes, where one was declared and is found. Spaces and other
    /// scripts have no place in one.
    package func correlationID(of delivery: HookDelivery, body: JSONValue) -> String? {
        guard let text = definition.correlationID?.text(headers: delivery.headers, body: body),
            text.utf8.count <= 128, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return text
    }
}
