// SPDX-License-Identifier: Apache-2.0

import Common
import Logging
import Postgres
import TestKit
import Testing

/// A Tutti that runs, and what can be done with it from outside.
struct Tutti: Sendable {
    let stack: DaemonStack
    let logging: DaemonProcess
    let orchestrator: DaemonProcess
    let echo: DaemonProcess

    /// Starts the orchestrator and those of the others that the story needs.
    static func with<Value>(
        _ others: Set<Program> = [.echo], settings: [String: String] = [:], database: String? = nil,
        _ body: (Tutti) async throws -> Value
    ) async throws -> Value {
        try await DaemonStack.with(database: database) { stack in
            let logging = stack.daemon(.logging)
            if others.contains(.logging) { try await logging.start() }
            let orchestrator = try await stack.start(.orchestrator, settings: settings)
            let echo = stack.daemon(.echo)
            let tutti = Tutti(stack: stack, logging: logging, orchestrator: orchestrator, echo: echo)
            if others.contains(.echo) {
                try await echo.start()
                try await eventually { try await orchestrator.person.get("/agents/echo").status == 200 }
            }
            return try await body(tutti)
        }
    }

    // MARK: Tasks

    /// Asks for work, at `daemon` or the first orchestrator.
    func post(_ task: JSONValue, at daemon: DaemonProcess? = nil) async throws -> PlainHTTPClient.Answer {
        try await (daemon ?? orchestrator).person.post("/task", task)
    }

    /// A new task for the echo agent, as it was answered.
    func create(
        _ input: JSONValue = ["message": "hello"], _ more: JSONObject = [:], at daemon: DaemonProcess? = nil
    ) async throws -> JSONValue {
        var body: JSONObject = ["agent": "echo", "input": input]
        for (name, value) in more.members { body[name] = value }
        let answer = try await post(.object(body), at: daemon)
        return try answer.json(for: 201)
    }

    /// The task as it is, with its runs and events.
    func task(_ id: String, at daemon: DaemonProcess? = nil) async throws -> JSONValue {
        try await (daemon ?? orchestrator).person.get("/task/\(id)?include=runs&include=events").json(for: 200)
    }

    /// Waits until the task is in that status.
    func wait(
        for id: String, toBe status: String, within limit: Duration = .seconds(30)
    ) async throws -> JSONValue {
        try await eventually(within: limit) { () async throws -> JSONValue? in
            let task = try await task(id)
            guard task.text("status") == status else { return nil }
            return task
        }
    }

    func change(_ id: String, _ change: JSONValue) async throws -> PlainHTTPClient.Answer {
        try await orchestrator.person.patch("/task/\(id)", change)
    }

    /// Registers an agent that nobody plays.
    func register(_ agent: String, inputSchema: JSONValue = true) async throws {
        let answer = try await orchestrator.peer.put(
            "/agents/\(agent)", ["kind": "http", "endpoint": "http://127.0.0.1:1/", "input_schema": inputSchema])
        _ = try answer.json(for: 200)
    }

    // MARK: What the events say

    /// One statement with a superuser's rights.
    @discardableResult
    func sql(_ statement: SQL) async throws -> PostgresRows { try await sql([statement]) }

    /// Statements of one transaction; answers the rows of the last.
    @discardableResult
    func sql(_ statements: [SQL]) async throws -> PostgresRows {
        var configuration = PostgresConfiguration(url: stack.databaseURL)
        configuration.searchPath = "orchestrator"
        configuration.applicationName = "end-to-end-test"
        let connection = try await PostgresConnection.connect(configuration, logger: Self.logger)
        defer { connection.close() }
        return try #require(try await connection.pipeline(["BEGIN"] + statements + ["COMMIT"]).dropLast().last)
    }

    private static let logger = Logger(label: "end-to-end") { _ in SwiftLogNoOpLogHandler() }

    /// The number that a statement answers as `n`.
    func number(_ statement: SQL) async throws -> Int { try #require(try await sql(statement).first).value("n") }

    /// Every event has its place, without a gap.
    func expectGaplessLog() async throws {
        let row = try #require(
            try await sql(
                """
                SELECT count(*) AS events, max(position) AS last, min(position) AS first,
                    (SELECT position FROM evt_workspace_heads) AS head
                FROM evt_events
                """
            ).first)
        let events = try row.value("events", as: Int.self)
        #expect(try row.value("first", as: Int.self) == 1)
        #expect(try row.value("last", as: Int.self) == events)
        #expect(try row.value("head", as: Int.self) == events)
    }

    /// A figure of a daemon, such as `echo_calls_running`.
    func figure(_ name: String, of daemon: DaemonProcess) async throws -> Double {
        let answer = try await daemon.person.get("/metrics")
        let line = answer.text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        guard let value = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw UnexpectedAnswer(description: "no \(name) in \(answer.text)")
        }
        return value
    }
}

/// An answer that a story cannot go on with. Conditions throw it, where a failed expectation would be final.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let description: String
}

extension PlainHTTPClient.Answer {
    /// The body, when the status is the expected one.
    func json(for expected: Int) throws -> JSONValue {
        guard status == expected else { throw UnexpectedAnswer(description: "\(status): \(text)") }
        return json
    }
}

extension JSONValue {
    /// The strings that the objects of an array have under `name`.
    func strings(_ name: String) -> [String] { (array ?? []).compactMap { $0[name]?.string } }

    /// The string under `name`; empty when there is none.
    func text(_ name: String) -> String { self[name]?.string ?? "" }

    /// The names of a task's events, in order.
    var eventTypes: [String] { self["events"]?.strings("event_type") ?? [] }
}

extension Timestamp {
    /// The time that a member of an answer holds.
    static func of(_ value: JSONValue?) throws -> Timestamp {
        guard let time = value?.string.flatMap({ Timestamp($0) }) else {
            throw UnexpectedAnswer(description: "\(String(describing: value)) is no time")
        }
        return time
    }
}
