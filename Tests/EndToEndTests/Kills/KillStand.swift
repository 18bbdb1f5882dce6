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
    static let all = [embedded, EngineKind(name: "engine-svc", program: .engine, link: .orchestrator)]
    /// The one that an orchestrator has in itself.
    static let embedded = EngineKind(name: "embedded engine", program: .orchestrator, link: .database)

    var testDescription: String { name }

    /// What it is started with.
    var settings: [String: String] { link == .database ? ["DESKTOP_RUNNER_MODE": "embedded"] : [:] }
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

    /// Starts one orchestrator without an engine as the entrance, and two engines of a kind beside it.
    static func withEngines(
        _ kind: EngineKind, _ body: (KillStand, [DaemonProcess]) async throws -> Void
    ) async throws {
        try await Tutti.with([.logging], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            var engines: [DaemonProcess] = []
            for number in 1...2 { engines.append(try await startEngine(kind, number, in: tutti)) }
            let agent = try await JournalAgent.start(in: tutti.stack, orchestrator: tutti.orchestrator)
            try await body(
                KillStand(tutti: tutti, entrances: [tutti.orchestrator], agent: agent, engineCount: 2), engines)
        }
    }

    /// The same with one engine, which goes through a network that can be made to drop everything. A second one is to be
    /// started by `startEngine`.
    static func withCutOffEngine(
        _ kind: EngineKind, _ body: (KillStand, BlackholeProxy) async throws -> Void
    ) async throws {
        let server = try await TestPostgresServer.start()
        let mode = ["DESKTOP_RUNNER_MODE": "external"]
        try await Tutti.with([.logging], settings: mode, database: server.url()) { tutti in
            let target = kind.link == .database ? server.port : tutti.orchestrator.port
            try await BlackholeProxy.with(target: target) { proxy in
                let way =
                    switch kind.link {
                    case .database: ["DATABASE_URL": server.loopbackURL(proxyPort: proxy.port)]
                    case .orchestrator: ["ORCHESTRATOR_SVC_URL": "http://127.0.0.1:\(proxy.port)"]
                    }
                _ = try await startEngine(kind, 1, in: tutti, way)
                #expect(proxy.connections > 0, "the engine goes through the proxy")
                let agent = try await JournalAgent.start(in: tutti.stack, orchestrator: tutti.orchestrator)
                try await body(
                    KillStand(tutti: tutti, entrances: [tutti.orchestrator], agent: agent, engineCount: 2), proxy)
            }
        }
    }

    /// Starts an engine of a kind.
    static func startEngine(
        _ kind: EngineKind, _ number: Int, in tutti: Tutti, _ settings: [String: String] = [:]
    ) async throws -> DaemonProcess {
        try await tutti.stack.start(
            kind.program, name: "engine-\(number)", settings: kind.settings.merging(settings) { $1 })
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

    /// Waits until every engine has a session, and no session is left of one that is gone. An engine opens its session when
    /// there is something to do, so it is given something.
    func waitForEngines() async throws {
        try await eventually(within: .seconds(60)) {
            let missing = try await engineCount - sessions().count
            if missing > 0 {
                _ = try await tutti.post(["agent": .string(JournalAgent.name), "input": [:]]).json(for: 201)
            }
            return missing == 0
        }
    }

    /// Waits until one of `sessions` has been taken for dead.
    func waitForLoss(among sessions: Set<String>) async throws {
        try await eventually(within: .seconds(60)) { try await !sessions.isSubset(of: self.sessions()) }
    }

    // MARK: Subscribers

    /// `count` on `/ws`, and as many on the stream of the room that tasks are in.
    func followers(_ count: Int) async throws -> [KillFollower] {
        let key = tutti.stack.credentials.internalKey
        let rooms = try await tutti.sql("SELECT stream_id FROM evt_stream_heads WHERE stream_type = 'room'")
        let room: String = try #require(rooms.first).value("stream_id")
        return (1..<(count + 1)).flatMap { number in
            [.socket, .room(room)].map { kind in
                KillFollower(kind, number: number, at: entrances, internalKey: key)
            }
        }
    }

    /// Gives everything the time to end; what has not ended then is the checker's to find.
    func settle(_ followers: [KillFollower], within limit: Duration) async {
        try? await eventually(within: limit) { () async throws -> Bool in
            try await tutti.number(
                "SELECT count(*) AS n FROM tasks WHERE status NOT IN ('completed', 'failed', 'cancelled')") == 0
        }
        try? await eventually(within: .seconds(30)) { () async throws -> Bool in
            let row = try #require(
                try await tutti.sql(
                    """
                    SELECT max(position) FILTER (WHERE task_id IS NOT NULL) AS position,
                        max(stream_seq) FILTER (WHERE stream_type = 'room') AS sequence FROM evt_events
                    """
                ).first)
            let position: Int64 = try row.value("position")
            let sequence: Int64 = try row.value("sequence")
            return followers.allSatisfy { follower in
                if case .socket = follower.kind { follower.last >= position } else { follower.last >= sequence }
            }
        }
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
        let alarms = try await tutti.sql(
            "SELECT title FROM proj_incidents WHERE kind IN ('chain_mismatch', 'projection_drift')")
        evidence.alarms = try alarms.map { try $0.value("title") }
        return (log.events, evidence)
    }

    private func audit(_ command: String, saying words: String) async throws -> Evidence.Audit {
        let result = try await tutti.stack.run(.orchestrator, [command])
        return Evidence.Audit(
            isSound: result.ending == .exited(0) && result.output.contains(words), report: result.output)
    }
}
