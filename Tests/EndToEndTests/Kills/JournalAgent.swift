// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit

/// An agent that is a program of its own (`Support/journal_agent.py`) and keeps a journal of what it was asked and did.
struct JournalAgent: Sendable {
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
        let answer = try await orchestrator.peer.put(
            "/agents/\(name)",
            [
                "kind": "http", "endpoint": .string("http://127.0.0.1:\(port)/work"), "concurrency": 64,
                "description": "Notes down what it is asked to do.",
            ])
        _ = try answer.json(for: 200)
        return agent
    }

    /// Every call and every effect so far, in order.
    func read() throws -> (calls: [Evidence.Deed], effects: [Evidence.Deed]) {
        var calls: [Evidence.Deed] = []
        var effects: [Evidence.Deed] = []
        for line in try lines() {
            let deed = Evidence.Deed(
                taskID: line.text("task_id"), step: line.text("step"), runID: line.text("run_id"),
                epoch: line["epoch"]?.int ?? 0)
            if line["kind"] == "effect" { effects.append(deed) } else { calls.append(deed) }
        }
        return (calls, effects)
    }

    /// How many calls have come in.
    var callCount: Int { get throws { try lines().count { $0["kind"] == "call" } } }

    private func lines() throws -> [JSONValue] {
        guard FileManager.default.fileExists(atPath: journal) else { return [] }
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: journal)), as: UTF8.self)
        // The last piece is a line only when its end is there.
        return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { try JSONValue.parse(String($0)) }
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
}
