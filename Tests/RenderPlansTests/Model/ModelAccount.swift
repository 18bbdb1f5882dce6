// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans

/// What Render would be after a plan, without Render: changes are made to a snapshot, and what was applied is remembered.
struct ModelAccount {
    var live: Snapshot
    var applied = AppliedState()
    /// The services that were deployed, each as often as it was.
    private(set) var deploys: [ResourceAddress] = []
    private var made = 0

    init(credentials: [String] = []) {
        live = Snapshot(
            ownerID: "tea-1",
            registryCredentials: Dictionary(uniqueKeysWithValues: credentials.map { ($0, "rgc-\($0)") }))
    }

    /// Carries out what is not blocked, as the order says, what was put off at the end.
    mutating func apply(_ plan: Plan, of blueprint: Blueprint, options: PlanOptions = PlanOptions()) {
        let actions = plan.actions.filter { $0.block == nil }
        for action in actions { carryOut(action, of: blueprint, options) }
        for action in actions {
            for change in action.changes where change.isDeferred {
                make(change, at: action.address, blueprint, options)
            }
        }
        for action in actions where action.verb != .prune {
            guard let id = live.resources[action.address]?.id else { continue }
            var known = applied.resources[action.address] ?? AppliedState.Resource(id: id, fields: [:])
            if known.id != id { known = AppliedState.Resource(id: id, fields: [:]) }
            for (path, value) in plan.basis.records[action.address] ?? [:] { known.fields[path] = value }
            for change in action.changes {
                guard case .variable(let key) = change.target, case .unresolved? = change.new,
                    let value = live.resources[action.address]?.environment[key]
                else { continue }
                known.fields["env.\(key)"] = keyed.fingerprint(value, ofVariable: key, on: action.address)
            }
            applied.resources[action.address] = known
        }
        for address in plan.basis.forgotten { applied.resources[address] = nil }
        deploys += actions.filter { $0.deploy != .none }.map(\.address)
    }

    private mutating func carryOut(_ action: PlanAction, of blueprint: Blueprint, _ options: PlanOptions) {
        switch action.verb {
        case .create: live.resources[action.address] = new(action)
        case .prune:
            live.resources[action.address] = nil
            applied.resources[action.address] = nil
            return
        case .update, .adopt, .noop, .replace: break
        }
        for change in action.changes where !change.isDeferred { make(change, at: action.address, blueprint, options) }
    }

    private mutating func make(
        _ change: FieldChange, at address: ResourceAddress, _ blueprint: Blueprint, _ options: PlanOptions
    ) {
        guard var resource = live.resources[address] else { return }
        switch (change.target, change.new) {
        case (.field(let field), .plain(let value)?): resource.fields[field] = value.isNull ? nil : value
        case (.field(let field), _): resource.fields[field] = nil
        case (.variable(let key), .secret(let value)?): resource.environment[key] = value
        case (.variable(let key), .generated?): resource.environment[key] = Secret("canary-generated-\(address)-\(key)")
        case (.variable(let key), .unresolved(let reference)?):
            let resolver = Resolver(blueprint: blueprint, live: live, entered: options.entered)
            if case .value(let value) = resolver.value(of: reference) { resource.environment[key] = value }
        case (.variable(let key), _): resource.environment[key] = nil
        case (.group(let name), let new):
            let group = ResourceAddress(.envGroup, name)
            if new == nil { resource.groups.remove(name) } else { resource.groups.insert(name) }
            if new == nil {
                live.resources[group]?.linkedServices.remove(resource.id)
            } else {
                live.resources[group]?.linkedServices.insert(resource.id)
            }
        case (.placement, .plain(let value)?):
            resource.environmentOfProject = value.string.map { ResourceAddress(.environment, $0) }
        case (.placement, _): resource.environmentOfProject = nil
        }
        live.resources[address] = resource
    }

    /// With all that Render fills in by itself.
    private mutating func new(_ action: PlanAction) -> LiveResource {
        made += 1
        let id = "\(action.address.kind.rawValue)-\(made)"
        let name = action.address.name
        var resource = LiveResource(id: id, serviceType: action.serviceType)
        switch action.address.kind {
        case .service:
            resource.slug = "\(name)-\(made)x"
            resource.url = "https://\(name)-\(made)x.onrender.com"
            resource.fields = [
                .region: "oregon", .rootDir: "", .autoDeployTrigger: "commit", .branch: "main",
                .buildFilter: ["paths": [], "ignoredPaths": []], .previews: ["generation": "off"],
                .maintenanceMode: ["enabled": false, "uri": ""], .numInstances: 1, .maxShutdownDelaySeconds: 30,
                .renderSubdomainPolicy: "enabled", .healthCheckPath: "", .dockerfilePath: "./Dockerfile",
                .dockerContext: ".", .ipAllowList: [["cidrBlock": "0.0.0.0/0", "description": "everywhere"]],
            ]
        case .postgres:
            resource.fields = [
                .region: "oregon", .databaseName: "made_up", .databaseUser: "made_up_user", .highAvailability: false,
                .storageAutoscaling: false, .readReplicas: [], .diskSizeGB: 1,
                .ipAllowList: [["cidrBlock": "0.0.0.0/0", "description": "everywhere"]],
            ]
            resource.connection = LiveConnection(
                internalURL: Secret("postgresql://u:canary-\(id)@dpg-\(id)/db"),
                pooledURL: Secret("postgresql://u:canary-\(id)@pool-\(id)/db"))
        case .keyValue:
            resource.fields = [.region: "oregon", .maxmemoryPolicy: "allkeys_lru", .ipAllowList: []]
            resource.connection = LiveConnection(internalURL: Secret("redis://canary-\(id):6379"))
        case .environment: resource.fields = [.networkIsolation: "disabled", .protection: "unprotected"]
        case .project, .envGroup: break
        }
        return resource
    }
}

/// The key of all tests.
let keyed = Fingerprinter(key: Secret(Array("a key of tests only".utf8)))

extension PlanCompiler {
    /// The compiler of most tests.
    static func testing(_ options: PlanOptions = PlanOptions(repository: "https://github.com/acme/app")) -> PlanCompiler
    {
        PlanCompiler(name: "main", fingerprints: keyed, options: options)
    }
}
