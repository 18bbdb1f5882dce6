// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto

/// What an artifact is made of.
package enum ArtifactKind: String, Sendable, CaseIterable {
    /// UTF-8.
    case text
    case json
    /// The address of something that is kept elsewhere; never followed by us.
    case uri
    case binary
}

/// What a step leaves behind: never changed, and its bytes never either.
package struct Artifact: Identified, Sendable, Equatable {
    package static let idPrefix = "art"

    package let id: ID<Artifact>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let runID: ID<Run>
    package let stepID: ID<Step>
    package let name: String
    package let kind: ArtifactKind
    /// Nil for an address of which the worker did not say.
    package let mediaType: String?
    /// Bytes; nil for an address.
    package let size: Int?
    /// SHA-256 of the bytes; nil for an address.
    package let hash: [UInt8]?
    package let uri: String?
    /// The bytes where they are few; larger ones are kept by their hash.
    package let content: [UInt8]?
    /// The epoch under which it was made.
    package let epoch: Int
    package let createdAt: Timestamp

    package init(
        id: ID<Artifact>, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, runID: ID<Run>,
        stepID: ID<Step>, name: String, kind: ArtifactKind, mediaType: String?, size: Int?, hash: [UInt8]?,
        uri: String?, content: [UInt8]?, epoch: Int, createdAt: Timestamp
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.runID = runID
        self.stepID = stepID
        self.name = name
        self.kind = kind
        self.mediaType = mediaType
        self.size = size
        self.hash = hash
        self.uri = uri
        self.content = content
        self.epoch = epoch
        self.createdAt = createdAt
    }

    /// Bytes above this are not in the row and not in the event, but kept once by their hash.
    package static let largestInlineContent = 4096
}

/// The bytes of an artifact together with their hash.
package struct ArtifactContent: Sendable, Equatable {
    package let bytes: [UInt8]
    /// SHA-256.
    package let hash: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        hash = Array(SHA256.hash(data: bytes))
    }

    package var isLarge: Bool { bytes.count > Artifact.largestInlineContent }
}
