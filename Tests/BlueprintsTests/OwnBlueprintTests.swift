// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Foundation
import Testing

/// What the blueprint of this repository leads to: files that are there, and daemons that have all they need to start.
@Suite struct OwnBlueprintTests {
    private static func services() throws -> (blueprint: Blueprint, daemons: [Resource], site: Resource) {
        let blueprint = try Blueprint.read(Files.ofRepository("infra/render.blueprint.yaml"))
        let services = blueprint.resources.filter { $0.serviceType != nil }
        let site = try #require(services.first { $0.serviceType == .staticSite })
        return (blueprint, services.filter { $0.serviceType != .staticSite }, site)
    }

    private static func isThere(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: Files.repository.appending(path: path).path)
    }

    @Test func `every daemon of this repository is on Render, from its own Dockerfile`() throws {
        let (_, daemons, _) = try Self.services()
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Files.repository.appending(path: "services").path
        ).filter { Self.isThere("services/\($0)/Dockerfile") }
        #expect(daemons.map(\.address.name).sorted() == folders.sorted())
        for daemon in daemons {
            let name = daemon.address.name
            #expect(daemon.fields[.dockerfilePath]?.value == .string("./services/\(name)/Dockerfile"))
            #expect(daemon.fields[.dockerContext]?.value == ".", "\(name)")
            // Render looks at the health of no others.
            #expect(daemon.fields[.healthCheckPath]?.value == (daemon.serviceType == .webService ? "/ready" : nil))
        }
    }

    @Test func `what a deploy waits for is there`() throws {
        let (_, daemons, site) = try Self.services()
        for service in daemons + [site] {
            let paths = service.fields[.buildFilter]?.value["paths"]?.array?.compactMap(\.string) ?? []
            #expect(!paths.isEmpty, "\(service.address)")
            for path in paths {
                #expect(Self.isThere(path.replacing("/**", with: "")), "\(service.address): \(path)")
            }
        }
    }

    @Test func `the dashboard is built by a script that is there, into the folder that is published`() throws {
        let (_, _, site) = try Self.services()
        let command = try #require(site.fields[.buildCommand]?.value.string)
        let script = Files.repository.appending(path: command)
        #expect(FileManager.default.isExecutableFile(atPath: script.path))
        #expect(site.fields[.publishPath]?.value == "./dashboard/site")
        let text = try String(contentsOf: script, encoding: .utf8)
        #expect(text.contains("SITE=$HERE/site\n") && command == "./dashboard/render-build.sh")
    }

    /// As services/start makes addresses of the host names that Render hands out.
    private static let addresses = [
        "LOGGING_HOST": "LOGGING_SVC_URL", "ORCHESTRATOR_HOST": "ORCHESTRATOR_SVC_URL", "ECHO_HOST": "SUITE_PEERS",
        "RENDERCTL_HOST": "SUITE_PEERS", "ENGINE_HOST": "SUITE_PEERS",
    ]

    @Test func `every daemon is given what it cannot start without, and nothing that it does not know`() throws {
        let (blueprint, daemons, _) = try Self.services()
        let schema = try JSONValue.parse(
            String(decoding: Files.ofRepository("infra/config.schema.json"), as: UTF8.self))
        let start = try String(decoding: Files.ofRepository("services/start"), as: UTF8.self)
        for (host, address) in Self.addresses {
            #expect(start.contains("${\(host):-}") && start.contains("export \(address)\n"), "\(host)")
        }
        for daemon in daemons {
            let name = daemon.address.name
            let groups = daemon.groups.compactMap { blueprint.resource(at: ResourceAddress(.envGroup, $0.value)) }
            #expect(groups.count == daemon.groups.count, "\(name)")
            let keys = Set(([daemon] + groups).flatMap(\.environment).map { Self.addresses[$0.key] ?? $0.key })
            let definition = try #require(schema["$defs"]?[name], "\(name) has no configuration")
            let required = definition["required"]?.array?.compactMap(\.string) ?? []
            #expect(!required.isEmpty)
            #expect(Set(required).subtracting(keys) == [], "\(name) lacks these")
            let known = Set(definition["properties"]?.object?.names ?? [])
            #expect(keys.subtracting(known) == [], "\(name) has no use for these")
        }
    }
}
