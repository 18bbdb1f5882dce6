// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import TestKit
import Testing

@Suite struct ApplyKillTests {
    /// What killing an apply at each write of its journal has come to.
    private struct Tally: CustomStringConvertible {
        var kills = 0
        var right = 0
        var duplicates = 0
        var furtherDeploys = 0

        var description: String {
            "\(kills) kills, \(right) resumed to the right state, \(duplicates) duplicates, \(furtherDeploys) more deploys"
        }
    }

    @Test func `an apply that is killed at any write of its journal goes on to the same end`() async throws {
        var tally = Tally()
        let (writes, deploys) = try await undisturbed(ApplyFixtures.suite, after: nil)
        for victim in 1...writes {
            for isBefore in [true, false] {
                try await kill(
                    ApplyFixtures.suite, after: nil, at: victim, before: isBefore, expecting: deploys, &tally)
            }
        }
        #expect(tally.right == tally.kills, "\(tally)")
        #expect(tally.duplicates == 0, "\(tally)")
        #expect(tally.furtherDeploys == 0, "\(tally)")
        print("killed creation of everything: \(tally)")
    }

    @Test func `a change of what is there goes on in the same way`() async throws {
        var tally = Tally()
        let (writes, deploys) = try await undisturbed(ApplyFixtures.changedSuite, after: ApplyFixtures.suite)
        for victim in 1...writes {
            for isBefore in [true, false] {
                try await kill(
                    ApplyFixtures.changedSuite, after: ApplyFixtures.suite, at: victim, before: isBefore,
                    expecting: deploys, &tally)
            }
        }
        #expect(tally.right == tally.kills, "\(tally)")
        #expect(tally.duplicates == 0, "\(tally)")
        #expect(tally.furtherDeploys == 0, "\(tally)")
        print("killed change of everything: \(tally)")
    }

    @Test func `an apply that is killed again and again still comes to its end`() async throws {
        let (_, deploys) = try await undisturbed(ApplyFixtures.suite, after: nil)
        try await ApplyWorld.run { world in
            let plan = try await world.plan(ApplyFixtures.suite)
            var kills = 0
            while true {
                // Each attempt gets one word further than the one before: an intention, then what became of it.
                let journal = KillingJournal(world.journal, at: 2, before: kills.isMultiple(of: 2))
                do {
                    // The same plan is gone on with when it is applied again.
                    let report = try await world.applier(ApplyFixtures.suite, journal: journal)
                        .apply(plan, principal: "tester")
                    #expect(report.failures == [])
                    break
                } catch is Killed {
                    kills += 1
                    try #require(kills < 200)
                    // The last word was down already.
                    let left = await world.journal.unfinished(
                        ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
                    if kills > 1, left.isEmpty { break }
                }
            }
            #expect(kills > 10)
            #expect(world.fake.duplicates == [])
            #expect(world.deployCounts == deploys)
            #expect(try await world.plan(ApplyFixtures.suite).left == [])
        }
    }

    /// How many writes an apply has that nobody kills, and the deploys of each service after it.
    private func undisturbed(
        _ blueprint: Blueprint, after first: Blueprint?
    ) async throws -> (writes: Int, deploys: [String: Int]) {
        try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
            if let first { #expect(try await world.apply(first).failures == []) }
            let journal = KillingJournal(world.journal, at: nil, before: false)
            let plan = try await world.plan(blueprint)
            let report = try await world.applier(blueprint, journal: journal).apply(plan, principal: "tester")
            #expect(report.failures == [])
            #expect(try await world.plan(blueprint).left == [])
            return (journal.writes, world.deployCounts)
        }
    }

    private func kill(
        _ blueprint: Blueprint, after first: Blueprint?, at victim: Int, before isBefore: Bool,
        expecting deploys: [String: Int], _ tally: inout Tally
    ) async throws {
        tally.kills += 1
        let (isRight, duplicates, further) = try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
            if let first { try await world.apply(first) }
            let plan = try await world.plan(blueprint)
            let journal = KillingJournal(world.journal, at: victim, before: isBefore)
            var problems: [String] = []
            do {
                _ = try await world.applier(blueprint, journal: journal).apply(plan, principal: "tester")
            } catch is Killed {}
            let open = await world.journal.unfinished(ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
            let applier = world.applier(blueprint)
            if let record = open.first {
                problems += try await applier.resume(record.id, plan: plan, principal: "tester").failures
            } else if try await !world.plan(blueprint).left.isEmpty {
                problems += try await applier.apply(plan, principal: "tester").failures
            }
            problems += try await world.plan(blueprint).left
            let further = world.deployCounts.reduce(0) { $0 + max(0, $1.value - deploys[$1.key, default: 0]) }
            let isRight = problems.isEmpty && world.deployCounts.keys == deploys.keys
            if !isRight || further > 0 {
                Issue.record(
                    "killed \(isBefore ? "before" : "after") write \(victim): \(problems) \(world.deployCounts)")
            }
            return (isRight, world.fake.duplicates.count, further)
        }
        tally.right += isRight ? 1 : 0
        tally.duplicates += duplicates
        tally.furtherDeploys += further
    }
}
