// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Engines go away in the three ways in which they can: for good, for a while, and behind a network that drops everything.
@Suite(.daemonLogs, .serialized) struct EngineKillTests {
    @Test(arguments: EngineKind.all)
    func `nothing is lost when an engine is killed`(kind: EngineKind) async throws {
        try await KillStand.withEngines(kind) { stand, engines in
            try await KillCampaign(name: "\(kind.name) killed", stand: stand).run { _ in
                try await engines[0].kill()
                try await engines[0].start()
            }
        }
    }

    @Test(arguments: EngineKind.all)
    func `nothing is lost when an engine stands still beyond its lease`(kind: EngineKind) async throws {
        try await KillStand.withEngines(kind) { stand, engines in
            try await KillCampaign(name: "\(kind.name) stopped", stand: stand).run { _ in
                let sessions = try await stand.sessions()
                engines[0].pause()
                try await stand.waitForLoss(among: sessions)
                engines[0].resume()
            }
        }
    }

    @Test(arguments: EngineKind.all)
    func `nothing is lost when the network of an engine drops everything`(kind: EngineKind) async throws {
        try await KillStand.withCutOffEngine(kind) { stand, proxy in
            _ = try await KillStand.startEngine(kind, 2, in: stand.tutti)
            try await KillCampaign(name: "\(kind.name) cut off", stand: stand).run { _ in
                let sessions = try await stand.sessions()
                proxy.drop()
                try await stand.waitForLoss(among: sessions)
                proxy.heal()
            }
        }
    }
}

/// The same fault with and without the fence of epochs, so that a checker which finds nothing can be believed.
@Suite(.daemonLogs) struct FencelessEngineTests {
    private static let tasks = 6

    /// An engine is cut off with its agents' answers in its hands, and reports them when another one has long taken all its
    /// runs over.
    private func playLateAnswers(
        fence: GuardBreak?, _ body: ([LoggedEvent], Evidence) throws -> Void
    ) async throws {
        try await KillStand.withCutOffEngine(.embedded) { stand, proxy in
            for statement in fence?.statements ?? [] { try await stand.tutti.sql(statement) }
            for _ in 0..<Self.tasks {
                let answer = try await stand.tutti.post([
                    "agent": .string(JournalAgent.name), "input": ["delayMilliseconds": 3000],
                ])
                _ = try answer.json(for: 201)
            }
            try await eventually { try stand.agent.read().calls.count == Self.tasks }
            proxy.drop()
            _ = try await KillStand.startEngine(.embedded, 2, in: stand.tutti)
            try await eventually(within: .seconds(60)) { try await starts(stand, epoch: 2) == Self.tasks }
            proxy.heal()
            try await waitForCompletions(stand)
            let (events, evidence) = try await stand.collect()
            try body(events, evidence)
        }
    }

    private func starts(_ stand: KillStand, epoch: Int) async throws -> Int {
        let events = try await EventLogReader(url: stand.tutti.stack.databaseURL).read().events
        return events.count { $0.type == "run.started" && $0.body["epoch"]?.int == epoch }
    }

    private func waitForCompletions(_ stand: KillStand) async throws {
        try await eventually(within: .seconds(60)) {
            try await stand.tutti.number(
                "SELECT count(*) AS n FROM evt_events WHERE event_type = 'run.completed'") == Self.tasks
        }
    }

    @Test func `with the fence late answers change nothing`() async throws {
        try await playLateAnswers(fence: nil) { events, evidence in
            let findings = EventLogChecker.findings(in: events, evidence)
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    @Test func `without the fence late answers are taken, and the checker says so`() async throws {
        try await playLateAnswers(fence: .firstHolderStays) { events, evidence in
            let findings = EventLogChecker.findings(in: events, evidence)
            #expect(findings.count(.staleEffect) == Self.tasks, "\(findings)")
            #expect(GuardBreak.firstHolderStays.finds.isSubset(of: Set(findings.map(\.kind))), "\(findings)")
        }
    }
}
