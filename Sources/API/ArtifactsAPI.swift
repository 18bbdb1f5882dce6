// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension ArtifactKind: WireEnum {}

/// What steps leave behind. Every call that makes one carries the lease.
package enum ArtifactsAPI {
    package static let create = Endpoint<CreateArtifactInput, ArtifactView>(
        "createArtifact", .post, "/v1/steps/{step_id}/artifacts", .workers(.workRuns),
        "Adds text, JSON or an address to a step that is under way.",
        description: """
            A step has one artifact of a name, which never changes: the same content again answers it with 200, other \
            content is 409 `artifact_exists`. An address is kept as it is and never followed.
            """,
        tag: "artifacts", success: [201, 200], problems: [.conflict], isIdempotent: true)

    package static let upload = Endpoint<UploadArtifactInput, ArtifactView>(
        "uploadArtifact", .post, "/v1/steps/{step_id}/artifacts/upload", .workers(.workRuns),
        "Adds bytes to a step that is under way.",
        description: """
            `ARTIFACT_MAX_BYTES` is the limit. Equal bytes are stored once. With `X-Content-SHA256` bytes that changed \
            on their way are refused. A step has one artifact of a name, as when it is created without an upload.
            """,
        tag: "artifacts", success: [201, 200], problems: [.conflict], isIdempotent: true, bodyLimit: 16_777_216)

    package static let list = Endpoint<ListArtifactsInput, Page<ArtifactView>>(
        "listArtifacts", .get, "/v1/artifacts", .peopleAndServices(.readRuns), "Lists artifacts, newest first.",
        tag: "artifacts")

    package static let get = Endpoint<ArtifactInput, ArtifactView>(
        "getArtifact", .get, "/v1/artifacts/{artifact_id}", .peopleAndServices(.readRuns), "Reads an artifact.",
        tag: "artifacts")

    package static let content = Endpoint<ArtifactContentInput, Download>(
        "getArtifactContent", .get, "/v1/artifacts/{artifact_id}/content", .peopleAndServices(.readRuns),
        "Gets an artifact's bytes, with their media type.",
        description: """
            They come as an attachment, so that no browser takes them for a page. An address has no bytes here: 404 \
            with code `content_elsewhere`.
            """,
        tag: "artifacts", success: [200, 304],
        headers: [
            ("ETag", "The SHA-256 of the bytes in quotation marks."),
            ("Content-Disposition", "`attachment`, with the artifact's name."),
        ])

    package static let catalogue: [AnyEndpoint] = [
        create.route, upload.route, list.route, get.route, content.route,
    ]
}

/// `POST /v1/steps/{step_id}/artifacts`.
package struct CreateArtifactInput: WireInput {
    package static let wireName = "NewArtifact"

    package let workspaceID: ID<Workspace>
    package let stepID: ID<Step>
    package let lease: LeaseInput
    package let name: String
    package let kind: ArtifactKind
    package let content: JSONValue
    package let mediaType: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        stepID = reader.path("step_id", "The step, which must be under way.", .id())
        lease = reader.lease()
        name = reader.member("name", "What people call it; a file name, where it has one.", .artifactName)
        kind = reader.member("kind", "What it is made of.", .choice(of: [.text, .json, .uri]))
        content = reader.member(
            "content", "The text, any JSON, or the address: http, https, s3, gs or file, without credentials.",
            .anything)
        mediaType = reader.optional(
            "media_type", "Unless given `text/plain; charset=utf-8` for text and `application/json` for JSON.",
            .mediaType)
        let isKnown = !reader.refusals.fields.contains { $0.field == "/kind" || $0.field == "/content" }
        switch kind {
        case _ where !isKnown: break
        case .text where content.string == nil: reader.refuse("/content", "must be a string for kind text")
        case .uri where content.string.map(TextPattern.artifactURI.matches) != true:
            reader.refuse("/content", "must be \(TextPattern.artifactURI.words) for kind uri")
        default: break
        }
    }
}

/// `POST /v1/steps/{step_id}/artifacts/upload`.
package struct UploadArtifactInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let stepID: ID<Step>
    package let lease: LeaseInput
    package let name: String
    package let mediaType: String?
    /// SHA-256 of the bytes as they were sent.
    package let hash: [UInt8]?
    package let bytes: [UInt8]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        stepID = reader.path("step_id", "The step, which must be under way.", .id())
        lease = reader.lease(inBody: false)
        name = reader.requiredQuery("name", "What people call it; a file name, where it has one.", .artifactName)
        mediaType = reader.query("media_type", "`application/octet-stream` unless given.", .mediaType)
        hash = reader.header("X-Content-SHA256", "The SHA-256 of the body in hexadecimal digits.", .sha256)
        bytes =
            reader.rawBody(
                "The bytes.", [("application/octet-stream", { _ in ["type": "string", "format": "binary"] })]
            ).bytes
    }
}

/// `GET /v1/artifacts`.
package struct ListArtifactsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>?
    package let stepID: ID<Step>?
    package let limit: Int
    package let cursor: ID<Artifact>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.query("run_id", "Only those of this run.", .id())
        stepID = reader.query("step_id", "Only those of this step.", .id())
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names an artifact in a path.
package struct ArtifactInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Artifact>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("artifact_id", "The artifact.", .id())
    }
}

/// `GET /v1/artifacts/{artifact_id}/content`.
package struct ArtifactContentInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Artifact>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("artifact_id", "The artifact.", .id())
        _ = reader.header("If-None-Match", "Answers 304 when it names the ETag.", .string(.text, max: 1024))
    }
}

extension Shape where Value == String {
    static var artifactName: Shape<String> { .string(.text, min: 1, max: 255) }
    static var mediaType: Shape<String> { .string(.mediaType, min: 3, max: 160) }
}

extension Shape where Value == [UInt8] {
    /// A SHA-256 in hexadecimal digits.
    static var sha256: Shape<[UInt8]> {
        let pattern = TextPattern("^[0-9a-fA-F]{64}$", words: "64 hexadecimal digits") { text in
            text.utf8.count == 64 && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        }
        return Shape<String>.string(pattern, min: 64, max: 64)
            .map(placeholder: [], words: pattern.words) { Hex.bytes($0.lowercased()) }
    }
}

extension TextPattern {
    /// A media type, at most with a character set: nothing that could end a header.
    static let mediaType = TextPattern(
        "^[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}(; ?charset=[A-Za-z0-9_-]{1,24})?$",
        words: "a media type such as image/png or text/csv; charset=utf-8"
    ) { text in
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ isToken($0, "!#$&^_.+-", atMost: 63) }) else { return false }
        guard parts.count == 2 else { return true }
        let parameter = parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]
        return parameter.hasPrefix("charset=") && isToken(parameter.dropFirst(8), "_-", atMost: 24)
    }

    /// Where something is kept that we do not keep: no scheme that a browser would run, and no credentials.
    static let artifactURI = TextPattern(
        #"^((https?|s3|gs)://[A-Za-z0-9._\-\[\]:]{1,253}([/?#][!-~]{0,1700})?|file:///[!-~]{0,1700})$"#,
        words: "an http, https, s3, gs or file address without credentials"
    ) { text in
        guard let end = text.firstRange(of: "://") else { return false }
        let rest = text[end.upperBound...].utf8
        let host = rest.prefix { !"/?#".utf8.contains($0) }
        let path = rest.dropFirst(host.count)
        guard path.count <= 1701, path.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
        switch text[..<end.lowerBound] {
        case "file": return host.isEmpty && path.first == UInt8(ascii: "/")
        case "http", "https", "s3", "gs": return isToken(host, "._-[]:", atMost: 253)
        default: return false
        }
    }

    private static func isToken(_ text: Substring, _ marks: String, atMost limit: Int) -> Bool {
        isToken(text.utf8, marks, atMost: limit)
    }

    private static func isToken(_ bytes: Substring.UTF8View, _ marks: String, atMost limit: Int) -> Bool {
        (1...limit).contains(bytes.count)
            && bytes.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || marks.utf8.contains(byte)
            }
    }
}

/// What a step left behind, without its bytes.
package struct ArtifactView: WireObject {
    package static let wireName = "Artifact"

    package let artifact: Artifact

    package init(_ artifact: Artifact) { self.artifact = artifact }

    package static let fields: [Field<ArtifactView>] = [
        Field("artifact_id", "Names the artifact.") { $0.artifact.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.artifact.workspaceID.rawValue },
        Field("room_id", "The room in whose stream it is told.") { $0.artifact.roomID },
        Field("task_id", "The task.") { $0.artifact.taskID },
        Field("run_id", "The run.") { $0.artifact.runID },
        Field("step_id", "The step.") { $0.artifact.stepID },
        Field("name", "What people call it.") { $0.artifact.name },
        Field("kind", "What it is made of.") { $0.artifact.kind },
        Field("media_type", "What its bytes are; null for an address of which nobody said.") { $0.artifact.mediaType },
        Field("size", "Bytes; null for an address.") { $0.artifact.size },
        Field("sha256", "SHA-256 of the bytes in hexadecimal digits; null for an address.") {
            $0.artifact.hash.map(Hex.text)
        },
        Field("uri", "The address; null for what is kept here.") { $0.artifact.uri },
        Field("epoch", "The epoch under which it was made.") { $0.artifact.epoch },
        Field("created_at", "When it was made.") { $0.artifact.createdAt },
    ]
}
