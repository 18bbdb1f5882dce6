// SPDX-License-Identifier: Apache-2.0

package import Common

/// A door for signals from outside: each genuine delivery to it makes one task.
package struct Hook: Identified, Sendable, Equatable {
    package static let idPrefix = "hook"

    /// How long after a rotation the secret before it is accepted too, so that its sender can be told in peace.
    package static let graceAfterRotation = Duration.seconds(24 * 3600)

    package let id: ID<Hook>
    package let workspaceID: ID<Workspace>
    /// Where its tasks go.
    package let roomID: ID<Room>
    package var name: String
    /// Who carries its tasks out.
    package var agent: String
    package var template: HookTemplate
    package let signature: HookSignature
    /// Where a delivery's id is; nil for the place that the signature scheme gives it.
    package var deliveryID: HookSource?
    /// Where the correlation id of its tasks is; nil for none.
    package var correlationID: HookSource?
    /// 0…9, of its tasks.
    package var priority: Int
    /// Which secret is in use; 1 is the first.
    package private(set) var generation: Int
    package private(set) var rotatedAt: Timestamp?
    package private(set) var pausedAt: Timestamp?
    /// Deliveries that made a task.
    package private(set) var deliveryCount: Int
    package private(set) var lastDeliveryAt: Timestamp?
    /// Rises by one with every change that a person makes.
    package private(set) var version: Int
    package let createdAt: Timestamp
    package private(set) var updatedAt: Timestamp
    package private(set) var deletedAt: Timestamp?

    /// Takes over what is stored.
    package init(
        id: ID<Hook>, workspaceID: ID<Workspace>, roomID: ID<Room>, name: String, agent: String,
        template: HookTemplate, signature: HookSignature, deliveryID: HookSource?, correlationID: HookSource?,
        priority: Int, generation: Int, rotatedAt: Timestamp?, pausedAt: Timestamp?, deliveryCount: Int,
        lastDeliveryAt: Timestamp?, version: Int, createdAt: Timestamp, updatedAt: Timestamp, deletedAt: Timestamp?
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.name = name
        self.agent = agent
        self.template = template
        self.signature = signature
        self.deliveryID = deliveryID
        self.correlationID = correlationID
        self.priority = priority
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.pausedAt = pausedAt
        self.deliveryCount = deliveryCount
        self.lastDeliveryAt = lastDeliveryAt
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
    }

    /// A new hook.
    package init(
        id: ID<Hook> = .make(), workspaceID: ID<Workspace>, roomID: ID<Room>, name: String, agent: String,
        template: HookTemplate, signature: HookSignature, deliveryID: HookSource? = nil,
        correlationID: HookSource? = nil, priority: Int = 5, at time: Timestamp
    ) {
        self.init(
            id: id, workspaceID: workspaceID, roomID: roomID, name: name, agent: agent, template: template,
            signature: signature, deliveryID: deliveryID, correlationID: correlationID, priority: priority,
            generation: 1, rotatedAt: nil, pausedAt: nil, deliveryCount: 0, lastDeliveryAt: nil, version: 1,
            createdAt: time, updatedAt: time, deletedAt: nil)
    }

    /// Whether deliveries are taken.
    package var isOpen: Bool { pausedAt == nil && deletedAt == nil }
}

/// The changes. Each is total: whether it may happen is for the command to ask before.
extension Hook {
    package mutating func pause(at time: Timestamp) {
        pausedAt = pausedAt ?? time
        touch(time)
    }

    package mutating func resume(at time: Timestamp) {
        pausedAt = nil
        touch(time)
    }

    /// Takes over what was set from outside.
    package mutating func edit(at time: Timestamp, _ change: (inout Hook) -> Void) {
        change(&self)
        touch(time)
    }

    /// Goes on to the next secret.
    package mutating func rotate(at time: Timestamp) {
        generation += 1
        rotatedAt = time
        touch(time)
    }

    package mutating func delete(at time: Timestamp) {
        deletedAt = deletedAt ?? time
        touch(time)
    }

    /// Counts a delivery that made a task. The version stays: deliveries must not get in the way of edits.
    package mutating func deliver(at time: Timestamp) {
        deliveryCount += 1
        lastDeliveryAt = time
    }

    private mutating func touch(_ time: Timestamp) {
        version += 1
        updatedAt = time
    }
}

/// What comes in.
extension Hook {
    /// The generations whose secrets are accepted at `now`, the newest first.
    package func acceptedGenerations(at now: Timestamp) -> [Int] {
        guard let rotatedAt, now - rotatedAt < Self.graceAfterRotation else { return [generation] }
        return [generation, generation - 1]
    }

    /// Returns when a delivery is signed with a secret that is accepted now; throws otherwise.
    package func verify(
        _ delivery: HookDelivery, internalKey: Secret<String>, at now: Timestamp
    ) throws(HookSignatureError) {
        let keys = acceptedGenerations(at: now).map {
            HookSecret(hook: id, generation: $0, internalKey: internalKey).key(for: signature)
        }
        try signature.verify(delivery, keys: keys, at: now)
    }

    /// What makes a delivery the same as another one; nil when it must tell and does not.
    ///
    /// A scheme without ids, for which none was declared, knows a delivery by its content: what was signed once can be
    /// sent again by anybody who saw it, and must not make a second task.
    package func deliveryID(of delivery: HookDelivery, body: JSONValue) -> String? {
        guard let source = deliveryID ?? signature.deliveryIDSource else {
            return "sha256:\(ContentDigest(of: delivery.body))"
        }
        return source.text(headers: delivery.headers, body: body)
    }

    /// The key under which a delivery's task is made: whoever comes second finds the task instead of making another.
    package func idempotencyKey(ofDelivery deliveryID: String) -> String { "hook:\(id):\(deliveryID)" }
}
