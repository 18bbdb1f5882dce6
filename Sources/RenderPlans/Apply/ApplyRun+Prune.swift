// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// Deletes what is ours and not in the file any more; last of all, and only when everything else went well.
    func prune() async throws {
        let candidates = plan.actions.filter { $0.verb == .prune }
        // A service goes before the group that it takes variables from.
        for action in candidates.sorted(by: { $1.address < $0.address }) {
            if let reason = await reasonToKeep(action) {
                await end(action.address, .kept(reason: reason))
                continue
            }
            do {
                try await prune(action)
                await end(action.address, .pruned)
            } catch {
                guard let failure = StepFailure(of: error) else { throw error }
                await end(action.address, .failed(message: failure.message))
            }
        }
    }

    private func reasonToKeep(_ action: PlanAction) async -> String? {
        if let block = action.block { return block }
        guard options.prune else { return "pruning was not asked for" }
        switch action.address.kind {
        case .postgres, .keyValue: return "what holds data is never deleted"
        case .project, .environment: return "projects and their environments are never deleted"
        case .service, .envGroup: break
        }
        if let failed = await state.firstFailure() { return "nothing is pruned while something fails, here \(failed)" }
        return nil
    }

    private func prune(_ action: PlanAction) async throws {
        let resource = action.address
        let id = try await liveID(of: action)
        if resource.kind == .service {
            try await locks.withService(id) {
                try await guarding(service: id).deleteService(resource, id: id)
            }
        } else {
            let client = client
            let ownerID = plan.ownerID
            let isGone = { () async throws -> Bool in
                try await !client.envGroups(ownerID: ownerID).contains { $0.id == id }
            }
            try await steps.perform(
                StepRunner.Change(
                    name: "delete", find: { _ in try await isGone() ? [:] : nil },
                    call: {
                        try await Self.unlessGone { try await client.deleteEnvGroup(id) }
                        try await steps.confirm { try await isGone() ? [] : [resource.description] }
                        return [:]
                    }),
                of: resource)
        }
        try await forget(resource)
    }

    /// Suspended first, so that what still needs it is noticed while it can be had back.
    private func deleteService(_ resource: ResourceAddress, id: String) async throws {
        let client = client
        let steps = steps
        let name = resource.name
        let ownerID = plan.ownerID
        let live = { try await client.services(ownerID: ownerID, name: name).first { $0.id == id } }
        if steps.known("suspend", of: resource) == nil, try await live()?.details.disk != nil {
            throw StepFailure("it has a disk, and what holds data is never deleted")
        }
        try await steps.perform(
            StepRunner.Change(
                name: "suspend", find: { _ in try await live()?.isSuspended ?? true ? [:] : nil },
                call: {
                    try await Self.unlessGone { try await client.suspendService(id) }
                    try await steps.confirm { try await live()?.isSuspended ?? true ? [] : ["suspended"] }
                    return [:]
                }),
            of: resource)
        try await steps.perform(
            StepRunner.Change(
                name: "delete", find: { _ in try await live() == nil ? [:] : nil },
                call: {
                    try await Self.unlessGone { try await client.deleteService(id) }
                    try await steps.confirm { try await live() == nil ? [] : [resource.description] }
                    return [:]
                }),
            of: resource)
    }
}
