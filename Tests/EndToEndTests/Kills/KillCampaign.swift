// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Postgres
import TestKit
import Testing

/// The same fault again and again, under load, with the log checked after each.
struct KillCampaign: Sendable {
    /// How often each fault happens; more than once when figures are wanted.
    static let repeats = ProcessInfo.processInfo.environment["TUTTI_KILL_REPEATS"].flatMap { Int($0) } ?? 1

    let name: String
    let stand: KillStand

    /// Lets `fault` happen in every round, given the number of the round; it returns once nothing is broken any more.
    func run(_ fault: @Sendable @escaping (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let followers = try await stand.followers(1)
            for follower in followers { group.addTask { await follower.run() } }
            defer { group.cancelAll() }
            var told = Evidence()
            for round in 1..<(Self.repeats + 1) {
                guard try await play(round, fault, followers, &told) else { break }
            }
        }
    }

    /// Plays one round; false when it showed a broken promise.
    private func play(
        _ round: Int, _ fault: @Sendable (Int) async throws -> Void, _ followers: [KillFollower],
        _ told: inout Evidence
    ) async throws -> Bool {
        try await stand.waitForEngines()
        let load = KillLoad("\(name.replacing(" ", with: "-"))-\(round)", at: stand.entrances)
        let before = try await stand.tutti.number("SELECT max(position) AS n FROM evt_events")
        async let loading: Void = load.run()
        try await eventually(within: .seconds(60)) { load.isInFullSwing }
        let moment = Timestamp.now()
        try await fault(round)
        try await loading
        await stand.settle(followers, within: .seconds(90))

        var (events, evidence) = try await stand.collect()
        told.creations += load.creations
        told.completions += load.completions
        told.surprises += load.surprises
        evidence.surprises = told.surprises + followers.flatMap(\.surprises)
        evidence.creations = told.creations
        evidence.promised = Set(told.creations.map(\.taskID))
        evidence.completions += told.completions
        evidence.deliveries = followers.map(\.delivery)
        let findings = EventLogChecker.findings(in: events, evidence)
        for finding in findings.prefix(20) { Issue.record("\(name), round \(round): \(finding)") }
        let figures = KillFigures(
            scenario: name, round: round, events: events.filter { $0.position > before }, fault: moment,
            findings: findings)
        print(figures.line)
        return findings.isEmpty
    }
}

/// What a round amounted to.
struct KillFigures {
    let scenario: String
    let round: Int
    /// Those of the round.
    let events: [LoggedEvent]
    let fault: Timestamp
    let findings: [Finding]

    /// One line for people and for `scripts/kill-test`.
    var line: String {
        let values: [(String, String)] = [
            ("scenario", scenario), ("round", "\(round)"), ("tasks", "\(tasks.count)"), ("reruns", reruns),
            ("lost", "\(findings.count(.lostRun))"),
            ("live", "\(findings.count(.twoLiveEpochs, .staleEffect))"),
            ("double", "\(findings.count(.doubleEffect))"), ("gaps", "\(findings.count(.gap))"),
            (
                "other",
                "\(findings.count(.illegalTransition, .wrongProjection, .brokenChain, .falseAlarm, .wrongAnswer))"
            ),
            ("recovered", String(format: "%.2f", recovery)),
        ]
        return "kill-round\t" + values.map { "\($0.0)=\($0.1)" }.joined(separator: "\t")
    }

    private var tasks: [LoggedEvent] { events.filter { $0.type == "task.created" } }

    /// How many runs began again, by epoch: `2:5,3:1`.
    private var reruns: String {
        var counts: [Int: Int] = [:]
        for event in events where event.type == "run.started" {
            if let epoch = event.body["epoch"]?.int, epoch > 1 { counts[epoch, default: 0] += 1 }
        }
        if counts.isEmpty { return "0" }
        return counts.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",")
    }

    /// Seconds from the fault until the last of the tasks that were there has ended.
    private var recovery: Double {
        let there = Set(tasks.filter { $0.occurredAt < fault }.compactMap(\.taskID))
        let ends = events.filter { event in
            event.taskID.map(there.contains) == true && event.occurredAt > fault
        }
        let last = ends.map(\.occurredAt).max() ?? fault
        return Double((last - fault).components.seconds) + Double((last - fault).components.attoseconds) / 1e18
    }
}
