// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// What holds for every blueprint.
struct PlanPropertyTests {
    private let options = PlanOptions(repository: "https://github.com/acme/app", branch: "main")

    @Test func `there are real blueprints to try`() { #expect(KnownBlueprints.names.count == 8) }

    @Test(arguments: KnownBlueprints.names)
    func `a real blueprint, once applied, needs nothing more`(name: String) throws {
        let blueprint = try KnownBlueprints.read(name)
        #expect(blueprint.isValid)
        var options = options
        options.entered = KnownBlueprints.entered(blueprint)
        let compiler = PlanCompiler.testing(options)
        var account = ModelAccount()
        let first = compiler.plan(blueprint, live: account.live, applied: account.applied)
        #expect(!first.isBlocked && first.counts.create == first.actions.count && first.exitCode == .changes)
        expectNoSecret(in: first)
        account.apply(first, of: blueprint, options: options)
        let second = compiler.plan(blueprint, live: account.live, applied: account.applied)
        #expect(second.summary == [] && second.counts.deploys == 0 && second.exitCode == .clean)
        // A person's values need not be given again.
        let third = PlanCompiler.testing(self.options).plan(blueprint, live: account.live, applied: account.applied)
        #expect(third.summary == [] && third.exitCode == .clean)
        #expect(Drift(fingerprints: keyed).report(account.live, account.applied, blueprint).entries.isEmpty)
    }

    @Test(arguments: KnownBlueprints.names)
    func `a real blueprint is planned without a network`(name: String) throws {
        let blueprint = try KnownBlueprints.read(name)
        let plan = PlanCompiler.testing(PlanOptions()).plan(blueprint, live: .offline, applied: AppliedState())
        #expect(plan.exitCode == .changes && plan.counts.blocked == 0)
        #expect(PlanText(file: name).text(of: plan).hasSuffix("compare this with what is live.\n"))
    }

    @Test(arguments: UInt64(1)...24)
    func `whatever the file says and whoever disturbs it, a plan that was applied leaves nothing to do`(
        seed: UInt64
    ) throws {
        var generator = GeneratedBlueprint(seed: seed)
        var account = ModelAccount()
        let compiler = PlanCompiler.testing(options)
        for round in 0..<4 {
            // Each round another file over what the rounds before have made.
            let blueprint = generator.next()
            let plan = compiler.plan(blueprint, live: account.live, applied: account.applied)
            expectNoSecret(in: plan)
            expectOrder(of: plan)
            let shuffled = compiler.plan(
                generator.shuffled(blueprint), live: account.live, applied: account.applied)
            #expect(shuffled.id == plan.id && shuffled.summary == plan.summary)
            #expect(shuffled.actions.map(\.address) == plan.actions.map(\.address))
            #expect(!plan.isBlocked, "seed \(seed) round \(round): \(plan.actions.compactMap(\.block))")
            account.apply(plan, of: blueprint, options: options)
            expectSettled(account, blueprint, "seed \(seed) round \(round)")
            generator.disturb(&account)
            let repair = compiler.plan(blueprint, live: account.live, applied: account.applied)
            expectNoSecret(in: repair)
            account.apply(repair, of: blueprint, options: options)
            expectSettled(account, blueprint, "seed \(seed) round \(round), disturbed")
        }
    }

    /// Nothing is left to do.
    private func expectSettled(_ account: ModelAccount, _ blueprint: Blueprint, _ place: String) {
        let plan = PlanCompiler.testing(options).plan(blueprint, live: account.live, applied: account.applied)
        #expect(plan.summary == [] && plan.counts.deploys == 0 && !plan.isBlocked, "\(place)")
        let drift = Drift(fingerprints: keyed).report(account.live, account.applied, blueprint)
        #expect(drift.entries.map { "\($0.resource).\($0.path)" } == [], "\(place)")
    }

    /// Whoever is needed comes in an earlier layer.
    private func expectOrder(of plan: Plan) {
        let layers = Dictionary(uniqueKeysWithValues: plan.actions.map { ($0.address, $0.layer) })
        for action in plan.actions {
            for needed in action.dependsOn { #expect(layers[needed].map { $0 < action.layer } == true) }
            for change in action.changes where !change.isDeferred {
                guard case .unresolved(let reference)? = change.new, let layer = layers[reference.target] else {
                    continue
                }
                #expect(layer < action.layer, "\(action.address) \(change.target)")
            }
        }
    }

    /// Every secret of these tests has one word in it.
    private func expectNoSecret(in plan: Plan) {
        var everything = PlanText(file: "render.yaml", isColoured: true, valueLimit: 10000).text(of: plan)
        everything += plan.jsonText + plan.id + String(describing: plan.observed) + String(describing: plan)
        everything += String(reflecting: plan)
        dump(plan, to: &everything)
        #expect(!everything.contains("canary"))
    }
}
