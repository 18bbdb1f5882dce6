// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// What carries runs out, as a program that can be killed, stopped and cut off.
struct EngineKind: Sendable, CustomTestStringConvertible {
    /// What connects it with the rest.
    enum Link: Sendable { case database, orchestrator }

    let name: String
    let program: Program
    let link: Link

    /// Every kind there is.
    static let all = [EngineKind(name: "embedded engine", program: .orchestrator, link: .database)]

    var testDescription: String { name }

    /// What it is started with; `port` is that of a proxy to go through.
    func settings(through port: Int? = nil, to server: TestPostgresServer? = nil) -> [String: String] {
        var settings = ["DESKTOP_RUNNER_MODE": link == .database ? "embedded" : "external"]
        guard let port else { return settings }
        switch link {
        case .database: settings["DATABASE_URL"] = server?.loopbackURL(proxyPort: port)
        case .orchestrator: settings["ORCHESTRATOR_SVC_URL"] = "http://127.0.0.1:\(port)"
        }
        return settings
    }
}

/// A Tutti that faults happen to: where clients knock, what carries runs out, and an agent with a journal.
struct KillStand: Sendable {
    let tutti: Tutti
    /// Where clients and subscribers come in.
    let entrances: [DaemonProcess]
    let agent: any JournalKeeper
    /// Worker sessions when everybody is at work.
    let engineCount: Int

    /// Starts `count` orchestrators with engines of their own, which are also the entrances.
    static func withOrchestrators(
        _ count: Int, database: String? = nil, _ body: (KillStand) async throws -> Void
    ) async throws {
        try await Tutti.with([.logging], database: database) { tutti in
            var entrances = [tutti.orchestrator]
            for number in 2..<(count + 1) {
                entrances.append(try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-\(number)"))
            }
            let agent = try await JournalAgent.start(in: tutti.stack, orchestrator: tutti.orchestrator)
            try await body(KillStand(tutti: tutti, entrances: entrances, agent: agent, engineCount: count))
        }
    }

    /// Starts one orchestrator without an engine as the entrance, and engines of a kind beside it, the first of them with
    /// `settings`.
    static func withEngines(
        _ kind: EngineKind, _ count: Int = 2, database: String? = nil, settings: [String: String]? = nil,
        _ body: (KillStand, [DaemonProcess]) async throws -> Void
    ) async throws {
        let mode = ["DESKTOP_RUNNER_MODE": "external"]
        try await Tutti.with([.logging], settings: mode, database: database) { tutti in
            var engines: [DaemonProcess] = []
            for number in 1..<(count + 1) {
                let own = number == 1 ? settings : nil
                engines.append(
                    try await tutti.stack.start(
                        kind.program, name: "engine-\(number)", settings: own ?? kind.settings()))
            }
            let agent = try await JournalAgent.start(in: tutti.stack, orchestrator: tutti.orchestrator)
            try await body(
                KillStand(tutti: tutti, entrances: [tutti.orchestrator], agent: agent, engineCount: count), engines)
        }
    }

    /// Starts one orchestrator without an engine, and workers that claim runs from it.
    static func withWorkers(_ count: Int, _ body: (KillStand, JournalWorkers) async throws -> Void) async throws {
        try await Tutti.with([.logging], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            let workers = try await JournalWorkers(count, in: tutti.stack, at: [tutti.orchestrator])
            try await body(
                KillStand(tutti: tutti, entrances: [tutti.orchestrator], agent: workers, engineCount: count), workers)
        }
    }

    // MARK: Worker sessions

    /// The worker sessions there are.
    func sessions() async throws -> Set<String> {
        let rows = try await tutti.sql("SELECT worker_session_id FROM worker_sessions")
        return Set(try rows.map { try $0.value("worker_session_id") })
    }

    /// Waits until every engine has a session, and no session is left of one that is gone.
    func waitForEngines() async throws {
        try await eventually(within: .seconds(60)) { try await sessions().count == engineCount }
    }

    /// Waits until one of `sessions` has been taken for dead.
    func waitForLoss(among sessions: Set<String>) async throws {
        try await eventually(within: .seconds(60)) { try await !sessions.isSubset(of: self.sessions()) }
    }

    // MARK: What there is to check

    /// Reads the log and everything beside it but what clients were told.
    func collect() async throws -> (events: [LoggedEvent], evidence: Evidence) {
        let log = try await EventLogReader(url: tutti.stack.databaseURL).read()
        var evidence = Evidence()
        evidence.rows = log.rows
        let journal = try agent.read()
        evidence.calls = journal.calls
        evidence.effects = journal.effects
        evidence.completions = journal.completions
        evidence.chain = try await audit("verify", saying: ": intact; ")
        evidence.rebuild = try await audit("rebuild", saying: "equal")
        return (log.events, evidence)
    }

    private func audit(_ command: String, saying words: String) async throws -> Evidence.Audit {
        let result = try await tutti.stack.run(.orchestrator, [command])
        return Evidence.Audit(
            isSound: result.ending == .exited(0) && result.output.contains(words), report: result.output)
    }
}
