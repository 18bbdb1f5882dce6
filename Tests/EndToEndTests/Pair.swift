// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// Two orchestrators over one database, and how what happens at the first gets to the second.
struct Pair: Sendable {
    let tutti: Tutti
    let second: DaemonProcess

    var first: DaemonProcess { tutti.orchestrator }
    var both: [DaemonProcess] { [first, second] }

    /// Starts both with the same `settings`.
    static func with(
        _ others: Set<Program> = [], settings: [String: String] = [:], _ body: (Pair) async throws -> Void
    ) async throws {
        try await Tutti.with(others, settings: settings) { tutti in
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2", settings: settings)
            try await body(Pair(tutti: tutti, second: second))
        }
    }

    /// How the second has learned of events of the first: by wakes, and by the pulse, which looks once a second.
    struct Finds: Sendable {
        var byWake: Int
        var byPulse: Int
    }

    func finds() async throws -> Finds {
        Finds(
            byWake: Int(try await tutti.figure("tail_wake_finds_total", of: second)),
            byPulse: Int(try await tutti.figure("tail_backstop_finds_total", of: second)))
    }

    /// Creates tasks at the first one by one, each when a follower of the second has seen the one before; answers how the
    /// second found them. Nothing else must go on meanwhile; each task is one event, for its run is far ahead.
    func followOneByOne(_ count: Int, of agent: String, on live: LiveConnection) async throws -> Finds {
        let before = try await finds()
        for number in 0..<count {
            let answer = try await tutti.post(
                ["agent": .string(agent), "input": ["message": .string("\(number)")], "runAt": .string(Self.later)])
            let id = try answer.json(for: 201).text("id")
            var seen = ""
            while seen != id { seen = try await live.next("events")["items"]?.array?.last?.text("task_id") ?? "" }
        }
        let after = try await finds()
        return Finds(byWake: after.byWake - before.byWake, byPulse: after.byPulse - before.byPulse)
    }

    private static let later = "2099-01-01T00:00:00Z"
}

/// What a follower has seen of the log.
struct Following: Sendable {
    let live: LiveConnection
    private(set) var positions: [Int] = []

    init(_ live: LiveConnection) { self.live = live }

    /// Reads until the event at `end` has come.
    mutating func read(upTo end: Int, within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while (positions.last ?? 0) < end {
            let frame = try await live.next("events", within: deadline - .now)
            positions += frame["items"]?.array?.compactMap { $0["position"]?.int } ?? []
        }
    }
}
