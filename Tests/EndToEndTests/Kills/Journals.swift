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
    init(_ lines: [JSONValue]) {
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

/// Several journals as one.
struct Journals: JournalKeeper {
    let keepers: [any JournalKeeper]

    func read() throws -> JournalEntries {
        var all = JournalEntries([])
        for keeper in keepers {
            let entries = try keeper.read()
            all.calls += entries.calls
            all.effects += entries.effects
            all.completions += entries.completions
        }
        return all
    }
}

/// An agent that is a program of its own (`Support/journal_agent.py`) and is called by engines.
struct JournalAgent: JournalKeeper {
    static let name = "journal"

    private let journal: String

    /// Starts it where engines find it at `address`, and makes it known to `orchestrator`.
    static func start(
        in stack: DaemonStack, orchestrator: DaemonProcess, address: String = TestHost.here.address
    ) async throws -> JournalAgent {
        let portFile = "\(stack.folder)/journal.port"
        let agent = JournalAgent(journal: "\(stack.folder)/journal.ndjson")
        let script = try Support.path("journal_agent.py")
        _ = try stack.launch(
            ["/usr/bin/python3", script, address, portFile, agent.journal], output: "journal_agent.log")
        let port: Int = try await eventually(within: .seconds(20)) {
            Int(try String(contentsOfFile: portFile, encoding: .utf8))
        }
        let answer = try await orchestrator.peer.put(
            "/agents/\(name)",
            [
                "kind": "http", "endpoint": .string("http://\(address):\(port)/work"), "concurrency": 64,
                "description": "Notes down what it is asked to do.",
            ])
        _ = try answer.json(for: 200)
        return agent
    }

    func read() throws -> JournalEntries { JournalEntries(try Support.lines(of: journal)) }
}

/// Workers that claim runs by themselves (`Support/journal_worker.py`), and can be killed.
final class JournalWorkers: JournalKeeper {
    private let agent: String
    private let folder: String
    private let stack: DaemonStack
    private let entrances: [DaemonProcess]
    private let workers: Mutex<[ChildProcess]>

    /// Starts `count` of them, for the runs of an agent that engines leave alone.
    init(
        _ count: Int, for agent: String = JournalAgent.name, in stack: DaemonStack, at entrances: [DaemonProcess]
    ) async throws {
        self.agent = agent
        folder = "\(stack.folder)/journal"
        self.stack = stack
        self.entrances = entrances
        workers = Mutex([])
        _ = try await entrances[0].peer.put("/agents/\(agent)", ["kind": "worker"]).json(for: 200)
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
        let token = WorkerToken.make(agent: agent, internalKey: Secret(stack.credentials.internalKey))
        let worker = try stack.launch(
            [
                "/usr/bin/python3", try Support.path("journal_worker.py"),
                entrances.map(\.baseURL).joined(separator: ","), agent, folder,
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
