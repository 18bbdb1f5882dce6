// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit

/// Everything that chaos happens to: a database, two hosts with an orchestrator and an engine each, logging and echo beside
/// the database, an agent and workers that keep journals.
struct ChaosStand: Sendable {
    /// The agent whose runs workers outside claim.
    static let outsideAgent = "outside"
    /// Megabytes of the volume that the database is on.
    static let volume = 1536
    private static let role = "tutti_app"
    private static let owner = "tutti_owner"

    let kills: KillStand
    let server: TestPostgresServer
    let hosts: [LinkedHost]
    let workers: JournalWorkers
    let daemons: [DaemonProcess]

    /// Starts it all.
    static func with<Value>(seed: UInt64, _ body: (ChaosStand) async throws -> Value) async throws -> Value {
        let server = try await TestPostgresServer.start(
            fsync: true, volume: LinkedHost.hasNetwork ? volume : nil,
            settings: [
                // Few slots and a small log, so that it is not long until both are used up.
                "listen_addresses": "'*'", "max_connections": "60", "max_wal_size": "192MB", "min_wal_size": "80MB",
                "checkpoint_timeout": "60s", "log_min_messages": "log",
            ])
        try server.setAuthentication(
            "local all all trust\nhost all all 127.0.0.0/8 trust\nhost all all 10.213.0.0/24 trust")
        try await server.restart()
        try await makeLogins(server)
        return try await DaemonStack.with(database: server.url(database: "tutti")) { stack in
            try await body(start(seed: seed, on: server, in: stack))
        }
    }

    /// As `scripts/up` does: who migrates, and who runs.
    private static func makeLogins(_ server: TestPostgresServer) async throws {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: server.url()), logger: ChaosReport.silent)
        defer { connection.close() }
        for statement: SQL in [
            "CREATE ROLE \(identifier: owner) LOGIN CREATEROLE", "CREATE ROLE \(identifier: role) LOGIN",
            "CREATE DATABASE tutti OWNER \(identifier: owner)",
        ] {
            _ = try await connection.query(statement)
        }
    }

    private static func start(
        seed: UInt64, on server: TestPostgresServer, in stack: DaemonStack
    ) async throws -> ChaosStand {
        var hosts: [LinkedHost] = []
        for (number, name) in ["north", "south"].enumerated() {
            hosts.append(try await LinkedHost.start(name, number: number + 1, seed: seed, in: stack))
        }
        let center = LinkedHost.hasNetwork ? LinkedHost.center : TestHost.here.address
        let here = TestHost(name: "center", address: center, environment: ["HOST": center])
        func database(_ user: String) -> String {
            server.loopbackURL(database: "tutti", user: user, host: center, parameters: "sslmode=disable")
        }
        let logins = ["DATABASE_URL": database(role), "DATABASE_OWNER_URL": database(owner)]
        let logging = try await stack.start(.logging, name: "logging", on: here, settings: logins)
        var entrances: [DaemonProcess] = []
        for (number, host) in hosts.enumerated() {
            // One has an engine in itself beside those that are programs of their own.
            let mode = ["DESKTOP_RUNNER_MODE": number == 0 ? "embedded" : "external"]
            entrances.append(
                try await stack.start(
                    .orchestrator, name: "orchestrator-\(number + 1)", on: host.host,
                    settings: logins.merging(mode) { $1 }))
        }
        let echo = try await stack.start(.echo, name: "echo", on: here)
        var engines: [DaemonProcess] = []
        for (number, host) in hosts.enumerated() {
            // Each works for the orchestrator of the other host, so that there is a network between them.
            engines.append(
                try await stack.start(
                    .engine, name: "engine-\(number + 1)", on: host.host,
                    settings: ["ORCHESTRATOR_SVC_URL": entrances[1 - number].baseURL]))
        }
        let tutti = Tutti(stack: stack, logging: logging, orchestrator: entrances[0], echo: echo)
        let agent = try await JournalAgent.start(in: stack, orchestrator: entrances[0], address: center)
        let workers = try await JournalWorkers(4, for: outsideAgent, in: stack, at: entrances)
        try await eventually { try await entrances[0].person.get("/agents/echo").status == 200 }
        return ChaosStand(
            kills: KillStand(
                tutti: tutti, entrances: entrances, agent: Journals(keepers: [agent, workers]), engineCount: 3),
            server: server, hosts: hosts, workers: workers, daemons: [logging, echo] + entrances + engines)
    }

    /// What may happen here, and to what.
    var choices: [ChaosSchedule.Choice] {
        ChaosFaultKind.allCases.compactMap { kind in
            switch kind {
            case .killed, .paused, .frozen: ChaosSchedule.Choice(kind: kind, targets: daemons.map(\.name))
            case .linkSlow, .linkLossy, .linkDown, .linkCut:
                LinkedHost.hasNetwork ? ChaosSchedule.Choice(kind: kind, targets: hosts.map(\.host.name)) : nil
            case .diskFull: LinkedHost.hasNetwork ? ChaosSchedule.Choice(kind: kind, targets: []) : nil
            case .clockJumped:
                LinkedHost.hasClock ? ChaosSchedule.Choice(kind: kind, targets: hosts.map(\.host.name)) : nil
            case .badRequests, .oversizedRequests, .slowClients:
                ChaosSchedule.Choice(kind: kind, targets: kills.entrances.map(\.name))
            case .workerKilled, .databaseCrashed, .sessionsEnded, .slotsTaken, .roleLimited:
                ChaosSchedule.Choice(kind: kind, targets: [])
            }
        }
    }

    /// What may not happen here, and why.
    static var missing: [String] {
        var missing: [String] = []
        if !LinkedHost.hasNetwork {
            missing.append(
                "links and a full disk: they take namespaces and TUN devices, for which scripts/chaos needs root")
        }
        if !LinkedHost.hasClock { missing.append("clock jumps: libfaketime is not installed") }
        return missing
    }

    /// The fault of an entry of the schedule.
    func fault(_ entry: ChaosSchedule.Entry, hostile: HostileClients) throws -> any ChaosFault {
        switch entry.kind {
        case .killed: ProcessKill(daemon: try daemon(entry.target))
        case .paused, .frozen: ProcessStop(daemon: try daemon(entry.target))
        case .workerKilled: WorkerKill(workers: workers)
        case .databaseCrashed: DatabaseCrash(server: server)
        case .sessionsEnded: SessionLoss(server: server, role: Self.role)
        case .slotsTaken: SlotShortage(server: server, role: Self.role)
        case .roleLimited: RoleLimit(server: server, role: Self.role)
        case .diskFull: FullDisk(server: server, megabytes: Self.volume)
        case .clockJumped: ClockJump(host: try host(entry.target), strength: entry.strength)
        case .linkSlow:
            LinkTrouble(host: try host(entry.target), condition: .init(delay: 0.02 + 0.23 * entry.strength))
        case .linkLossy:
            LinkTrouble(
                host: try host(entry.target), condition: .init(delay: 0.005, loss: 0.02 + 0.18 * entry.strength))
        case .linkDown, .linkCut: LinkTrouble(host: try host(entry.target), condition: .init(isDown: true))
        case .badRequests, .oversizedRequests:
            RequestStorm(
                clients: hostile, daemon: try daemon(entry.target),
                requests: entry.kind == .badRequests ? .poisoned : .oversized,
                limit: .seconds(entry.end - entry.begin))
        case .slowClients: SlowClientFault(daemon: try daemon(entry.target))
        }
    }

    private func daemon(_ name: String) throws -> DaemonProcess {
        guard let daemon = daemons.first(where: { $0.name == name }) else {
            throw UnexpectedAnswer(description: "there is no daemon \(name)")
        }
        return daemon
    }

    private func host(_ name: String) throws -> LinkedHost {
        guard let host = hosts.first(where: { $0.host.name == name }) else {
            throw UnexpectedAnswer(description: "there is no host \(name)")
        }
        return host
    }
}
