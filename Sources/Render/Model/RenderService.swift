// SPDX-License-Identifier: Apache-2.0

/// A service as Render's API shows it. An absent member is nil; an enumeration's value stays text, since new ones appear.
package struct RenderService: Sendable, Hashable {
    package var id: String
    package var name: String
    package var ownerID: String
    /// web_service, static_site, private_service, background_worker or cron_job, or one that is newer than this.
    package var type: String
    package var slug: String
    package var environmentID: String?
    package var dashboardURL: String?
    package var isSuspended: Bool
    package var createdAt: String
    package var updatedAt: String
    package var repo: String?
    package var branch: String?
    package var rootDir: String?
    package var imagePath: String?
    package var registryCredential: RegistryCredential?
    /// yes or no.
    package var autoDeploy: String?
    /// commit, off or checksPass.
    package var autoDeployTrigger: String?
    package var buildFilter: BuildFilter?
    package var details: ServiceDetails

    package init(
        id: String, name: String, ownerID: String = "", type: String, slug: String = "", environmentID: String? = nil,
        dashboardURL: String? = nil, isSuspended: Bool = false, createdAt: String = "", updatedAt: String = "",
        repo: String? = nil, branch: String? = nil, rootDir: String? = nil, imagePath: String? = nil,
        registryCredential: RegistryCredential? = nil, autoDeploy: String? = nil, autoDeployTrigger: String? = nil,
        buildFilter: BuildFilter? = nil, details: ServiceDetails = ServiceDetails()
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.type = type
        self.slug = slug
        self.environmentID = environmentID
        self.dashboardURL = dashboardURL
        self.isSuspended = isSuspended
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.repo = repo
        self.branch = branch
        self.rootDir = rootDir
        self.imagePath = imagePath
        self.registryCredential = registryCredential
        self.autoDeploy = autoDeploy
        self.autoDeployTrigger = autoDeployTrigger
        self.buildFilter = buildFilter
        self.details = details
    }
}

/// The part of a service that depends on its type.
package struct ServiceDetails: Sendable, Hashable {
    package var url: String?
    package var plan: String?
    package var region: String?
    package var runtime: String?
    package var numInstances: Int?
    /// Of a static site directly, of others from `envSpecificDetails`.
    package var buildCommand: String?
    package var startCommand: String?
    package var preDeployCommand: String?
    package var dockerCommand: String?
    package var dockerContext: String?
    package var dockerfilePath: String?
    package var dockerRegistryCredential: RegistryCredential?
    package var publishPath: String?
    package var healthCheckPath: String?
    package var schedule: String?
    package var maxShutdownDelaySeconds: Int?
    package var renderSubdomainPolicy: String?
    package var autoscaling: Autoscaling?
    package var disk: RenderDisk?
    package var maintenanceMode: MaintenanceMode?
    package var previews: Previews?
    package var ipAllowList: [AllowedAddresses]?
    package var openPorts: [Int]
    /// The service that this one is a preview of.
    package var parentServerID: String?

    package init(
        url: String? = nil, plan: String? = nil, region: String? = nil, runtime: String? = nil,
        numInstances: Int? = nil, buildCommand: String? = nil, startCommand: String? = nil,
        preDeployCommand: String? = nil, dockerCommand: String? = nil, dockerContext: String? = nil,
        dockerfilePath: String? = nil, dockerRegistryCredential: RegistryCredential? = nil, publishPath: String? = nil,
        healthCheckPath: String? = nil, schedule: String? = nil, maxShutdownDelaySeconds: Int? = nil,
        renderSubdomainPolicy: String? = nil, autoscaling: Autoscaling? = nil, disk: RenderDisk? = nil,
        maintenanceMode: MaintenanceMode? = nil, previews: Previews? = nil, ipAllowList: [AllowedAddresses]? = nil,
        openPorts: [Int] = [], parentServerID: String? = nil
    ) {
        self.url = url
        self.plan = plan
        self.region = region
        self.runtime = runtime
        self.numInstances = numInstances
        self.buildCommand = buildCommand
        self.startCommand = startCommand
        self.preDeployCommand = preDeployCommand
        self.dockerCommand = dockerCommand
        self.dockerContext = dockerContext
        self.dockerfilePath = dockerfilePath
        self.dockerRegistryCredential = dockerRegistryCredential
        self.publishPath = publishPath
        self.healthCheckPath = healthCheckPath
        self.schedule = schedule
        self.maxShutdownDelaySeconds = maxShutdownDelaySeconds
        self.renderSubdomainPolicy = renderSubdomainPolicy
        self.autoscaling = autoscaling
        self.disk = disk
        self.maintenanceMode = maintenanceMode
        self.previews = previews
        self.ipAllowList = ipAllowList
        self.openPorts = openPorts
        self.parentServerID = parentServerID
    }
}

package struct RegistryCredential: Sendable, Hashable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

package struct BuildFilter: Sendable, Hashable {
    package var paths: [String]
    package var ignoredPaths: [String]

    package init(paths: [String], ignoredPaths: [String]) {
        self.paths = paths
        self.ignoredPaths = ignoredPaths
    }
}

package struct Autoscaling: Sendable, Hashable {
    package var isEnabled: Bool
    package var min: Int
    package var max: Int
    /// Percent; nil when it does not count.
    package var cpu: Int?
    package var memory: Int?

    package init(isEnabled: Bool, min: Int, max: Int, cpu: Int? = nil, memory: Int? = nil) {
        self.isEnabled = isEnabled
        self.min = min
        self.max = max
        self.cpu = cpu
        self.memory = memory
    }
}

package struct RenderDisk: Sendable, Hashable {
    package var id: String
    package var name: String
    package var mountPath: String
    package var sizeGB: Int

    package init(id: String, name: String, mountPath: String, sizeGB: Int) {
        self.id = id
        self.name = name
        self.mountPath = mountPath
        self.sizeGB = sizeGB
    }
}

package struct MaintenanceMode: Sendable, Hashable {
    package var isEnabled: Bool
    package var uri: String

    package init(isEnabled: Bool, uri: String) {
        self.isEnabled = isEnabled
        self.uri = uri
    }
}

package struct Previews: Sendable, Hashable {
    /// off, manual or automatic.
    package var generation: String
    package var plan: String?
    package var numInstances: Int?

    package init(generation: String, plan: String? = nil, numInstances: Int? = nil) {
        self.generation = generation
        self.plan = plan
        self.numInstances = numInstances
    }
}

package struct AllowedAddresses: Sendable, Hashable {
    package var cidrBlock: String
    package var description: String

    package init(cidrBlock: String, description: String = "") {
        self.cidrBlock = cidrBlock
        self.description = description
    }
}

package struct ResponseHeader: Sendable, Hashable {
    package var path: String
    package var name: String
    package var value: String

    package init(path: String, name: String, value: String) {
        self.path = path
        self.name = name
        self.value = value
    }
}

package struct StaticRoute: Sendable, Hashable {
    /// redirect or rewrite.
    package var type: String
    package var source: String
    package var destination: String

    package init(type: String, source: String, destination: String) {
        self.type = type
        self.source = source
        self.destination = destination
    }
}

package struct CustomDomain: Sendable, Hashable {
    package var id: String
    package var name: String
    /// Not empty for the twin (www or apex) that Render adds by itself.
    package var redirectForName: String
    package var isVerified: Bool

    package init(id: String, name: String, redirectForName: String = "", isVerified: Bool = false) {
        self.id = id
        self.name = name
        self.redirectForName = redirectForName
        self.isVerified = isVerified
    }
}
