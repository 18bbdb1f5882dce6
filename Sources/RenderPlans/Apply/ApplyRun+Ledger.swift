// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension ApplyRun {
    /// Tells the ledger what a resource has come to, and only what was done: so the next plan knows what is ours and what
    /// is left. Telling it again changes nothing.
    func remember(_ action: PlanAction, isWhole: Bool) async throws {
        guard let id = await state.id(of: action.address) else { return }
        let written = await state.written(to: action.address)
        let changed = Set(action.changes.map(\.target.description))
        let done = Set(written.keys.map(\.description))
        var fields: [String: String?] = [:]
        for (path, fingerprint) in plan.basis.records[action.address] ?? [:] {
            let target = Self.target(of: path)
            // What did not have to change is as wanted, whatever became of the rest.
            if !changed.contains(target) || done.contains(target) { fields[path] = .some(fingerprint) }
        }
        for change in action.changes {
            guard case .variable(let key) = change.target, case .unresolved? = change.new,
                case .secret(let value)?? = written[change.target]
            else { continue }
            fields[change.target.description] = live.fingerprints.fingerprint(
                value, ofVariable: key, on: action.address)
        }
        let isOurs = action.verb == .create || action.verb == .adopt
        guard !fields.isEmpty || (isOurs && isWhole) else { return }
        try await record(fields, of: action.address, id: id)
    }

    /// The target of a change that a path of the ledger belongs to: `headers/NAME` is part of `headers`, and `source.KEY`
    /// and `lent.KEY` of the variable, `lender.NAME` of the group.
    private static func target(of path: String) -> String {
        for prefix in ["source.", AppliedState.loan] where path.hasPrefix(prefix) {
            return "env.\(path.dropFirst(prefix.count))"
        }
        if path.hasPrefix(AppliedState.lender) { return "group.\(path.dropFirst(AppliedState.lender.count))" }
        guard !path.hasPrefix("env."), !path.hasPrefix("group."), let slash = path.firstIndex(of: "/") else {
            return path
        }
        return String(path[..<slash])
    }

    /// Notes that a service must be deployed, before anything is changed for which it must: that a deploy never came about
    /// is not to be seen on Render. Nil once it has been asked for.
    func owe(_ need: DeployNeed?, service: ResourceAddress, id: String) async throws {
        try await record([AppliedState.pendingDeploy: need?.rawValue], of: service, id: id)
    }

    /// Notes the deploys of the services that take variables from a group, before the group changes: their own turn, in
    /// which they get them, may never come.
    func oweUsers(of group: ResourceAddress) async throws {
        for user in plan.actions where user.deploy != .none && user.dependsOn.contains(group) {
            guard user.address.kind == .service, let id = user.liveID else { continue }
            try await owe(user.deploy, service: user.address, id: id)
        }
    }

    func record(_ fields: [String: String?], of resource: ResourceAddress, id: String) async throws {
        try await locks.check()
        try await ledger.record(
            ownerID: plan.ownerID, blueprint: plan.blueprint, resource: resource, id: id, fields: fields)
    }

    func forget(_ resource: ResourceAddress) async throws {
        try await locks.check()
        try await ledger.forget(ownerID: plan.ownerID, blueprint: plan.blueprint, resource: resource)
    }
}
