// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Glibc
import Synchronization
import TestKit

/// What programs that carry runs out did, by their own journals.
struct JournalEntries: Sendable {
    var calls: [Evidence.Deed] = []
    var effects: [Evidence.Deed] = []
    /// Completions that they were thanked for.
    var completions: [Evidence.Completion] = []

    /// Reads lines of JSON, each of which says its `kind`.
    fileprivate init(_ lines: [JSONValue]) {
        for line in lines {
            let deed = Evidence.Deed(line)
            switch line.text("kind") {
            case "call": calls.append(deed)
            case "effect": effects.append(deed)
            default: completions.append(.init(taskID: deed.taskID, epoch: deed.epoch))
            }
        }
    }
}

/// Somebody who carries out the runs of the agent `journal` and keeps a journal of it.
protocol JournalKeeper: Sendable {
    /// Everything so far.
    func read() throws -> JournalEntries
}

/// An agent that is a program of its own (`Support/journal_agent.py`) and is called by engines.
struct JournalAgent: JournalKeeper {
    static let name = "journal"

    private let journal: String

    /// Starts it and makes it known to `orchestrator`.
    static func start(in stack: DaemonStack, orchestrator: DaemonProcess) async throws -> JournalAgent {
        let portFile = "\(stack.folder)/journal.port"
        let agent = JournalAgent(journal: "\(stack.folder)/journal.ndjson")
        let script = try Support.path("journal_agent.py")
        _ = try stack.launch(["/usr/bin/python3", script, portFile, agent.journal], output: "journal_agent.log")
        let port: Int = try await eventually(within: .seconds(20)) {
            Int(try String(contentsOfFile: portFile, encoding: .utf8))
        }
        try await register("http://127.0.0.1:\(port)/work", at: orchestrator)
        return agent
    }

    /// Makes the agent known under an endpoint.
    static func register(_ endpoint: String, at orchestrator: DaemonProcess) async throws {
        let answer = try await orchestrator.peer.put(
            "/agents/\(name)",
            [
                "kind": "http", "endpoint": .string(endpoint), "concurrency": 64,
                "description": "Notes down what it is asked to do.",
            ])
        _ = try answer.json(for: 200)
    }

    func read() throws -> JournalEntries { JournalEntries(try Support.lines(of: journal)) }
}

/// Workers that claim runs by themselves (`Support/journal_worker.py`), and can be killed.
final class JournalWorkers: JournalKeeper {
    private let folder: String
    private let stack: DaemonStack
    private let entrances: [DaemonProcess]
    private let workers: Mutex<[ChildProcess]>

    /// Starts `count` of them.
    init(_ count: Int, in stack: DaemonStack, at entrances: [DaemonProcess]) async throws {
        folder = "\(stack.folder)/journal"
        self.stack = stack
        self.entrances = entrances
        workers = Mutex([])
        // Nobody calls it: there is no engine where these work.
        try await JournalAgent.register("http://127.0.0.1:1/", at: entrances[0])
        for _ in 0..<count { try add() }
    }

    /// Kills the worker that is there for the longest time and starts another one.
    func replaceOldest() async throws {
        let victim = workers.withLock { $0.removeFirst() }
        victim.send(SIGKILL)
        _ = try await victim.waitForEnd(within: .seconds(10))
        try add()
    }

    private func add() throws {
        let token = WorkerToken.make(agent: JournalAgent.name, internalKey: Secret(stack.credentials.internalKey))
        let worker = try stack.launch(
            [
                "/usr/bin/python3", try Support.path("journal_worker.py"),
                entrances.map(\.baseURL).joined(separator: ","), JournalAgent.name, folder,
            ],
            environment: ["TUTTI_WORKER_TOKEN": token.reveal()], output: "journal_worker.log")
        workers.withLock { $0.append(worker) }
    }

    func read() throws -> JournalEntries {
        var entries = JournalEntries(try Support.lines(of: "\(folder)/journal.ndjson"))
        let effects = "\(folder)/effects"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: effects)) ?? []
        where !name.hasSuffix(".draft") {
            let text = try String(contentsOfFile: "\(effects)/\(name)", encoding: .utf8)
            entries.effects.append(Evidence.Deed(try JSONValue.parse(text)))
        }
        return entries
    }
}

extension Evidence.Deed {
    fileprivate init(_ line: JSONValue) {
        self.init(
            taskID: line.text("task_id"), step: line.text("step"), runID: line.text("run_id"),
            epoch: line["epoch"]?.int ?? 0)
    }
}

/// The programs in `Support`, which are no Swift.
enum Support {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Support").path

    static func path(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw UnexpectedAnswer(description: "there is no \(path)")
        }
        return path
    }

    /// The whole lines of a file as JSON; none when it is not there yet.
    static func lines(of path: String) throws -> [JSONValue] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        // The last piece is a line only when its end is there.
        return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { try JSONValue.parse(String($0)) }
    }
}
