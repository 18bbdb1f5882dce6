// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Adds an artifact to a step that is under way. Large bytes are kept once by their hash, in the same transaction.
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
        return needs
    }

    /// The new artifact's identifier.
    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Artifact> {
        let (lease, context) = try call.check(state)
        guard let parent = state.rows.steps[step] else { throw .notFound("step", stepID.rawValue) }
        do throws(StepError) {
            try parent.requireRunning(under: lease)
        } catch {
            throw Problem(error, "step")
        }
        let id = ID<Artifact>.make()
        try state.record(.created(creation(lease)), on: id, in: \.artifacts, context)
        if case .content(_, let content) = material, content.isLarge { state.keep(content) }
        return id
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

    package func memo(of outcome: ID<Artifact>) -> [UInt8]? { Array(outcome.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> ID<Artifact> {
        ID(trusted: String(decoding: memo ?? [], as: UTF8.self))
    }
}
