// SPDX-License-Identifier: Apache-2.0

import Common

extension RenderService {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), ownerID: try fields.text("ownerId"),
            type: try fields.text("type"), slug: try fields.optionalText("slug") ?? "",
            environmentID: try fields.optionalText("environmentId"),
            dashboardURL: try fields.optionalText("dashboardUrl"),
            isSuspended: try fields.optionalText("suspended") == "suspended",
            createdAt: try fields.optionalText("createdAt") ?? "",
            updatedAt: try fields.optionalText("updatedAt") ?? "",
            repo: try fields.optionalText("repo"), branch: try fields.optionalText("branch"),
            rootDir: try fields.optionalText("rootDir"), imagePath: try fields.optionalText("imagePath"),
            registryCredential: try fields.optionalObject("registryCredential").map { try RegistryCredential($0) },
            autoDeploy: try fields.optionalText("autoDeploy"),
            autoDeployTrigger: try fields.optionalText("autoDeployTrigger"),
            buildFilter: try fields.optionalObject("buildFilter").map {
                BuildFilter(paths: try $0.texts("paths"), ignoredPaths: try $0.texts("ignoredPaths"))
            },
            details: try ServiceDetails(fields.optionalObject("serviceDetails")))
    }
}

extension ServiceDetails {
    /// One reader for the shapes of all types, which differ in where a member stands but not in what it is called.
    fileprivate init(_ fields: RenderFields?) throws {
        self.init()
        guard let fields else { return }
        url = try fields.optionalText("url")
        plan = try fields.optionalText("plan")
        region = try fields.optionalText("region")
        runtime = try fields.optionalText("runtime") ?? fields.optionalText("env")
        numInstances = try fields.optionalInt("numInstances")
        buildCommand = try fields.optionalText("buildCommand")
        publishPath = try fields.optionalText("publishPath")
        preDeployCommand = try fields.optionalText("preDeployCommand")
        healthCheckPath = try fields.optionalText("healthCheckPath")
        schedule = try fields.optionalText("schedule")
        maxShutdownDelaySeconds = try fields.optionalInt("maxShutdownDelaySeconds")
        renderSubdomainPolicy = try fields.optionalText("renderSubdomainPolicy")
        autoscaling = try fields.optionalObject("autoscaling").map { try Autoscaling($0) }
        disk = try fields.optionalObject("disk").map { try RenderDisk($0) }
        maintenanceMode = try fields.optionalObject("maintenanceMode").map {
            MaintenanceMode(isEnabled: try $0.optionalBool("enabled") ?? false, uri: try $0.optionalText("uri") ?? "")
        }
        previews = try Self.previews(fields)
        ipAllowList = try fields.optionalObjects("ipAllowList")?.map { try AllowedAddresses($0) }
        openPorts = try (fields.optionalObjects("openPorts") ?? []).compactMap { port in
            try port.optionalText("protocol") == "UDP" ? nil : port.optionalInt("port")
        }
        parentServerID = try fields.optionalObject("parentServer")?.text("id")
        if let inner = try fields.optionalObject("envSpecificDetails") { try readOfRuntime(inner) }
    }

    private mutating func readOfRuntime(_ fields: RenderFields) throws {
        buildCommand = try fields.optionalText("buildCommand") ?? buildCommand
        startCommand = try fields.optionalText("startCommand")
        preDeployCommand = try fields.optionalText("preDeployCommand") ?? preDeployCommand
        dockerCommand = try fields.optionalText("dockerCommand")
        dockerContext = try fields.optionalText("dockerContext")
        dockerfilePath = try fields.optionalText("dockerfilePath")
        dockerRegistryCredential = try fields.optionalObject("registryCredential").map { try RegistryCredential($0) }
    }

    /// `pullRequestPreviewsEnabled` is what they were before they had a member of their own.
    private static func previews(_ fields: RenderFields) throws -> Previews? {
        if let previews = try fields.optionalObject("previews") {
            guard let generation = try previews.optionalText("generation") else { return nil }
            return Previews(
                generation: generation, plan: try previews.optionalText("plan"),
                numInstances: try previews.optionalInt("numInstances"))
        }
        return try fields.optionalText("pullRequestPreviewsEnabled").map {
            Previews(generation: $0 == "yes" ? "automatic" : "off")
        }
    }
}

extension Autoscaling {
    init(_ fields: RenderFields) throws {
        let criteria = try fields.optionalObject("criteria")
        func percentage(_ name: String) throws -> Int? {
            guard let criterion = try criteria?.optionalObject(name), try criterion.optionalBool("enabled") ?? false
            else { return nil }
            return try criterion.optionalInt("percentage")
        }
        self.init(
            isEnabled: try fields.optionalBool("enabled") ?? false, min: try fields.optionalInt("min") ?? 1,
            max: try fields.optionalInt("max") ?? 1, cpu: try percentage("cpu"), memory: try percentage("memory"))
    }

    /// As the API takes it: both criteria are always named, with a percentage even when it does not count.
    var json: JSONValue {
        func criterion(_ percentage: Int?) -> JSONValue {
            ["enabled": .bool(percentage != nil), "percentage": JSONValue(percentage ?? 80)]
        }
        return [
            "enabled": .bool(isEnabled), "min": JSONValue(min), "max": JSONValue(max),
            "criteria": ["cpu": criterion(cpu), "memory": criterion(memory)],
        ]
    }
}

extension RenderDisk {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), mountPath: try fields.text("mountPath"),
            sizeGB: try fields.optionalInt("sizeGB") ?? 1)
    }
}

extension AllowedAddresses {
    init(_ fields: RenderFields) throws {
        self.init(
            cidrBlock: try fields.text("cidrBlock"), description: try fields.optionalText("description") ?? "")
    }
}

extension RegistryCredential {
    init(_ fields: RenderFields) throws {
        self.init(id: try fields.text("id"), name: try fields.optionalText("name") ?? "")
    }
}

extension ResponseHeader {
    init(_ fields: RenderFields) throws {
        self.init(path: try fields.text("path"), name: try fields.text("name"), value: try fields.text("value"))
    }

    var json: JSONValue { ["path": .string(path), "name": .string(name), "value": .string(value)] }
}

extension StaticRoute {
    init(_ fields: RenderFields) throws {
        self.init(
            type: try fields.text("type"), source: try fields.text("source"),
            destination: try fields.text("destination"))
    }

    var json: JSONValue {
        ["type": .string(type), "source": .string(source), "destination": .string(destination)]
    }
}

extension CustomDomain {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"),
            redirectForName: try fields.optionalText("redirectForName") ?? "",
            isVerified: try fields.optionalText("verificationStatus") == "verified")
    }
}
