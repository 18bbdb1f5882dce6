// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import TestKit
import Testing

/// An apply whose process is no more, and with it its plan, is taken up by another one, which is killed in turn.
@Suite(.serialized) struct ApplyTakingUpTests {
    /// How many worlds there are at a time.
    private static let lanes = 4

    /// What killing has come to.
    private struct Tally: CustomStringConvertible, Sendable {
        var single = 0
        var double = 0
        var right = 0
        var duplicates = 0
        var furtherDeploys = 0

        var description: String {
            "\(single) kills and \(double) double kills, \(right) brought to the right state, \(duplicates) duplicates, "
                + "\(furtherDeploys) more deploys"
        }

        mutating func add(_ other: Tally) {
            single += other.single
            double += other.double
            right += other.right
            duplicates += other.duplicates
            furtherDeploys += other.furtherDeploys
        }

        var isRight: Bool { right == single + double && duplicates == 0 && furtherDeploys == 0 }
    }

    /// What is applied, and what was there before it.
    struct Scene: Sendable, CustomTestStringConvertible {
        let name: String
        let blueprint: Blueprint
        let first: Blueprint?
        /// At how many writes of the taking-up it is killed, one kill after the other.
        let seconds: Int
        /// Whether it is killed before and after each write, and from the first one of the taking-up on; otherwise before or
        /// after it, and the second time at another one for each first.
        let isThorough: Bool

        var testDescription: String { name }

        static let all = [
            Scene(
                name: "a small account is made", blueprint: ApplyFixtures.small(), first: nil, seconds: 3,
                isThorough: true),
            Scene(
                name: "a small account is changed",
                blueprint: ApplyFixtures.small { $0.replace("value: one", with: "value: two") },
                first: ApplyFixtures.small(), seconds: 3, isThorough: true),
            Scene(
                name: "everything is made", blueprint: ApplyFixtures.suite, first: nil, seconds: 1, isThorough: false),
            Scene(
                name: "everything is changed", blueprint: ApplyFixtures.changedSuite, first: ApplyFixtures.suite,
                seconds: 1, isThorough: false),
        ]
    }

    @Test(arguments: Scene.all)
    func `killed at any write, and killed again at any write of the taking-up, it comes to the same end`(scene: Scene)
        async throws
    {
        let (writes, deploys) = try await undisturbed(scene)
        let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var tally = Tally()
                    for victim in stride(from: 1 + lane, through: writes, by: Self.lanes) {
                        for isBefore in scene.isThorough ? [true, false] : [victim.isMultiple(of: 2)] {
                            try await kill(scene, at: victim, before: isBefore, expecting: deploys, &tally)
                        }
                    }
                    return tally
                }
            }
            return try await group.reduce(into: Tally()) { $0.add($1) }
        }
        #expect(tally.isRight, "\(tally)")
        print("\(scene.name): \(tally)")
    }

    /// How many writes an apply has that nobody kills, and the deploys of each service after it.
    private func undisturbed(_ scene: Scene) async throws -> (writes: Int, deploys: [String: Int]) {
        try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
            if let first = scene.first { #expect(try await world.apply(first).failures == []) }
            let killer = Killer(at: nil)
            let report = try await world.applier(scene.blueprint, killer: killer)
                .apply(try await world.plan(scene.blueprint), principal: "tester")
            #expect(report.failures == [])
            return (killer.writes, world.deployCounts)
        }
    }

    /// Kills it once, and then once more at writes of the taking-up, until that has none left.
    private func kill(
        _ scene: Scene, at victim: Int, before isBefore: Bool, expecting deploys: [String: Int], _ tally: inout Tally
    ) async throws {
        _ = try await play(scene, [Killer(at: victim, before: isBefore)], expecting: deploys, &tally)
        tally.single += 1
        let start = scene.isThorough ? 1 : 1 + victim % 6
        for second in start..<(start + scene.seconds) {
            var wasKilled = false
            for isSecondBefore in scene.isThorough ? [true, false] : [victim.isMultiple(of: 4)] {
                let killers = [Killer(at: victim, before: isBefore), Killer(at: second, before: isSecondBefore)]
                var attempt = Tally()
                guard try await play(scene, killers, expecting: deploys, &attempt) else { continue }
                wasKilled = true
                attempt.double += 1
                tally.add(attempt)
            }
            guard wasKilled else { return }
        }
    }

    /// Plays it through; whether every killer has come to kill.
    private func play(
        _ scene: Scene, _ killers: [Killer], expecting deploys: [String: Int], _ tally: inout Tally
    ) async throws -> Bool {
        let (problems, duplicates, further) = try await ApplyWorld.run({ $0.schemaPath = nil }) { world in
            let blueprint = scene.blueprint
            if let first = scene.first { try await world.apply(first) }
            var problems: [String] = []
            var killers = killers.makeIterator()
            if let killer = killers.next() {
                let plan = try await world.plan(blueprint)
                do {
                    _ = try await world.applier(blueprint, killer: killer)
                        .apply(plan, principal: "tester", id: "apply_1")
                } catch is Killed {}
            }
            var number = 2
            while let record = await world.unfinished().first {
                let killer = killers.next() ?? Killer(at: nil)
                do {
                    let report = try await world.applier(blueprint, killer: killer).takeUp(
                        record.id, as: "apply_\(number)", principal: "tester",
                        remainder: { .plan(try await world.plan(blueprint)) })
                    problems += report.failures
                } catch is Killed {}
                problems += await self.problems(in: world)
                number += 1
            }
            // Killed before it was begun: nobody was told that it was.
            if await world.journal.read("apply_1") == nil {
                problems += try await world.apply(blueprint).failures
            }
            problems += try await world.plan(blueprint).left
            let further = world.deployCounts.reduce(0) { $0 + max(0, $1.value - deploys[$1.key, default: 0]) }
            if world.deployCounts.keys != deploys.keys { problems.append("services \(world.deployCounts)") }
            if further > 0 { problems.append("deploys \(world.deployCounts)") }
            return (problems, world.fake.duplicates.count, further)
        }
        if !problems.isEmpty { Issue.record("\(scene.name): \(killers.map(\.description)): \(problems)") }
        tally.right += problems.isEmpty ? 1 : 0
        tally.duplicates += duplicates
        tally.furtherDeploys += further
        return killers.allSatisfy(\.hasKilled)
    }

    /// What is wrong with the applies that are written down: one that was abandoned must name one that is there, and not more
    /// than one may be open.
    private func problems(in world: ApplyWorld) async -> [String] {
        guard var record = await world.journal.read("apply_1") else { return [] }
        var problems: [String] = []
        while record.status == .abandoned {
            guard let successor = record.successor, let next = await world.journal.read(successor) else {
                return ["\(record.id) has no successor"]
            }
            record = next
        }
        let open = await world.unfinished().map(\.id)
        if record.status == .failed { problems.append("\(record.id) has failed") }
        if open != (record.status == .running ? [record.id] : []) { problems.append("unfinished: \(open)") }
        return problems
    }
}
