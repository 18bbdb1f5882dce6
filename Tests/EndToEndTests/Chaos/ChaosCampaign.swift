// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit

/// Plays a schedule of faults under load, heals everything, waits, and checks what is left.
struct ChaosCampaign: Sendable {
    /// How long tasks and daemons have to come to an end and to themselves once nothing is broken any more.
    private static let patience: Duration = .seconds(150)
    /// How often a fault is carried on while it lasts.
    private static let beat: Duration = .milliseconds(500)
    private static let subscribers = 2

    let stand: ChaosStand
    let schedule: ChaosSchedule

    /// Answers every broken promise, and reports on the way.
    func run() async throws -> (findings: [Finding], troubles: [String]) {
        try await warmUp()
        let start = ContinuousClock.now
        let report = ChaosReport(start: start)
        let supervisor = ChaosSupervisor(stand.daemons)
        let hostile = HostileClients()
        let load = KillLoad("chaos", at: stand.kills.entrances, Self.plan)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let followers = try await stand.kills.followers(Self.subscribers)
            for follower in followers { group.addTask { await follower.run() } }
            group.addTask { await supervisor.run() }
            defer { group.cancelAll() }
            async let loading: Void = load.run()
            try await play(from: start, hostile, report)
            load.stop()
            report.tell("everything is healed; the last clients are answered")
            try await loading
            let ends = await supervisor.ends(within: Self.patience)
            report.tell("every daemon had its time to be ready")
            await stand.kills.settle(followers, within: Self.patience)
            report.tell("settled; the log is checked")

            var (events, evidence) = try await stand.kills.collect()
            evidence.creations = load.creations + hostile.creations
            evidence.promised = Set(load.creations.map(\.taskID))
            evidence.completions += load.completions
            evidence.requests = load.requests
            evidence.surprises = load.surprises + hostile.surprises + followers.flatMap(\.surprises)
            evidence.agentsWithoutJournal = ["echo"]
            evidence.deliveries = followers.map(\.delivery)
            evidence.daemons = ends
            let findings = EventLogChecker.findings(in: events, evidence)
            report.summarise(
                figures(events, evidence, followers, hostile, supervisor), complaints: complaints(), findings)
            return (findings, report.troubles)
        }
    }

    /// Echo, the agent with a journal, and the one of workers outside, each by several clients.
    private static let plan = KillLoad.Plan(
        clients: 24, tasksOfEach: 1_000_000, agents: [JournalAgent.name, ChaosStand.outsideAgent, "echo"],
        answerLimit: .seconds(4), patience: .seconds(300), pause: .milliseconds(100), timeoutSeconds: 30,
        unkeyedEach: 4)

    /// There is a room to follow, and everybody has worked before anything breaks.
    private func warmUp() async throws {
        for agent in Self.plan.agents {
            let id = try await stand.kills.tutti.create(["message": "warm"], ["agent": .string(agent)]).text("id")
            _ = try await stand.kills.tutti.wait(for: id, toBe: "completed", within: .seconds(60))
        }
    }

    // MARK: Faults

    private func play(
        from start: ContinuousClock.Instant, _ hostile: HostileClients, _ report: ChaosReport
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for line in schedule.lines {
                group.addTask {
                    for entry in line { try await play(entry, from: start, hostile, report) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func play(
        _ entry: ChaosSchedule.Entry, from start: ContinuousClock.Instant, _ hostile: HostileClients,
        _ report: ChaosReport
    ) async throws {
        try await reach(start + .seconds(entry.begin))
        let fault = try stand.fault(entry, hostile: hostile)
        report.begin(entry, fault.detail)
        do {
            try await fault.begin()
            let end = start + .seconds(entry.end)
            while ContinuousClock.now < end {
                try await fault.goOn()
                try await reach(min(end, .now + Self.beat))
            }
        } catch let error where !(error is CancellationError) {
            report.trouble(entry, error)
        }
        do {
            try await fault.end()
            report.end(entry)
        } catch {
            report.trouble(entry, error)
        }
    }

    // MARK: Figures

    /// What daemons logged as errors, by daemon and words, the most frequent first.
    private func complaints() -> [(text: String, count: Int)] {
        var counts: [String: Int] = [:]
        for daemon in stand.daemons {
            for line in daemon.logLines where ["error", "critical"].contains(line.text("level")) {
                let causes = (line["error"]?.array ?? []).compactMap(\.string)
                counts[(["\(daemon.name): \(line.text("message"))"] + causes).joined(separator: " < "), default: 0] += 1
            }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (text: $0.key, count: $0.value) }
    }

    private func figures(
        _ events: [LoggedEvent], _ evidence: Evidence, _ followers: [KillFollower], _ hostile: HostileClients,
        _ supervisor: ChaosSupervisor
    ) -> [(name: String, value: String)] {
        func count(_ types: String...) -> String { "\(events.count { types.contains($0.type) })" }
        let absence = supervisor.longestAbsence
        return [
            ("tasks in the log", count("task.created")),
            ("tasks acknowledged", "\(evidence.creations.count)"),
            ("requests without a key", "\(evidence.requests.count)"),
            ("runs completed", count("run.completed")),
            ("leases lost or given back", count("run.lease_lost", "run.released")),
            ("completions acknowledged", "\(evidence.completions.count)"),
            ("events", "\(events.count)"),
            ("events delivered", "\(evidence.deliveries.reduce(0) { $0 + $1.places.count })"),
            ("connections of subscribers", "\(followers.reduce(0) { $0 + $1.connections })"),
            ("daemons started again", "\(supervisor.restarts)"),
            ("longest absence, \(absence.name)", "\(absence.time.components.seconds) s"),
            ("Postgres: no space left", "\(stand.server.logCount(of: "No space left on device"))"),
            ("Postgres: no connection left", "\(stand.server.logCount(of: "too many"))"),
            ("Postgres: session ended", "\(stand.server.logCount(of: "administrator command"))"),
            ("Postgres: recovered", "\(stand.server.logCount(of: "not properly shut down"))"),
            ("hostile requests", "\(hostile.sent)"),
            ("hostile requests refused", "\(hostile.refused)"),
        ]
    }
}
