// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import TestKit

/// Blueprints that nobody would write, all different and the same for one seed.
struct GeneratedBlueprint {
    private var random: SeededGenerator
    private var line = 0
    private var canaries = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private let databases = ["db-a", "db-b"]
    private let stores = ["kv-a"]
    private let groups = ["shared", "secrets"]
    private let services = ["api", "web", "worker", "site", "job", "pserv"]

    mutating func next() -> Blueprint {
        var resources: [Resource] = []
        let hasProject = chance(3)
        let placement = hasProject ? ResourceAddress(.environment, "shop/production") : nil
        if hasProject {
            resources.append(Resource(ResourceAddress(.project, "shop"), at: position()))
            resources.append(
                Resource(
                    ResourceAddress(.environment, "shop/production"),
                    fields: fields([.protection: ["protected", "unprotected"], .networkIsolation: ["enabled"]]),
                    at: position()))
        }
        for name in databases {
            resources.append(
                Resource(
                    ResourceAddress(.postgres, name),
                    fields: fields([
                        .plan: ["basic_1gb", "Pro 4GB"], .diskSizeGB: [20], .highAvailability: [true, false],
                        .readReplicas: [["r1"], []],
                        .ipAllowList: [[], [["cidrBlock": "10.0.0.0/8", "description": ""]]],
                    ]), environmentOfProject: chance(2) ? placement : nil, at: position()))
        }
        for name in stores {
            resources.append(
                Resource(
                    ResourceAddress(.keyValue, name),
                    fields: fields([.plan: ["starter", "pro-plus"], .maxmemoryPolicy: ["noeviction", "allkeys-lru"]]),
                    at: position()))
        }
        for name in groups {
            resources.append(
                Resource(ResourceAddress(.envGroup, name), environment: variables(mayRefer: false), at: position()))
        }
        for name in services { resources.append(service(name, placement)) }
        return Blueprint(dialect: .render, resources: resources, diagnostics: [])
    }

    private mutating func service(_ name: String, _ placement: ResourceAddress?) -> Resource {
        let type: ServiceType =
            switch name {
            case "site": .staticSite
            case "job": .cronJob
            case "worker": .backgroundWorker
            case "pserv": .privateService
            default: .webService
            }
        var choices: [Field: [JSONValue]] = [
            .buildCommand: ["make", "make all\n"], .rootDir: ["", "./app/", "app"], .branch: ["main"],
            .autoDeployTrigger: ["commit", "off", "checksPass"],
            .buildFilter: [["paths": ["a/**"], "ignoredPaths": []], ["paths": [], "ignoredPaths": []]],
            .previews: [["generation": "off"], ["generation": "manual"]],
            .domains: [["A.example.com", "b.example.com"]],
            .initialDeployHook: ["seed"],
        ]
        if type == .staticSite {
            choices[.publishPath] = ["./dist/", "public"]
            choices[.headers] = [
                [["path": "/*", "name": "X-A", "value": "1"], ["path": "/b", "name": "x-b", "value": "2"]], [],
            ]
            choices[.routes] = [[["type": "rewrite", "source": "/*", "destination": "/index.html"]]]
        } else {
            choices[.plan] = ["starter", "Pro Plus", "free"]
            choices[.startCommand] = ["run"]
            choices[.numInstances] = [1, 3]
            choices[.scaling] = [["min": 1, "max": 3, "cpu": 70], .null]
            choices[.disk] = [["name": "d", "mountPath": "/d", "sizeGB": 10], ["name": "d", "mountPath": "/d"]]
            choices[.maintenanceMode] = [["enabled": false, "uri": ""], ["enabled": true, "uri": "https://x"]]
            choices[.maxShutdownDelaySeconds] = [30, 60]
            choices[.ipAllowList] = [[], [["cidrBlock": "0.0.0.0/0", "description": "all"]]]
            choices[.renderSubdomainPolicy] = ["enabled", "disabled"]
        }
        return Resource(
            ResourceAddress(.service, name), serviceType: type, fields: fields(choices),
            environment: variables(mayRefer: true),
            groups: groups.filter { _ in chance(2) }.map { Located($0, at: position()) },
            environmentOfProject: chance(2) ? placement : nil, at: position())
    }

    private mutating func fields(_ choices: [Field: [JSONValue]]) -> [Field: Located<JSONValue>] {
        var fields: [Field: Located<JSONValue>] = [:]
        for (field, values) in choices.sorted(by: { $0.key < $1.key }) where chance(2) {
            fields[field] = values.randomElement(using: &random).map { Located($0, at: position()) }
        }
        return fields
    }

    private mutating func variables(mayRefer: Bool) -> [EnvironmentVariable] {
        var variables: [EnvironmentVariable] = []
        for key in ["A", "B", "C", "discovery.type", "PORT"] where chance(2) {
            let source: EnvironmentSource
            switch Int.random(in: 0..<(mayRefer && key != "PORT" ? 6 : 2), using: &random) {
            case 0:
                source = .literal(key == "PORT" ? Secret("\(Int.random(in: 1000..<9999, using: &random))") : canary())
            case 1: source = .generated
            default: source = .reference(reference())
            }
            variables.append(EnvironmentVariable(key: key, source: source, at: position()))
        }
        return variables
    }

    /// To whatever is there; only what is reached by a name may go in circles.
    private mutating func reference() -> EnvironmentReference {
        let service = services.randomElement(using: &random) ?? "api"
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            return .database(
                name: databases.randomElement(using: &random) ?? "",
                property: EnvironmentReference.DatabaseProperty.allCases.randomElement(using: &random) ?? .host)
        case 1: return .keyValue(name: "kv-a", property: chance(2) ? .connectionString : .port)
        case 2: return .serviceVariable(name: service, type: nil, key: "RENDER_EXTERNAL_URL")
        case 3: return .service(name: service, type: nil, property: .hostport)
        default: return .service(name: service, type: nil, property: .host)
        }
    }

    private mutating func canary() -> Secret<String> {
        canaries += 1
        return Secret("canary-\(canaries)")
    }

    mutating func chance(_ among: Int) -> Bool { Int.random(in: 0..<among, using: &random) == 0 }

    private mutating func position() -> SourcePosition {
        line += 1
        return SourcePosition(line: line, column: 1)
    }

    /// Somebody changes what is live: some values, some variables, a link, a whole service.
    mutating func disturb(_ account: inout ModelAccount) {
        for address in account.live.resources.keys.sorted() {
            guard var live = account.live.resources[address], chance(2) else { continue }
            if chance(2), live.fields[.rootDir] != nil { live.fields[.rootDir] = "elsewhere" }
            if chance(2), live.serviceType != nil { live.fields[.maxShutdownDelaySeconds] = 99 }
            if chance(2) {
                live.fields[.buildFilter] = live.serviceType == nil ? nil : ["paths": ["z"], "ignoredPaths": []]
            }
            for key in live.environment.keys.sorted() where chance(3) {
                live.environment[key] = chance(2) ? nil : canary()
            }
            if chance(3) { live.groups = [] }
            account.live.resources[address] = chance(12) && address.kind == .service ? nil : live
        }
    }

    mutating func shuffled(_ blueprint: Blueprint) -> Blueprint {
        var resources = blueprint.resources
        for index in resources.indices {
            resources[index].environment.shuffle(using: &random)
            resources[index].groups.shuffle(using: &random)
        }
        resources.shuffle(using: &random)
        return Blueprint(dialect: blueprint.dialect, resources: resources, diagnostics: blueprint.diagnostics)
    }
}
