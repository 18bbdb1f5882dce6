// SPDX-License-Identifier: Apache-2.0

import Blueprints
import FakeRender
import Foundation
import RenderPlans
import Testing

/// What a plan costs: calls of Render's API, of which there are 400 reads a minute, and time.
struct PlanCostTests {
    @Test func `the largest real blueprint is planned with few calls and in no time`() async throws {
        let sized = try KnownBlueprints.names.filter { $0 != "render.blueprint.yaml" }
            .map { (name: $0, count: try KnownBlueprints.read($0).resources.count) }
        let largest = try #require(sized.max { $0.count < $1.count }).name
        for name in [largest, "render.blueprint.yaml"] {
            let blueprint = try KnownBlueprints.read(name)
            var options = PlanOptions.testing
            options.entered = KnownBlueprints.entered(blueprint)
            try await ApplyWorld.run { [options] world in
                let report = try await world.apply(blueprint, options)
                #expect(report.failures == [])
                world.fake.forgetRequests()
                let clock = ContinuousClock()
                let start = clock.now
                let again = try KnownBlueprints.read(name)
                let read = clock.now
                let live = try await world.snapshot(again)
                let looked = clock.now
                let plan = PlanCompiler(name: ApplyWorld.name, fingerprints: world.fingerprints, options: options)
                    .plan(again, live: live, applied: await world.applied())
                let compiled = clock.now
                #expect(plan.left == [])
                let requests = world.fake.requests
                #expect(requests.allSatisfy { $0.method == "GET" })
                // A list of each kind, and of each resource what no list tells: variables, how it is reached, its routes.
                #expect(requests.count <= 6 + 2 * blueprint.resources.count)
                print(
                    "plan of \(name): \(blueprint.resources.count) resources, \(requests.count) calls, read \(read - start),",
                    "snapshot \(looked - read), compile \(compiled - looked)")
            }
        }
    }
}
