// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import Synchronization
import TestKit
import Testing

/// Limits by key with two orchestrators, one of which is killed, and with workers that vanish.
@Suite(.daemonLogs, .serialized) struct LimitKillTests {
    private static let keys = ["a", "b", "c"]
    private static let places = 2
    private static let runs = 90

    @Test func `no limit is exceeded, and no place is lost, whatever is killed`() async throws {
        try await Tutti.withWorkers { tutti in
            let second = try await tutti.stack.start(
                .orchestrator, name: "orchestrator-svc-2", settings: ["DESKTOP_RUNNER_MODE": "external"])
            let entrances = [tutti.orchestrator, second]
            _ = try await tutti.http.put("/v1/limits/customer", ["max_concurrent": JSONValue(Self.places)])
                .json(for: 200)
            for number in 0..<Self.runs {
                let body: JSONValue = [
                    "agent": "echo", "labels": number % 3 == 0 ? ["gpu"] : [], "priority": JSONValue(number % 4),
                    "retry": ["max_attempts": 20, "initial_seconds": 0, "max_seconds": 0],
                    "limits": [["name": "customer", "key": .string(Self.keys[number % 3])]],
                ]
                _ = try await entrances[number % 2].peer.post("/v1/runs", body).json(for: 201)
            }
            let crew = Crew(entrances, until: Self.runs)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 { group.addTask { try await crew.work(number) } }
                for share in 1...3 {
                    try await eventually(within: .seconds(60)) { crew.completed >= share * Self.runs / 5 }
                    let victim = entrances[share % 2]
                    try await victim.kill()
                    try await victim.start()
                }
                try await group.waitForAll()
            }
            #expect(crew.completed == Self.runs)
            try await expectEveryPlaceKept(tutti)
        }
    }

    /// By the order of the log, which is that of the commits.
    private func expectEveryPlaceKept(_ tutti: Tutti) async throws {
        let tasks = try await tutti.sql(
            "SELECT task_id, limits[1] AS limit_use FROM proj_tasks WHERE limits IS NOT NULL")
        var uses: [String: String] = [:]
        for task in tasks { uses[try task.value("task_id")] = try task.value("limit_use", as: String.self) }
        let events = try await tutti.sql(
            "SELECT event_type, task_id, run_id FROM evt_events WHERE run_id IS NOT NULL ORDER BY position")
        var held: [String: Set<String>] = [:]
        var most: [String: Int] = [:]
        var lost = 0
        for event in events {
            guard let use = uses[try event.value("task_id")] else { continue }
            let run: String = try event.value("run_id")
            switch try event.value("event_type", as: String.self) {
            case "run.claimed": held[use, default: []].insert(run)
            case "run.completed", "run.failed", "run.released", "task.cancelled": held[use]?.remove(run)
            case "run.lease_lost":
                lost += 1
                held[use]?.remove(run)
            default: break
            }
            most[use] = max(most[use] ?? 0, held[use]?.count ?? 0)
        }
        #expect(most.count == Self.keys.count && most.values.allSatisfy { $0 == Self.places }, "\(most)")
        #expect(lost > 0, "a worker that vanishes is part of the story")
        for table in ["lease_limits", "leases", "parked_runs"] {
            let left = try await tutti.number("SELECT count(*) AS n FROM \(unsafeRaw: table)")
            #expect(left == 0, "\(table)")
        }
        try await tutti.expectGaplessLog()
    }
}

/// Workers that ask whichever orchestrator answers, and do with runs all that may be done with them.
private final class Crew: Sendable {
    private struct State {
        var completed: Set<String> = []
        var hasVanished = false
    }

    private let entrances: [DaemonProcess]
    private let runs: Int
    private let state = Mutex(State())

    init(_ entrances: [DaemonProcess], until runs: Int) {
        self.entrances = entrances
        self.runs = runs
    }

    var completed: Int { state.withLock { $0.completed.count } }

    func work(_ number: Int) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(120)
        var (turn, session) = (number, "")
        while completed < runs, clock.now < end {
            turn += 1
            if session.isEmpty {
                let body: JSONValue = ["name": .string("crew-\(number)"), "agents": ["echo"], "labels": ["gpu"]]
                session = try await ask(turn, "/v1/workers", body)?.json(for: 201).text("worker_session_id") ?? ""
                continue
            }
            let body: JSONValue = [
                "worker_session_id": .string(session), "agents": ["echo"], "labels": ["gpu"], "limit": 2,
                "wait_seconds": 1,
            ]
            let answer = try await ask(turn, "/v1/runs/claim", body)
            if answer?.status == 409 { session = "" }
            guard let answer, answer.status == 200 else {
                try await giveBack(turn, session)
                continue
            }
            for (index, run) in (answer.json["runs"]?.array ?? []).map(HeldRun.init).enumerated() {
                if vanishes(number, run) {
                    session = ""
                    break
                }
                try await carryOut(run, turn + index)
            }
        }
    }

    /// Once, a worker with a run goes away without a word.
    private func vanishes(_ number: Int, _ run: HeldRun) -> Bool {
        state.withLock { state in
            guard number == 0, !state.hasVanished, state.completed.count > runs / 4 else { return false }
            state.hasVanished = true
            return true
        }
    }

    private func carryOut(_ run: HeldRun, _ turn: Int) async throws {
        let path = "/v1/runs/\(run.id)/"
        _ = try await insist(turn, path + "start", run.body())
        switch turn % 7 {
        case 0: _ = try await insist(turn, path + "lease/release", run.body())
        case 1: _ = try await insist(turn, path + "fail", run.body(["error": ["code": "broken"]]))
        default:
            _ = try await insist(turn, path + "complete", run.body())
            // Whoever asks a second time because the first answer was lost is told that the lease is over.
            let task = run.json.text("task_id")
            let row = try await eventually(within: .seconds(30)) {
                try await ask(turn, "/v1/runs/\(run.id)", nil)?.json(for: 200)
            }
            if row["status"] == "completed" { state.withLock { _ = $0.completed.insert(task) } }
        }
    }

    /// What a claim took whose answer was lost.
    private func giveBack(_ turn: Int, _ session: String) async throws {
        guard !session.isEmpty else { return }
        let beat = try await ask(turn + 1, "/v1/workers/\(session)/heartbeat", [:])
        for lost in (beat?.json["leases"]?.array ?? []).map(HeldRun.init) {
            _ = try await insist(turn, "/v1/runs/\(lost.id)/lease/release", lost.body())
        }
    }

    private func insist(_ turn: Int, _ path: String, _ body: JSONValue) async throws -> PlainHTTPClient.Answer {
        var turn = turn
        return try await eventually(within: .seconds(60)) { () async throws -> PlainHTTPClient.Answer? in
            turn += 1
            return try await ask(turn, path, body)
        }
    }

    /// Nil when there was no answer, or none that says what happened.
    private func ask(_ turn: Int, _ path: String, _ body: JSONValue?) async throws -> PlainHTTPClient.Answer? {
        do {
            let client = entrances[turn % entrances.count].peer
            let answer = try await client.send(body == nil ? "GET" : "POST", path, json: body)
            return answer.status >= 500 ? nil : answer
        } catch is PlainHTTPClient.NoAnswer {
            return nil
        }
    }
}
