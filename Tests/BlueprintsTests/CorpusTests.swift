// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

/// Blueprints that people really have.
@Suite struct CorpusTests {
    private static func isInvalid(_ name: String) -> Bool { name.contains("INVALID") }

    @Test func `there are eight of them`() throws {
        #expect(try Files.blueprints().count == 8)
    }

    @Test(arguments: try Files.blueprints().filter { !isInvalid($0) })
    func `a real blueprint is read without an error`(name: String) throws {
        let blueprint = try Blueprint.read(Files.known("blueprints/\(name)"))
        let errors = blueprint.diagnostics.filter { $0.severity == .error }
        #expect(errors.isEmpty, "\(errors)")
        #expect(blueprint.isValid && blueprint.dialect == .render && !blueprint.resources.isEmpty)
    }

    @Test func `the invalid one is refused in the lines that are wrong`() throws {
        let name = try #require(try Files.blueprints().first(where: Self.isInvalid))
        let blueprint = try Blueprint.read(Files.known("blueprints/\(name)"))
        let errors = blueprint.diagnostics.filter { $0.severity == .error }
        #expect(
            errors.map { "\($0.position) \($0.path) \($0.code)" } == [
                "4:10 services[0].env wrong_value", "5:19 services[0].buildCommand wrong_type",
                "6:19 services[0].startCommand wrong_type",
            ])
        #expect(errors[0].message.contains("`nerd`") && errors[0].message.contains("node"))
    }

    @Test func `the blueprint of this repository has nothing to be said against it`() throws {
        let blueprint = try Blueprint.read(Files.ofRepository("infra/render.blueprint.yaml"))
        #expect(blueprint.told == [])
        #expect(blueprint.resources.count == 8)
    }

    @Test func `what the files write is what is read`() throws {
        let hosted = try Blueprint.read(Files.known("blueprints/02-AllYourBot-hostedgpt.yaml"))
        let service = try #require(hosted.resource(at: ResourceAddress(.service, "hostedgpt")))
        #expect(service.serviceType == .webService)
        #expect(service.fields.mapValues(\.value) == [.runtime: "docker", .plan: "free", .healthCheckPath: "/up"])
        #expect(service.groups.map(\.value) == ["hostedgpt-secrets"])
        #expect(
            service.environment.map(\.source) == [
                .reference(.database(name: "hostedgpt-postgres", property: .connectionString)),
                .literal(Secret("true")), .literal(Secret("2")),
            ])
        let redwood = try Blueprint.read(Files.known("blueprints/22-render-examples-redwoodjs.yaml"))
        let site = try #require(redwood.resource(at: ResourceAddress(.service, "redwoodjs-web")))
        #expect(site.serviceType == .staticSite && site.fields[.runtime] == nil)
        #expect(site.fields[.publishPath]?.value == "./web/dist")
        #expect(site.fields[.routes]?.value.array?.count == 2)
        let trender = try Blueprint.read(Files.known("blueprints/24-render-examples-trender.yaml"))
        #expect(
            trender.resource(at: ResourceAddress(.postgres, "trender-db"))?.fields[.plan]?.value == "basic_256mb")
        #expect(trender.diagnostics.filter { $0.severity == .unsupported }.map(\.path) == ["services[1]"])
        let mcp = try Blueprint.read(Files.known("blueprints/26-render-oss-render-mcp-server.yaml"))
        let scaled = mcp.resource(at: ResourceAddress(.service, "mcp"))?.fields[.scaling]?.value
        #expect(scaled == ["min": 1, "max": 3, "memory": 60])
    }
}
