// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// What Render tells of its resources, brought into the shapes that `Field` gives. What it does not tell stays absent.
enum LiveShape {
    static func fields(of service: RenderService) -> [Field: JSONValue] {
        let details = service.details
        let isSite = service.type == ServiceType.staticSite.rawValue
        var fields: [Field: JSONValue] = [:]
        func tell(_ field: Field, _ text: String?) { fields[field] = text.map { .string($0) } }
        func tell(_ field: Field, _ number: Int?) { fields[field] = number.map { JSONValue($0) } }
        if !isSite {
            tell(.plan, details.plan)
            tell(.region, details.region)
            tell(.runtime, details.runtime)
            tell(.startCommand, details.startCommand)
            tell(.preDeployCommand, details.preDeployCommand)
            tell(.dockerCommand, details.dockerCommand)
            tell(.dockerContext, details.dockerContext)
            tell(.dockerfilePath, details.dockerfilePath)
            tell(.registryCredential, details.dockerRegistryCredential?.name)
            tell(.numInstances, details.numInstances)
            tell(.healthCheckPath, details.healthCheckPath)
            tell(.schedule, details.schedule)
            tell(.maxShutdownDelaySeconds, details.maxShutdownDelaySeconds)
        }
        tell(.repo, service.repo)
        tell(.branch, service.branch)
        tell(.rootDir, service.rootDir)
        tell(.buildCommand, details.buildCommand)
        tell(.publishPath, details.publishPath)
        tell(.renderSubdomainPolicy, details.renderSubdomainPolicy)
        tell(.autoDeployTrigger, service.autoDeployTrigger ?? service.autoDeploy.map { $0 == "yes" ? "commit" : "off" })
        fields[.image] = image(of: service)
        fields[.scaling] = details.autoscaling.flatMap(scaling)
        fields[.disk] = details.disk.map { disk in
            ["name": .string(disk.name), "mountPath": .string(disk.mountPath), "sizeGB": JSONValue(disk.sizeGB)]
        }
        fields[.buildFilter] = service.buildFilter.map { filter in
            ["paths": texts(filter.paths), "ignoredPaths": texts(filter.ignoredPaths)]
        }
        fields[.previews] = details.previews.map { ["generation": .string($0.generation)] }
        fields[.maintenanceMode] = details.maintenanceMode.map { mode in
            ["enabled": .bool(mode.isEnabled), "uri": .string(mode.uri)]
        }
        fields[.ipAllowList] = details.ipAllowList.map(addresses)
        return fields
    }

    private static func image(of service: RenderService) -> JSONValue? {
        guard let path = service.imagePath, !path.isEmpty else { return nil }
        var image: JSONObject = ["url": .string(path)]
        image["registryCredential"] = service.registryCredential.map { .string($0.name) }
        return .object(image)
    }

    /// Nil when it is switched off, whatever else is written beside that.
    private static func scaling(_ scaling: Autoscaling) -> JSONValue? {
        guard scaling.isEnabled else { return nil }
        var object: JSONObject = ["min": JSONValue(scaling.min), "max": JSONValue(scaling.max)]
        object["cpu"] = scaling.cpu.map { JSONValue($0) }
        object["memory"] = scaling.memory.map { JSONValue($0) }
        return .object(object)
    }

    static func fields(of database: RenderDatabase) -> [Field: JSONValue] {
        var fields: [Field: JSONValue] = [
            .storageAutoscaling: .bool(database.isDiskAutoscaling),
            .highAvailability: .bool(database.isHighlyAvailable), .readReplicas: texts(database.readReplicas),
        ]
        fields[.plan] = database.plan.map { .string($0) }
        fields[.region] = database.region.map { .string($0) }
        fields[.version] = database.version.map { .string($0) }
        fields[.databaseName] = database.databaseName.map { .string($0) }
        fields[.databaseUser] = database.databaseUser.map { .string($0) }
        fields[.diskSizeGB] = database.diskSizeGB.map { JSONValue($0) }
        fields[.ipAllowList] = database.ipAllowList.map(addresses)
        return fields
    }

    static func fields(of instance: RenderKeyValue) -> [Field: JSONValue] {
        var fields: [Field: JSONValue] = [:]
        fields[.plan] = instance.plan.map { .string($0) }
        fields[.region] = instance.region.map { .string($0) }
        fields[.maxmemoryPolicy] = instance.maxmemoryPolicy.map { .string($0) }
        fields[.persistenceMode] = instance.persistenceMode.map { .string($0) }
        fields[.ipAllowList] = instance.ipAllowList.map(addresses)
        return fields
    }

    static func fields(of environment: RenderEnvironment) -> [Field: JSONValue] {
        [
            .networkIsolation: environment.isNetworkIsolated ? "enabled" : "disabled",
            .protection: .string(environment.protection),
        ]
    }

    static func headers(_ headers: [ResponseHeader]) -> JSONValue {
        .array(
            headers.map { ["path": .string($0.path), "name": .string($0.name), "value": .string($0.value)] })
    }

    static func routes(_ routes: [StaticRoute]) -> JSONValue {
        .array(
            routes.map {
                ["type": .string($0.type), "source": .string($0.source), "destination": .string($0.destination)]
            })
    }

    /// Without the twins (www or apex) that Render adds by itself.
    static func domains(_ domains: [CustomDomain]) -> JSONValue {
        texts(domains.filter(\.redirectForName.isEmpty).map(\.name))
    }

    /// Those twins, in small letters.
    static func redirects(_ domains: [CustomDomain]) -> Set<String> {
        Set(domains.filter { !$0.redirectForName.isEmpty }.map { $0.name.lowercased() })
    }

    private static func addresses(_ list: [AllowedAddresses]) -> JSONValue {
        .array(list.map { ["cidrBlock": .string($0.cidrBlock), "description": .string($0.description)] })
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
