// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit

/// Clients that ask for tasks, insist under the same key until they are told that the task is there, and remember everything
/// they were told.
final class KillLoad: Sendable {
    /// Who asks for how much of what.
    struct Plan: Sendable {
        var clients = 6
        /// Tasks of each client; it stops before when it is told to.
        var tasksOfEach = 8
        /// Who carries the tasks out, in turn.
        var agents = [JournalAgent.name]
        /// How long a client waits for one answer before it asks again, elsewhere.
        var answerLimit: Duration = .seconds(15)
        /// How long a client insists on an answer, and waits for the end of a task.
        var patience: Duration = .seconds(90)
        /// How long a client waits between two tasks.
        var pause: Duration = .zero
        var timeoutSeconds = 120
        /// One task in so many is asked for once, without a key, and nobody insists; none when 0.
        var unkeyedEach = 0
    }

    private struct Told {
        var creations: [Evidence.Creation] = []
        var completions: [Evidence.Completion] = []
        var requests: Set<String> = []
        var surprises: [String] = []
    }

    /// How long the agent takes, so that there is always something under way.
    private static let delays = [0, 100, 400, 1500]

    private let name: String
    private let entrances: [DaemonProcess]
    private let plan: Plan
    private let told = Mutex(Told())
    private let isOver = Atomic<Bool>(false)

    init(_ name: String, at entrances: [DaemonProcess], _ plan: Plan = Plan()) {
        self.name = name
        self.entrances = entrances
        self.plan = plan
    }

    var creations: [Evidence.Creation] { told.withLock { $0.creations } }
    var completions: [Evidence.Completion] { told.withLock { $0.completions } }
    /// The correlation ids of requests that were sent once.
    var requests: Set<String> { told.withLock { $0.requests } }
    /// What clients were told that nobody should be told.
    var surprises: [String] { told.withLock { $0.surprises } }
    /// Whether enough is under way for something to go wrong.
    var isInFullSwing: Bool { creations.count >= min(plan.clients * plan.tasksOfEach / 3, plan.clients * 3) }

    /// Lets every client finish the task it is at.
    func stop() { isOver.store(true, ordering: .relaxed) }

    /// Returns when every client has been told all it wanted to know, or has given up.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<plan.clients { group.addTask { try await self.play(client) } }
            try await group.waitForAll()
        }
    }

    private func play(_ client: Int) async throws {
        for number in 0..<plan.tasksOfEach where !isOver.load(ordering: .relaxed) {
            do {
                try await play(client, number)
            } catch let surprise as UnexpectedAnswer {
                note(surprise)
            } catch let silence as EventuallyTimeout {
                note(UnexpectedAnswer(description: "client \(client) was not answered: \(silence)"))
            }
            if plan.pause > .zero { try await reach(.now + plan.pause) }
        }
    }

    private func note(_ surprise: UnexpectedAnswer) { told.withLock { $0.surprises.append(surprise.description) } }

    private func play(_ client: Int, _ number: Int) async throws {
        let key = "\(name)-\(client)-\(number)"
        let body: JSONObject = [
            "agent": .string(plan.agents[(client + number) % plan.agents.count]),
            "input": [
                "message": .string(key), "delayMilliseconds": JSONValue(Self.delays[number % Self.delays.count]),
            ],
            "correlationId": .string(key), "timeoutSeconds": JSONValue(plan.timeoutSeconds),
            "retry": ["maxAttempts": 50, "initialSeconds": 0.2, "maxSeconds": 1],
        ]
        if plan.unkeyedEach > 0, number % plan.unkeyedEach == 0 { return try await createOnce(body, key, client) }
        let id = try await create(body, key)
        told.withLock { $0.creations.append(.init(key: key, taskID: id)) }
        if number % 2 == 1 { try await follow(id) }
    }

    /// Insists until the task is there.
    private func create(_ body: JSONObject, _ key: String) async throws -> String {
        var body = body
        body["idempotencyKey"] = .string(key)
        let request = JSONValue.object(body)
        return try await ask { daemon in
            let answer = try await daemon.person.send("POST", "/task", json: request, within: self.plan.answerLimit)
            if answer.status == 201 { return answer.json.text("id") }
            try self.refuse(answer, unless: 503)
            return nil
        }
    }

    /// Asks one entrance once, and takes whatever comes of it.
    private func createOnce(_ body: JSONObject, _ correlationID: String, _ client: Int) async throws {
        told.withLock { _ = $0.requests.insert(correlationID) }
        let daemon = entrances[client % entrances.count]
        do {
            let answer = try await daemon.person.send("POST", "/task", json: .object(body), within: plan.answerLimit)
            try refuse(answer, unless: 201, 503)
            guard answer.status == 201 else { return }
            told.withLock { $0.creations.append(.init(key: nil, taskID: answer.json.text("id"))) }
        } catch is PlainHTTPClient.NoAnswer {
            return
        }
    }

    /// Asks until it is told that the task is completed.
    private func follow(_ id: String) async throws {
        try await ask { daemon -> Void? in
            let answer = try await daemon.person.send("GET", "/task/\(id)", within: self.plan.answerLimit)
            try self.refuse(answer, unless: 200, 503)
            let status = answer.json.text("status")
            if ["failed", "cancelled"].contains(status) {
                throw UnexpectedAnswer(description: "\(id) is \(status): \(answer.text.suffix(300))")
            }
            return status == "completed" ? () : nil
        }
        told.withLock { $0.completions.append(.init(taskID: id)) }
    }

    /// Asks one entrance after the other until one gives an answer. No connection and no answer are no surprise here.
    private func ask<Answer: Sendable>(
        _ question: @escaping (DaemonProcess) async throws -> Answer?
    ) async throws -> Answer {
        var turn = Int.random(in: 0..<entrances.count)
        return try await eventually(within: plan.patience) { () async throws -> Result<Answer, UnexpectedAnswer>? in
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
