// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import Synchronization
import TestKit
import Testing

/// Clients that create tasks until they are told to stop, and remember what each request was answered.
final class CreationLoad: Sendable {
    enum Answer: Sendable {
        case created(id: String)
        case status(Int)
        /// No whole answer came: it may have happened or not.
        case unknown
    }

    private let tutti: Tutti
    private let limit: Int
    private let isOver = Atomic<Bool>(false)
    /// By the correlation id that each request carries.
    private let answers = Mutex<[String: Answer]>([:])

    /// - Parameter limit: Answered requests of each client at most, so that a fast machine does not drown in its own success.
    init(_ tutti: Tutti, limit: Int = 400) {
        self.tutti = tutti
        self.limit = limit
    }

    /// Lets `clients` create tasks for as long as `body` takes.
    func run(clients: Int = 4, during body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients { group.addTask { try await self.create(client) } }
            defer { isOver.store(true, ordering: .relaxed) }
            try await body()
        }
    }

    private func create(_ client: Int) async throws {
        var number = 0
        var answered = 0
        // What nobody answers does not count: a daemon that is away refuses hundreds of requests in a moment.
        while !isOver.load(ordering: .relaxed), answered < limit {
            try Task.checkCancellation()
            number += 1
            let key = "load-\(client)-\(number)"
            // Now and then one that must be refused, whatever happens meanwhile.
            let agent: JSONValue = number.isMultiple(of: 5) ? "nobody" : "echo"
            let answer = try? await tutti.post([
                "agent": agent, "input": ["message": .string(key)], "correlationId": .string(key),
                "retry": ["maxAttempts": 10, "initialSeconds": 0.2],
            ])
            let told: Answer =
                switch answer {
                case let answer? where answer.status == 201: .created(id: answer.json.text("id"))
                case let answer?: .status(answer.status)
                case nil: .unknown
                }
            if answer != nil { answered += 1 }
            answers.withLock { $0[key] = told }
        }
    }

    /// How many were told that their task is there.
    var createdCount: Int {
        answers.withLock { $0.values.reduce(0) { if case .created = $1 { $0 + 1 } else { $0 } } }
    }

    /// Compares what clients were told with what the log says.
    func compareWithLog() async throws {
        let rows = try await tutti.sql(
            "SELECT correlation_id, task_id FROM evt_events WHERE event_type = 'task.created' AND correlation_id LIKE 'load-%'"
        )
        var logged: [String: [String]] = [:]
        for row in rows { try logged[row.value("correlation_id"), default: []].append(row.value("task_id")) }
        let told = answers.withLock { $0 }
        var faults: [String] = []
        for (key, answer) in told {
            let tasks = logged[key] ?? []
            switch answer {
            case .created(let id) where tasks != [id]: faults.append("\(key) was told \(id), the log says \(tasks)")
            case .status(let status) where status < 500 && !tasks.isEmpty:
                faults.append("\(key) was told \(status), the log says \(tasks)")
            case .status(let status) where status != 400 && status != 503:
                faults.append("\(key) was answered with \(status)")
            case .unknown where tasks.count > 1: faults.append("\(key) was made \(tasks.count) times")
            default: break
            }
        }
        #expect(faults.isEmpty, "\(faults.prefix(10).joined(separator: "\n"))")
        #expect(Set(logged.keys).isSubset(of: told.keys))
    }

    /// Waits until every task in the log has come to its end, which must be a good one.
    func waitUntilCompleted(within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit) {
            try await tutti.number("SELECT count(*) AS n FROM tasks WHERE status <> 'completed'") == 0
        }
        let twice = try await tutti.number(
            """
            SELECT count(*) AS n FROM (
                SELECT FROM evt_events WHERE event_type = 'run.completed' GROUP BY task_id HAVING count(*) > 1) AS twice
            """)
        #expect(twice == 0, "tasks that were completed more than once")
    }
}
