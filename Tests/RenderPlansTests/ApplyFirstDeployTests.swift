// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import TestKit
import Testing

/// Render deploys a new service by itself, before groups can be linked to it.
@Suite struct ApplyFirstDeployTests {
    /// A service with two groups and a variable of its own that one of them has as well.
    private static func grouped(_ changes: (inout String) -> Void = { _ in }) -> Blueprint {
        var text = """
            envVarGroups:
              - name: shared
                envVars:
                  - key: REGION
                    value: eu
                  - key: LEVEL
                    value: info
                  - key: SIGNING_KEY
                    generateValue: true
              - name: mail
                envVars:
                  - key: SMTP_HOST
                    value: smtp.acme.example
            services:
              - type: web
                name: web
                runtime: node
                buildCommand: npm ci
                startCommand: npm start
                envVars:
                  - key: LEVEL
                    value: debug
                  - fromGroup: shared
                  - fromGroup: mail
            """
        changes(&text)
        return .text(text)
    }

    private func web(_ world: ApplyWorld) throws -> (id: String, keys: [String], deploys: [String]) {
        let service = try #require(world.fake.service(named: "web"))
        return (
            service.id, world.fake.env(service: service.id).keys.sorted(),
            world.fake.deploys(of: service.id).map(\.status)
        )
    }

    @Test func `a new service that takes variables from groups has them in its one deploy`() async throws {
        try await ApplyWorld.run({
            $0.pace = .steps
            $0.keepsBodies = true
        }) { world in
            let report = try await world.apply(Self.grouped())
            #expect(report.failures == [])
            #expect(report.deploys.map(\.isFirst) == [true])
            let made = try #require(
                world.fake.requests.first { $0.method == "POST" && $0.path.hasSuffix("/services") })
            let sent = try #require(made.body?.reveal()["envVars"]?.array)
            #expect(
                Set(sent.compactMap { $0["key"]?.string }) == ["LEVEL", "REGION", "SIGNING_KEY", "SMTP_HOST"])
            #expect(sent.first { $0["key"]?.string == "LEVEL" }?["value"]?.string == "debug")
            // Afterwards it has them from its groups.
            #expect(try self.web(world).keys == ["LEVEL"])
            #expect(try self.web(world).deploys.count == 1)
            #expect(world.fake.outdated == [])
            #expect(try await world.plan(Self.grouped()).left == [])
            let paths = await world.applied().resources.values.flatMap(\.fields.keys)
            #expect(!paths.contains { $0.hasPrefix(AppliedState.loan) })
            #expect(world.fake.schemaViolations == [])
        }
    }

    @Test func `each service of each blueprint is deployed once though Render starts a deploy by itself`() async throws
    {
        for (name, blueprint) in try ApplyFaultTests.corpus() {
            let options = ApplyFaultTests.options(for: blueprint)
            try await ApplyWorld.run({ $0.pace = .steps }) { world in
                world.prepare(for: blueprint)
                let report = try await world.apply(blueprint, options)
                #expect(report.failures == [], "\(name)")
                let services = Set(blueprint.resources.filter { $0.address.kind == .service }.map(\.address.name))
                #expect(world.carriedOut.filter { services.contains($0.key) && $0.value != 1 } == [:], "\(name)")
                #expect(world.fake.outdated == [], "\(name)")
                #expect(try await world.plan(blueprint, options).left == [], "\(name)")
            }
        }
    }

    @Test func `a first deploy that lacks a value is called off before the one that has it`() async throws {
        try await ApplyWorld.run({ $0.pace = .steps }) { world in
            let blueprint = Blueprint.text(
                """
                services:
                  - type: web
                    name: web
                    runtime: node
                    buildCommand: npm ci
                    startCommand: npm start
                    envVars:
                      - key: PUBLIC_URL
                        fromService: { name: web, type: web, envVarKey: RENDER_EXTERNAL_URL }
                """)
            let report = try await world.apply(blueprint)
            #expect(report.failures == [])
            #expect(report.deploys.map(\.isFirst) == [true, false])
            #expect(report.deploys.first?.status == "canceled")
            let deploys = try web(world).deploys
            #expect(Set(deploys) == ["canceled", "created"])
            #expect(world.carriedOut == ["web": 1])
        }
    }

    @Test func `groups that dispute a variable or hold files lend what is sure and lead to a deploy afterwards`()
        async throws
    {
        for hasFiles in [true, false] {
            try await ApplyWorld.run({ $0.pace = .steps }) { world in
                let blueprint = Self.grouped { text in
                    guard !hasFiles else { return }
                    text.replace("key: SMTP_HOST", with: "key: REGION", maxReplacements: 1)
                }
                if hasFiles {
                    _ = try await world.client.createEnvGroup([
                        "name": "files", "ownerId": .string(world.fake.ownerID),
                        "envVars": [["key": "FROM_FILES", "value": "1"]],
                        "secretFiles": [["name": "cert.pem", "content": "x"]],
                    ])
                }
                let wanted = hasFiles ? Self.grouped { $0 += "\n      - fromGroup: files\n" } : blueprint
                let report = try await world.apply(wanted)
                #expect(report.failures == [])
                #expect(world.carriedOut == ["web": 1])
                #expect(world.fake.outdated == [])
                #expect(report.deploys.map(\.isFirst) == [true, false])
                #expect(try self.web(world).keys == ["LEVEL"])
                #expect(try await world.plan(wanted).left == [])
            }
        }
    }

    @Test func `what could not be given back is taken back by the next apply`() async throws {
        try await ApplyWorld.run { world in
            world.fake.faults.add(
                Fault(.answer(status: 400), on: .operation("link-service-to-env-group")))
            let first = try await world.apply(Self.grouped())
            #expect(first.status == .failed)
            #expect(try self.web(world).keys == ["LEVEL", "REGION", "SIGNING_KEY", "SMTP_HOST"])
            let plan = try await world.plan(Self.grouped())
            let removed = plan.actions.flatMap(\.changes).filter { $0.new == nil }.map(\.target.description)
            #expect(removed == ["env.REGION", "env.SIGNING_KEY", "env.SMTP_HOST"])
            // What runs has everything already.
            #expect(plan.counts.deploys == 0)
            let second = try await world.apply(Self.grouped())
            #expect(second.failures == [])
            #expect(try self.web(world).keys == ["LEVEL"])
            #expect(world.deployCounts == ["web": 1])
            #expect(world.fake.outdated == [])
            #expect(try await world.plan(Self.grouped()).left == [])
            #expect(!(await world.applied()).resources.values.flatMap(\.fields.values).contains("lent"))
        }
    }

    @Test func `a service without variables of its own gives back what it was lent, too`() async throws {
        try await ApplyWorld.run { world in
            let bare = Self.grouped {
                $0.replace("      - key: LEVEL\n        value: debug\n", with: "", maxReplacements: 1)
            }
            world.fake.faults.add(Fault(.answer(status: 400), on: .operation("update-env-vars-for-service")))
            let first = try await world.apply(bare)
            #expect(first.status == .failed)
            #expect(try await world.apply(bare).failures == [])
            #expect(try self.web(world).keys == [])
            #expect(world.deployCounts == ["web": 1])
        }
    }

    @Test func `a group that changed before it could be linked leads to a deploy`() async throws {
        try await ApplyWorld.run { world in
            world.fake.faults.add(
                Fault(.answer(status: 400), on: .operation("link-service-to-env-group")))
            try await world.apply(Self.grouped())
            let changed = Self.grouped { $0.replace("value: eu", with: "value: us", maxReplacements: 1) }
            #expect(try await world.apply(changed).failures == [])
            #expect(world.deployCounts == ["web": 2])
            #expect(world.fake.outdated == [])
            #expect(try await world.plan(changed).left == [])
        }
    }

    @Test func `a variable that the file names meanwhile is not taken for a lent one`() async throws {
        try await ApplyWorld.run { world in
            world.fake.faults.add(
                Fault(.answer(status: 400), on: .operation("link-service-to-env-group")))
            try await world.apply(Self.grouped())
            let named = Self.grouped {
                $0.replace(
                    "      - fromGroup: shared",
                    with: "      - key: REGION\n        value: us\n      - fromGroup: shared", maxReplacements: 1)
            }
            #expect(try await world.apply(named).failures == [])
            #expect(try self.web(world).keys == ["LEVEL", "REGION"])
            #expect(try await world.plan(named).left == [])
        }
    }
}
