// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit

/// Clients that ask for a bounded number of tasks, insist under the same key until they are told that the task is there,
/// and remember everything they were told.
final class KillLoad: Sendable {
    private struct Told {
        var creations: [Evidence.Creation] = []
        var completions: [Evidence.Completion] = []
    }

    private static let clients = 6
    private static let tasksOfEach = 8
    /// How long the agent takes, so that there is always something under way.
    private static let delays = [0, 100, 400, 1500]
    private static let patience: Duration = .seconds(90)

    private let name: String
    private let entrances: [DaemonProcess]
    private let told = Mutex(Told())

    init(_ name: String, at entrances: [DaemonProcess]) {
        self.name = name
        self.entrances = entrances
    }

    var creations: [Evidence.Creation] { told.withLock { $0.creations } }
    var completions: [Evidence.Completion] { told.withLock { $0.completions } }
    /// Whether enough is under way for something to go wrong.
    var isInFullSwing: Bool { creations.count >= Self.clients * Self.tasksOfEach / 3 }

    /// Returns when every client has been told all it wanted to know; throws when one is told what nobody should be.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients { group.addTask { try await self.play(client) } }
            try await group.waitForAll()
        }
    }

    private func play(_ client: Int) async throws {
        for number in 0..<Self.tasksOfEach {
            let key = "\(name)-\(client)-\(number)"
            let id = try await create(key, delay: Self.delays[(client + number) % Self.delays.count])
            told.withLock { $0.creations.append(.init(key: key, taskID: id)) }
            if number % 2 == 1 { try await follow(id) }
        }
    }

    private func create(_ key: String, delay: Int) async throws -> String {
        let body: JSONValue = [
            "agent": .string(JournalAgent.name), "input": ["delayMilliseconds": JSONValue(delay)],
            "idempotencyKey": .string(key), "correlationId": .string(name), "timeoutSeconds": 120,
            "retry": ["maxAttempts": 50, "initialSeconds": 0.2, "maxSeconds": 1],
        ]
        return try await ask { daemon in
            let answer = try await daemon.person.send("POST", "/task", json: body, within: .seconds(15))
            if answer.status == 201 { return answer.json.text("id") }
            try self.refuse(answer, unless: 503)
            return nil
        }
    }

    /// Asks until it is told that the task is completed.
    private func follow(_ id: String) async throws {
        try await ask { daemon -> Void? in
            let answer = try await daemon.person.send("GET", "/task/\(id)", within: .seconds(15))
            try self.refuse(answer, unless: 200, 503)
            return answer.json["status"] == "completed" ? () : nil
        }
        told.withLock { $0.completions.append(.init(taskID: id)) }
    }

    /// Asks one entrance after the other until one gives an answer. No connection and no answer are no surprise here.
    private func ask<Answer: Sendable>(
        _ question: @escaping (DaemonProcess) async throws -> Answer?
    ) async throws -> Answer {
        var turn = Int.random(in: 0..<entrances.count)
        return try await eventually(within: Self.patience) { () async throws -> Result<Answer, UnexpectedAnswer>? in
            turn += 1
            do {
                return try await question(entrances[turn % entrances.count]).map { .success($0) }
            } catch let surprise as UnexpectedAnswer {
                return .failure(surprise)
            }
        }.get()
    }

    private func refuse(_ answer: PlainHTTPClient.Answer, unless expected: Int...) throws {
        guard !expected.contains(answer.status) else { return }
        throw UnexpectedAnswer(description: "\(answer.status): \(answer.text)")
    }
}
