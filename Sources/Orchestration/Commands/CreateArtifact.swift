// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Adds an artifact to a step that is under way, or finds the one that has its name and is the same. Large bytes are kept once
/// by their hash, in the same transaction.
package struct CreateArtifact: Command {
    /// What it is made of.
    package enum Material: Sendable {
        case content(ArtifactKind, ArtifactContent)
        /// An address.
        case uri(String)
    }

    package let call: WorkerCall
    package let step: StepKey
    package let stepID: ID<Step>
    package let name: String
    package let mediaType: String?
    package let material: Material

    package init(
        call: WorkerCall, step: StepKey, stepID: ID<Step>, name: String, mediaType: String?, material: Material
    ) {
        self.call = call
        self.step = step
        self.stepID = stepID
        self.name = name
        self.mediaType = mediaType
        self.material = material
    }

    package var workspaceID: ID<Workspace> { call.workspaceID }

    package var needs: CommandNeeds {
        var needs = call.needs
        needs.rows.steps.want(step)
        needs.rows.artifacts.want(idempotencyKey: Artifact.place(name, of: stepID))
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Making<Artifact> {
        let (lease, context) = try call.check(state)
        if let earlier = state.rows.artifacts.row(withIdempotencyKey: Artifact.place(name, of: stepID)) {
            guard isSame(as: earlier) else {
                throw Problem(
                    .conflict, "The step has an artifact of this name with other content; artifacts do not change.",
                    code: "artifact_exists", fields: [.init("/name", "is taken")],
                    details: ["artifact_id": .string(earlier.id.rawValue)])
            }
            return .existing(earlier.id)
        }
        guard let parent = state.rows.steps[step] else { throw .notFound("step", stepID.rawValue) }
        do throws(StepError) {
            try parent.requireRunning(under: lease)
        } catch {
            throw Problem(error, "step")
        }
        let id = ID<Artifact>.make()
        try state.record(.created(creation(lease)), on: id, in: \.artifacts, context.because(parent.lastEventID))
        if case .content(_, let content) = material, content.isLarge { state.keep(content) }
        return .made(id)
    }

    private func isSame(as earlier: Artifact) -> Bool {
        guard earlier.mediaType == mediaType else { return false }
        return switch material {
        case .content(let kind, let content): earlier.kind == kind && earlier.hash == content.hash
        case .uri(let uri): earlier.uri == uri
        }
    }

    private func creation(_ lease: Lease) -> ArtifactCreation {
        switch material {
        case .content(let kind, let content):
            ArtifactCreation(
                stepID: stepID, name: name, kind: kind, mediaType: mediaType, size: content.bytes.count,
                hash: content.hash, uri: nil, content: content.isLarge ? nil : content.bytes, epoch: lease.epoch)
        case .uri(let uri):
            ArtifactCreation(
                stepID: stepID, name: name, kind: .uri, mediaType: mediaType, size: nil, hash: nil, uri: uri,
                content: nil, epoch: lease.epoch)
        }
    }

    package func memo(of outcome: Making<Artifact>) -> [UInt8]? { note(of: outcome) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Making<Artifact> {
        making(from: memo)
    }
}
