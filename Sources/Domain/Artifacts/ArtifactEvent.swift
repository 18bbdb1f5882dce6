// SPDX-License-Identifier: Apache-2.0

package import Common
import FoundationEssentials

/// Everything that can happen to an artifact. The stream is that of the task's room.
package enum ArtifactEvent: RowEvent {
    case created(ArtifactCreation)

    package static let names = ["artifact.created"]

    package var name: String {
        switch self {
        case .created: "artifact.created"
        }
    }

    package static func key(of row: Artifact) -> ID<Artifact> { row.id }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> ID<Artifact> {
        try body.id("artifact_id")
    }

    package func body(of row: Artifact) -> [UInt8] {
        guard case .created(let creation) = self else { return [] }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("artifact_id", row.id.rawValue)
        writer.member("step_id", creation.stepID.rawValue)
        writer.member("name", creation.name)
        writer.member("kind", creation.kind.rawValue)
        writer.optional("media_type", creation.mediaType)
        if let size = creation.size { writer.member("size", size) }
        writer.optional("sha256", creation.hash.map(Hex.text))
        writer.optional("uri", creation.uri)
        if let content = creation.content {
            switch creation.kind {
            case .json: writer.optional("content", json: content)
            case .binary: writer.member("content", Data(content).base64EncodedString())
            case .text, .uri: writer.member("content", String(decoding: content, as: UTF8.self))
            }
        }
        writer.member("epoch", creation.epoch)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        guard type == "artifact.created" else { throw EventDecodingError(eventType: type, member: "event_type") }
        guard let kind = ArtifactKind(rawValue: try body.string("kind")) else {
            throw EventDecodingError(eventType: type, member: "kind")
        }
        var content: [UInt8]?
        if let value = body.object["content"] {
            switch kind {
            case .json: content = value.bytes
            case .binary: content = value.string.flatMap { Data(base64Encoded: $0) }.map(Array.init)
            case .text, .uri: content = value.string.map { Array($0.utf8) }
            }
            guard content != nil else { throw EventDecodingError(eventType: type, member: "content") }
        }
        self = .created(
            ArtifactCreation(
                stepID: try body.id("step_id"), name: try body.string("name"), kind: kind,
                mediaType: body.text("media_type"), size: body.object["size"]?.int,
                hash: body.text("sha256").flatMap(Hex.bytes), uri: body.text("uri"), content: content,
                epoch: try body.int("epoch")))
    }

    package func applied(to row: Artifact?, key: ID<Artifact>, in context: EventContext) -> Artifact? {
        guard case .created(let creation) = self, let taskID = context.taskID, let runID = context.runID,
            case .room(let roomID) = context.stream
        else { return nil }
        return Artifact(
            id: key, workspaceID: context.workspaceID, roomID: roomID, taskID: taskID, runID: runID,
            stepID: creation.stepID, name: creation.name, kind: creation.kind, mediaType: creation.mediaType,
            size: creation.size, hash: creation.hash, uri: creation.uri, content: creation.content,
            epoch: creation.epoch, createdAt: context.occurredAt)
    }
}

/// What a worker leaves behind. Large bytes are named by their hash alone.
package struct ArtifactCreation: Sendable, Equatable {
    package let stepID: ID<Step>
    package let name: String
    package let kind: ArtifactKind
    package let mediaType: String?
    package let size: Int?
    package let hash: [UInt8]?
    package let uri: String?
    package let content: [UInt8]?
    package let epoch: Int

    package init(
        stepID: ID<Step>, name: String, kind: ArtifactKind, mediaType: String?, size: Int?, hash: [UInt8]?,
        uri: String?, content: [UInt8]?, epoch: Int
    ) {
        self.stepID = stepID
        self.name = name
        self.kind = kind
        self.mediaType = mediaType
        self.size = size
        self.hash = hash
        self.uri = uri
        self.content = content
        self.epoch = epoch
    }
}
