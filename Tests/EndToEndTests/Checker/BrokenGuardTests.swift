// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// The same story with a guard of the kernel and without it: with it the checker finds nothing, without it what the guard is
/// for. `FencelessEngineTests` tells the one of the fence of epochs.
@Suite(.daemonLogs, .serialized) struct BrokenGuardTests {
    /// Nobody carries out what is asked for here.
    private static let settings = ["DESKTOP_RUNNER_MODE": "external", "HEAD_SIGNING_SECONDS": "60"]
    private static let agent = "nobody"

    private func expect(_ broken: GuardBreak?, in findings: [Finding]) {
        guard let broken else { return #expect(findings.isEmpty, "\(findings)") }
        #expect(broken.finds.isSubset(of: Set(findings.map(\.kind))), "\(findings)")
    }

    /// Breaks the guard, and ends every session that may not have noticed.
    private func switchOff(_ broken: GuardBreak?, _ tutti: Tutti) async throws {
        guard let broken else { return }
        try await tutti.sql(broken.statements)
        try await tutti.sql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
    }

    /// The log with what clients were told, of tasks that nobody carries out.
    private func findings(_ tutti: Tutti, _ change: (inout Evidence) -> Void) async throws -> [Finding] {
        let log = try await EventLogReader(url: tutti.stack.databaseURL).read()
        var evidence = Evidence()
        evidence.isOver = false
        evidence.rows = log.rows
        change(&evidence)
        return EventLogChecker.findings(in: log.events, evidence)
    }

    /// The id of a new task.
    private func create(
        _ tutti: Tutti, _ more: JSONObject = [:], at daemon: DaemonProcess? = nil
    ) async throws -> String {
        // A daemon that has just lost its sessions may need a moment.
        try await eventually(within: .seconds(20)) {
            var body = more
            body["agent"] = .string(Self.agent)
            body["input"] = [:]
            return try await tutti.post(.object(body), at: daemon).json(for: 201).text("id")
        }
    }

    // MARK: Answers before the commit

    @Test(arguments: [nil, GuardBreak.earlyAnswers])
    func `what is answered before it is on disk is lost with the power`(broken: GuardBreak?) async throws {
        let server = try await TestPostgresServer.start(fsync: true, settings: GuardBreak.lazyWriter)
        try await Tutti.with([], settings: Self.settings, database: server.url()) { tutti in
            try await tutti.register(Self.agent)
            try await switchOff(broken, tutti)
            var creations: [Evidence.Creation] = []
            try await eventually(within: .seconds(60)) {
                let place = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS n" as SQL
                let before = try await tutti.number(place)
                for _ in 0..<10 { creations.append(.init(key: nil, taskID: try await create(tutti))) }
                let flushed = try await tutti.number(
                    "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS n")
                // The server's writer may have come by; then once more.
                return broken == nil || flushed < before
            }
            try await server.restart(.immediate)
            expect(broken, in: try await findings(tutti) { $0.creations = creations })
        }
    }

    // MARK: What was done is forgotten

    @Test(arguments: [nil, GuardBreak.forgottenCommands])
    func `a command whose commit nobody heard of is done once`(broken: GuardBreak?) async throws {
        let server = try await TestPostgresServer.start()
        try await LostCommitProxy.with(server.url()) { proxy, url in
            let settings = Self.settings.merging(["DATABASE_URL": url]) { $1 }
            try await Tutti.with([], settings: settings, database: server.url()) { tutti in
                try await tutti.register(Self.agent)
                try await switchOff(broken, tutti)
                _ = try await create(tutti)
                var requests: Set<String> = []
                for number in 0..<10 {
                    proxy.arm()
                    requests.insert("request-\(number)")
                    // Sent once, whatever comes of it.
                    _ = try? await tutti.post([
                        "agent": .string(Self.agent), "input": [:], "correlationId": .string("request-\(number)"),
                    ])
                }
                #expect(proxy.losses > 5)
                expect(broken, in: try await findings(tutti) { $0.requests = requests })
            }
        }
    }

    @Test(arguments: [nil, GuardBreak.forgottenKeys])
    func `who insists under a key gets the same task`(broken: GuardBreak?) async throws {
        try await Tutti.with([], settings: Self.settings) { tutti in
            try await tutti.register(Self.agent)
            try await switchOff(broken, tutti)
            var creations: [Evidence.Creation] = []
            for _ in 0..<2 {
                creations.append(.init(key: "k", taskID: try await create(tutti, ["idempotencyKey": "k"])))
            }
            expect(broken, in: try await findings(tutti) { $0.creations = creations })
        }
    }

    // MARK: The lock on the heads

    @Test(arguments: [nil, GuardBreak.unlockedHeads])
    func `two orchestrators never give the same place to two events`(broken: GuardBreak?) async throws {
        try await Pair.with(settings: Self.settings) { pair in
            try await pair.tutti.register(Self.agent)
            try await switchOff(broken, pair.tutti)
            for daemon in pair.both { _ = try await create(pair.tutti, at: daemon) }
            let created = try await withThrowingTaskGroup(of: [Evidence.Creation].self) { group in
                for client in 0..<8 {
                    group.addTask {
                        var creations: [Evidence.Creation] = []
                        for _ in 0..<15 {
                            let id = try await create(pair.tutti, at: pair.both[client % 2])
                            creations.append(.init(key: nil, taskID: id))
                        }
                        return creations
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            expect(broken, in: try await findings(pair.tutti) { $0.creations = created })
        }
    }
}
