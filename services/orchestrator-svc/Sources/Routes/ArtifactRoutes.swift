// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Domain
package import Orchestration
package import ServiceKit
import Store

/// Answers what is asked about artifacts; `limit` is how many bytes may be uploaded at once.
package func answerArtifacts(
    _ router: inout EndpointRouter, _ artifacts: ArtifactOperations, _ signer: LeaseSigner, limit: Int
) {
    router.on(ArtifactsAPI.create) { input, context in
        ArtifactView(
            try await artifacts.create(
                ArtifactOperations.NewArtifact(input), within: input.stepID, in: input.workspaceID,
                by: context.caller, input.lease.prover(signer)))
    }
    router.on(ArtifactsAPI.upload.limited(to: limit)) { input, context in
        let content = ArtifactContent(input.bytes)
        if let hash = input.hash, hash != content.hash {
            throw Problem.invalid("X-Content-SHA256", "is not the SHA-256 of the body: \(Hex.text(content.hash))")
        }
        let new = ArtifactOperations.NewArtifact(
            name: input.name, mediaType: input.mediaType ?? "application/octet-stream",
            material: .content(.binary, content))
        return ArtifactView(
            try await artifacts.create(
                new, within: input.stepID, in: input.workspaceID, by: context.caller, input.lease.prover(signer)))
    }
    router.on(ArtifactsAPI.list) { input, _ in
        let filter = ArtifactFilter(runID: input.runID, stepID: input.stepID)
        let (found, next) = try await artifacts.list(
            filter, in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(ArtifactView.init), nextCursor: next?.rawValue)
    }
    router.on(ArtifactsAPI.get) { input, _ in
        ArtifactView(try await artifacts.artifact(input.id, in: input.workspaceID))
    }
    router.on(ArtifactsAPI.content) { input, _ in
        let artifact = try await artifacts.artifact(input.id, in: input.workspaceID)
        guard let hash = artifact.hash else {
            throw Problem(
                .notFound, "This artifact is an address; what it names is kept elsewhere.", code: "content_elsewhere",
                details: ["uri": .string(artifact.uri ?? "")])
        }
        return Download(mediaType: artifact.contentType, fileName: artifact.name, tag: Hex.text(hash)) {
            try await artifacts.content(of: artifact)
        }
    }
}

extension ArtifactOperations.NewArtifact {
    fileprivate init(_ input: CreateArtifactInput) {
        switch input.kind {
        case .json, .binary:
            self.init(
                name: input.name, mediaType: input.mediaType ?? "application/json",
                material: .content(.json, ArtifactContent(input.content.bytes)))
        case .text:
            self.init(
                name: input.name, mediaType: input.mediaType ?? "text/plain; charset=utf-8",
                material: .content(.text, ArtifactContent(Array((input.content.string ?? "").utf8))))
        case .uri: self.init(name: input.name, mediaType: input.mediaType, material: .uri(input.content.string ?? ""))
        }
    }
}

extension Artifact {
    /// What the bytes are, said so that text is never read in another character set than it is in.
    fileprivate var contentType: String {
        let type = mediaType ?? "application/octet-stream"
        let needsCharset = kind == .text && type.lowercased().hasPrefix("text/") && !type.contains(";")
        return needsCharset ? type + "; charset=utf-8" : type
    }
}
