// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// What of an account has to be read for one blueprint: what it names, what it refers to and what is ours.
struct SnapshotNeeds: Sendable {
    /// Resources that are compared.
    private(set) var compared: Set<ResourceAddress> = []
    /// Resources that values are taken from.
    private(set) var referred: Set<ResourceAddress> = []
    private(set) var variables: Set<ResourceAddress> = []
    /// Services whose variables are referred to.
    private(set) var sources: Set<ResourceAddress> = []
    private(set) var connections: Set<ResourceAddress> = []
    private(set) var headers: Set<ResourceAddress> = []
    private(set) var routes: Set<ResourceAddress> = []
    private(set) var domains: Set<ResourceAddress> = []
    private(set) var readsCredentials = false
    private(set) var readsPlacement = false

    init(_ blueprint: Blueprint?, _ applied: AppliedState) {
        for resource in blueprint?.resources ?? [] where resource.serviceType != .workflow { add(resource) }
        for (address, known) in applied.resources { add(address, known) }
    }

    func reads(_ kind: ResourceKind) -> Bool {
        // A placement is an environment's id until the environments are read.
        if kind == .project || kind == .environment { return readsPlacement }
        // A service whose variables are referred to may have them from a group.
        if kind == .envGroup, !sources.isEmpty { return true }
        return compared.contains { $0.kind == kind } || referred.contains { $0.kind == kind }
    }

    func contains(_ address: ResourceAddress) -> Bool { compared.contains(address) || referred.contains(address) }

    private mutating func add(_ resource: Resource) {
        let address = resource.address
        compared.insert(address)
        if address.kind == .project || address.kind == .environment || resource.environmentOfProject != nil {
            readsPlacement = true
        }
        // Whoever takes variables from groups may have others of these names.
        if !resource.environment.isEmpty || !resource.groups.isEmpty { variables.insert(address) }
        func wants(_ field: Field) -> Bool { resource.fields[field] != nil && resource.isSettable(field) }
        if wants(.headers) { headers.insert(address) }
        if wants(.routes) { routes.insert(address) }
        if wants(.domains) { domains.insert(address) }
        if resource.fields[.registryCredential] != nil || resource.fields[.image]?.value["registryCredential"] != nil {
            readsCredentials = true
        }
        for group in resource.groups { referred.insert(ResourceAddress(.envGroup, group.value)) }
        for variable in resource.environment {
            guard case .reference(let reference) = variable.source else { continue }
            referred.insert(reference.target)
            switch reference {
            case .database, .keyValue: connections.insert(reference.target)
            // The port that a service listens on may be told by its own `PORT` alone.
            case .serviceVariable, .service(_, _, .port), .service(_, _, .hostport):
                variables.insert(reference.target)
                sources.insert(reference.target)
            case .service, .keyValueVariable: break
            }
        }
    }

    private mutating func add(_ address: ResourceAddress, _ known: AppliedState.Resource) {
        compared.insert(address)
        if address.kind == .project || address.kind == .environment { readsPlacement = true }
        for path in known.fields.keys {
            switch ChangeTarget(path: path) {
            case .variable: variables.insert(address)
            case .group(let name): referred.insert(ResourceAddress(.envGroup, name))
            case .placement: readsPlacement = true
            case .field(.headers): headers.insert(address)
            case .field(.routes): routes.insert(address)
            case .field(.domains): domains.insert(address)
            case .field, nil: break
            }
            if path.hasPrefix("headers/") { headers.insert(address) }
            if path.hasPrefix("routes/") { routes.insert(address) }
            if path.hasPrefix("domains/") { domains.insert(address) }
            if path.hasPrefix(AppliedState.loan) { variables.insert(address) }
            if path.hasPrefix(AppliedState.lender) {
                let group = ResourceAddress(.envGroup, String(path.dropFirst(AppliedState.lender.count)))
                referred.insert(group)
                variables.insert(group)
            }
        }
    }
}
