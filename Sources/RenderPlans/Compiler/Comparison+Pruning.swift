// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension Comparison {
    /// What is ours, live, and not in the file any more; services first, then what they use.
    func pruneCandidates() -> [Draft] {
        applied.resources
            .filter { address, known in
                blueprint.resource(at: address) == nil && snapshot.resources[address]?.id == known.id
            }
            .sorted { $0.key > $1.key }
            .map { address, known in
                var draft = Draft(
                    address: address, serviceType: snapshot.resources[address]?.serviceType, position: nil,
                    live: snapshot.resources[address], ours: known, verb: .prune)
                draft.watch(.identity)
                if draft.live?.nativeBlueprint != nil { draft.watch(.nativeBlueprint) }
                return draft
            }
    }

    /// What the ledger has and neither the file nor Render.
    func forgotten() -> [ResourceAddress] {
        guard !snapshot.isOffline else { return [] }
        return applied.resources
            .filter { address, known in
                blueprint.resource(at: address) == nil && snapshot.resources[address]?.id != known.id
            }
            .map(\.key).sorted()
    }

    /// The candidates as actions when pruning was asked for, each with what stands against it; else only words about them.
    func prunes() -> (drafts: [Draft], notes: [Diagnostic]) {
        var candidates = pruneCandidates()
        guard options.prunesResources else {
            for index in candidates.indices {
                candidates[index].note(
                    "not_in_file", "It is ours and not in the file any more. It stays, unless resources are pruned.")
            }
            return ([], candidates.flatMap(\.notes))
        }
        let ids = Set(candidates.compactMap(\.live?.id))
        let refusal = refusal(of: candidates.count)
        for index in candidates.indices {
            candidates[index].blocks = [refusal, holdsData(candidates[index]), isUsed(candidates[index], beside: ids)]
                .compactMap(\.self)
            if let native = candidates[index].live?.nativeBlueprint {
                candidates[index].blocks.append("Render's own Blueprint \(native) syncs it: disconnect it there first")
            }
        }
        return (candidates, [])
    }

    /// Why nothing at all is deleted: an empty file is more likely a mistake than a wish, and so is a long list.
    private func refusal(of count: Int) -> String? {
        guard blueprint.resources.contains(where: { $0.address.kind == .service }) else {
            return "the file names no service: nothing is deleted because of such a file"
        }
        // One, or a fifth of what is ours when that is more.
        let limit = max(1, applied.resources.count / 5)
        guard count > limit, options.pruneCount != count else { return nil }
        return "\(count) resources would be deleted, which is more than \(limit): say that \(count) is what you expect"
    }

    private func holdsData(_ draft: Draft) -> String? {
        switch draft.address.kind {
        case .postgres, .keyValue:
            "it holds data, and is never deleted by a plan: delete it in Render's dashboard, or plan without pruning"
        case .project, .environment:
            "what else is in it is not known: delete it in Render's dashboard, or plan without pruning"
        case .service where draft.live?.fields[.disk].map({ !$0.isNull }) == true:
            "its disk holds data, and is never deleted by a plan: delete it in Render's dashboard, or plan without pruning"
        case .service, .envGroup: nil
        }
    }

    /// A group that something else still takes its variables from.
    private func isUsed(_ draft: Draft, beside pruned: Set<String>) -> String? {
        guard draft.address.kind == .envGroup, let live = draft.live else { return nil }
        let others = live.linkedServices.subtracting(pruned)
        let names = snapshot.resources.filter { others.contains($0.value.id) }.map(\.key.description)
        let unlinked = Set(
            blueprint.resources
                .filter { options.prunesEnvironment && !$0.groups.contains { $0.value == draft.address.name } }
                .filter { applied.resources[$0.address]?.fields["group.\(draft.address.name)"] != nil }
                .compactMap { snapshot.resources[$0.address]?.id })
        guard !others.subtracting(unlinked).isEmpty else { return nil }
        let users = names.isEmpty ? others.sorted() : names.sorted()
        return "services still take variables from it: \(users.joined(separator: ", "))"
    }
}
