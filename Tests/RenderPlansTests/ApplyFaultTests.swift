// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import TestKit
import Testing

@Suite struct ApplyFaultTests {
    /// Real blueprints that can be planned, and our own.
    static func corpus() throws -> [(name: String, blueprint: Blueprint)] {
        let real = try Reference.blueprints().map { ($0, try Reference.blueprint($0)) }
        return real.filter { $0.1.isValid } + [
            ("suite", ApplyFixtures.suite), ("changed suite", ApplyFixtures.changedSuite),
        ]
    }

    /// What may happen to any call: trouble that the client repeats, and refusals that fail a step for good.
    private static let effects: [Fault.Effect] = [
        .answer(status: 500), .answer(status: 503), .loseBeforeEffect, .loseAfterEffect, .garbage(status: 502),
        .answer(status: 400), .answer(status: 409), .answer(status: 429, retryAfter: 0),
    ]

    /// Values for everything that a person enters.
    static func options(for blueprint: Blueprint) -> PlanOptions {
        var options = PlanOptions.testing
        for resource in blueprint.resources {
            for variable in resource.environment where variable.source == .entered {
                options.entered[resource.address, default: [:]][variable.key] = Secret("entered \(variable.key)")
            }
        }
        return options
    }

    @Test func `every blueprint is applied once and then has nothing left to do`() async throws {
        for (name, blueprint) in try Self.corpus() {
            let options = Self.options(for: blueprint)
            try await ApplyWorld.run { world in
                world.prepare(for: blueprint)
                let report = try await world.apply(blueprint, options)
                #expect(report.failures == [], "\(name)")
                #expect(try await world.plan(blueprint, options).left == [], "\(name)")
                let deploys = world.deployCounts
                #expect(deploys.values.allSatisfy { $0 <= 2 }, "\(name): \(deploys)")
                let second = try await world.apply(blueprint, options)
                #expect(second.deploys == [], "\(name)")
                #expect(world.deployCounts == deploys, "\(name)")
                #expect(world.fake.duplicates == [], "\(name)")
                #expect(world.fake.schemaViolations == [], "\(name)")
            }
        }
    }

    @Test func `with faults at random every blueprint comes to the same end without anything made twice`()
        async throws
    {
        var runs = 0
        var applies = 0
        var faults = 0
        for (name, blueprint) in try Self.corpus() {
            let options = Self.options(for: blueprint)
            for seed in 1...4 as ClosedRange<UInt64> {
                let (rounds, happened) = try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
                    world.prepare(for: blueprint)
                    world.fake.faults.add(.random(seed: seed, probability: 0.15, on: .any, Self.effects))
                    var rounds = 0
                    while rounds < 30 {
                        rounds += 1
                        do {
                            if try await world.plan(blueprint, options).left.isEmpty { break }
                            try await world.apply(blueprint, options)
                        } catch is RenderError {}
                    }
                    let happened = world.fake.faults.happened
                    world.fake.faults.clear()
                    try await world.apply(blueprint, options)
                    #expect(world.fake.outdated == [], "\(name), seed \(seed)")
                    let deploys = world.deployCounts
                    #expect(try await world.plan(blueprint, options).left == [], "\(name), seed \(seed)")
                    #expect(try await world.apply(blueprint, options).deploys == [], "\(name), seed \(seed)")
                    #expect(world.deployCounts == deploys, "\(name), seed \(seed)")
                    #expect(world.fake.duplicates == [], "\(name), seed \(seed)")
                    return (rounds, happened)
                }
                runs += 1
                applies += rounds
                faults += happened
            }
        }
        print("\(runs) runs with \(faults) faults, \(applies) plans and applies until nothing was left")
    }

    @Test func `a connection that is lost before or after the effect of any write makes nothing twice`() async throws {
        let operations = try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.suite)
            try await world.apply(ApplyFixtures.changedSuite)
            return Set(world.fake.requests.filter { $0.method != "GET" }.compactMap(\.operation))
        }
        #expect(operations.count >= 15)
        var runs = 0
        for operation in operations.sorted() {
            for effect in [Fault.Effect.loseBeforeEffect, .loseAfterEffect] {
                try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
                    world.fake.faults.add(effect, on: .operation(operation), .times(2))
                    for blueprint in [ApplyFixtures.suite, ApplyFixtures.changedSuite] {
                        let report = try await world.apply(blueprint)
                        #expect(report.failures == [], "\(operation) \(effect)")
                        #expect(try await world.plan(blueprint).left == [], "\(operation) \(effect)")
                    }
                    #expect(world.fake.faults.happened > 0, "\(operation)")
                    #expect(world.fake.duplicates == [], "\(operation) \(effect)")
                    runs += 1
                }
            }
        }
        print("\(runs) runs with lost connections on \(operations.count) operations")
    }
}

extension ApplyWorld {
    /// Adds what a workspace has and no blueprint makes: the credentials and groups that the file only names.
    func prepare(for blueprint: Blueprint) {
        var names: Set<String> = []
        for resource in blueprint.resources {
            if let name = resource.fields[.registryCredential]?.value.string { names.insert(name) }
            if let name = resource.fields[.image]?.value["registryCredential"]?.string { names.insert(name) }
        }
        for name in names.sorted() { fake.addCredential(name: name) }
    }
}
