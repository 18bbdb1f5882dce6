// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// What a change of a field means on Render.
struct FieldTrait: Sendable {
    enum Mutability: Sendable, Equatable {
        case patchable
        /// Only a new resource can have another; the words say what to do instead.
        case immutable(String)
        /// Gigabytes, which can become more and never fewer.
        case growOnly
        /// No call of the API sets it.
        case unreachable
    }

    var mutability: Mutability = .patchable
    /// Of a server. A static site has nothing to start again: what deploys a server at all builds a site.
    var deploy: DeployNeed = .none
    var costs = false
    var interrupts = false
    /// Whether entries that the file does not name survive.
    var merges = false
    /// Whether writing it empty takes it away. Where not, an empty one is as good as none.
    var clears = true
}

extension Field {
    /// The one table of what plans know about fields.
    ///
    /// Plans, numbers of instances and disks make Render start a service anew by itself, so they need no deploy of ours;
    /// a disk that is attached is there from the next deploy on. `runtime` can be patched: the API takes it for everything
    /// but static sites, and going to or from a static site is another type of service anyway.
    var trait: FieldTrait {
        switch self {
        case .plan: FieldTrait(costs: true, interrupts: true, clears: false)
        case .region:
            FieldTrait(
                mutability: .immutable("make one of another name in the new region, move over, then delete this one"),
                clears: false)
        case .runtime, .repo, .branch, .image: FieldTrait(deploy: .build, clears: false)
        case .rootDir, .buildCommand, .dockerContext, .dockerfilePath, .registryCredential, .publishPath:
            FieldTrait(deploy: .build)
        case .startCommand, .preDeployCommand, .dockerCommand, .healthCheckPath, .maxShutdownDelaySeconds:
            FieldTrait(deploy: .deployOnly)
        case .numInstances: FieldTrait(costs: true, clears: false)
        case .scaling: FieldTrait(costs: true)
        case .schedule, .autoDeployTrigger: FieldTrait(clears: false)
        case .headers, .routes, .domains: FieldTrait(merges: true)
        case .disk: FieldTrait(deploy: .deployOnly, costs: true, interrupts: true, clears: false)
        case .buildFilter, .previews, .maintenanceMode, .ipAllowList, .renderSubdomainPolicy: FieldTrait()
        case .maxmemoryPolicy: FieldTrait(interrupts: true, clears: false)
        case .databaseName, .databaseUser:
            FieldTrait(
                mutability: .immutable("create a database under another name and move the data, or write what is live"),
                clears: false)
        case .version:
            FieldTrait(
                mutability: .immutable("upgrade it in Render's dashboard, then write the new version into the file"),
                clears: false)
        case .diskSizeGB: FieldTrait(mutability: .growOnly, costs: true, clears: false)
        case .storageAutoscaling: FieldTrait(costs: true)
        case .highAvailability: FieldTrait(costs: true, interrupts: true)
        case .readReplicas: FieldTrait(costs: true)
        case .networkIsolation, .protection: FieldTrait()
        case .initialDeployHook, .buildSource, .persistenceMode, .previewPlan, .connectionPool, .previewDiskSizeGB:
            FieldTrait(mutability: .unreachable)
        }
    }

    /// What has to run after a change of it.
    func deployNeed(of address: ResourceAddress, _ type: ServiceType?) -> DeployNeed {
        guard address.kind == .service, trait.deploy != .none else { return .none }
        return type == .staticSite ? .build : trait.deploy
    }
}

extension Resource {
    /// Whether a call of the API sets the field for it; the reader has said so where none does.
    func isSettable(_ field: Field) -> Bool {
        guard field.trait.mutability != .unreachable else { return false }
        return serviceType.map { Catalogue.reaches(field, of: $0) } ?? true
    }
}

extension ServiceType {
    /// What has to run after a change of its variables: a site has them built in.
    var variableDeploy: DeployNeed { self == .staticSite ? .build : .deployOnly }
}
