// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Foundation
import Testing

@Suite struct EventDigestTests {
    private func leaf(_ byte: UInt8) -> [UInt8] { Array(SHA256.hash(data: [byte])) }

    private func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        EventDigest.root([left, right])
    }

    @Test func `the root of one leaf is the leaf, and larger trees split at the largest power of two`() {
        let leaves = (0..<7).map { leaf(UInt8($0)) }
        #expect(EventDigest.root([leaves[0]]) == leaves[0])
        let left = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]))
        let right = node(node(leaves[4], leaves[5]), leaves[6])
        #expect(EventDigest.root(leaves) == node(left, right))
        #expect(EventDigest.root(Array(leaves.prefix(3))) == node(node(leaves[0], leaves[1]), leaves[2]))
    }

    @Test func `every member of the envelope and the place is covered by the leaf`() {
        let event = Event(
            id: UUID(), workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), type: "task.created",
            actor: Principal(.user, "admin"), taskID: .make(), runID: .make(), correlationID: "c",
            causationID: UUID(), traceID: "t", idempotencyKey: "k", occurredAt: .now(), body: Array("{}".utf8))
        func hash(_ change: (inout Parts) -> Void) -> [UInt8] {
            var parts = Parts(event)
            change(&parts)
            return EventDigest.leaf(parts.recorded, bodyHash: parts.bodyHash)
        }
        let hashes = [
            hash { _ in }, hash { $0.position = 2 }, hash { $0.sequence = 2 }, hash { $0.id = UUID() },
            hash { $0.type = "task.edited" }, hash { $0.actor = Principal(.user, "eve") }, hash { $0.zone = .sandbox },
            hash { $0.taskID = nil }, hash { $0.runID = nil }, hash { $0.correlationID = nil },
            hash { $0.correlationID = "" }, hash { $0.causationID = nil }, hash { $0.traceID = "u" },
            hash { $0.idempotencyKey = nil }, hash { $0.stream = .workspace(Workspace.defaultID) },
            hash { $0.at = Timestamp(microseconds: 1) }, hash { $0.bodyHash = [1] }, hash { $0.version = 2 },
        ]
        #expect(Set(hashes).count == hashes.count)
    }

    @Test func `the salt keeps equal bodies apart`() {
        let body = Array("{}".utf8)
        let salts = (EventDigest.makeSalt(), EventDigest.makeSalt())
        #expect(salts.0.count == 16 && salts.0 != salts.1)
        #expect(EventDigest.body(body, salt: salts.0) != EventDigest.body(body, salt: salts.1))
    }

    private struct Parts {
        var id: UUID, type: String, version: Int, stream: StreamKey, actor: Principal, zone: Zone
        var taskID: ID<WorkTask>?, runID: ID<Run>?, correlationID: String?, causationID: UUID?, traceID: String
        var idempotencyKey: String?, at: Timestamp, position: Int64 = 1, sequence: Int64 = 1, bodyHash: [UInt8] = []

        init(_ event: Event) {
            (id, type, version, stream) = (event.id, event.type, event.schemaVersion, event.stream)
            (actor, zone, taskID, runID) = (event.actor, event.zone, event.taskID, event.runID)
            (correlationID, causationID, traceID) = (event.correlationID, event.causationID, event.traceID)
            (idempotencyKey, at) = (event.idempotencyKey, event.occurredAt)
        }

        var recorded: RecordedEvent {
            RecordedEvent(
                event: Event(
                    id: id, workspaceID: Workspace.defaultID, stream: stream, type: type, schemaVersion: version,
                    actor: actor, zone: zone, taskID: taskID, runID: runID, correlationID: correlationID,
                    causationID: causationID, traceID: traceID, idempotencyKey: idempotencyKey, occurredAt: at,
                    body: []), position: position, streamSequence: sequence)
        }
    }
}
