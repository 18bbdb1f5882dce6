// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization
import TestKit
import Testing

/// An orchestrator with a source of its runs, and what the test does to it as a person. Its agents are `echo`, of kind
/// `http`, and `outside`, of kind `worker`.
protocol RunSourceWorld: Sendable {
    var source: any RunSource { get }
    /// A task in the default workspace; answers its id.
    func create(_ agent: String, priority: Int) async throws -> String
    func status(of task: String) async throws -> String
    func cancel(_ task: String) async throws
}

/// What every source of runs must do, whichever way it goes to the kernel.
struct RunSourceConformance: Sendable {
    let world: any RunSourceWorld

    private var source: any RunSource { world.source }

    private func open(replacing retired: [ID<WorkerSession>] = []) async throws -> EngineSession {
        try await source.openSession(in: Workspace.defaultID, replacing: retired)
    }

    /// Claims until `count` runs came: a claim may be made before the work is known.
    private func claim(_ count: Int, _ session: EngineSession) async throws -> [Assignment] {
        var runs: [Assignment] = []
        try await eventually {
            runs += try await source.claim(count - runs.count, for: session, waiting: .zero).runs
            return runs.count == count
        }
        return runs
    }

    func runsComeByPriorityWithAllThatIsNeeded() async throws {
        let low = try await world.create("echo", priority: 1)
        let high = try await world.create("echo", priority: 9)
        _ = try await world.create("outside", priority: 9)
        let session = try await open()
        let runs = try await claim(2, session)
        #expect(runs.map(\.taskID.rawValue) == [high, low])
        #expect(try await source.claim(5, for: session, waiting: .zero).runs.isEmpty, "workers outside claim theirs")
        let run = try #require(runs.first)
        #expect(run.lease.epoch == 1 && run.lease.workerSessionID == session.id && run.attempt == 1)
        #expect(run.agent == "echo" && run.timeoutSeconds > 0)
        #expect(try JSONValue.parse(run.input) == .string("answer") || !run.input.isEmpty)
        #expect(try await source.agent("echo", in: Workspace.defaultID)?.endpoint != nil)
        #expect(try await source.agent("nobody", in: Workspace.defaultID) == nil)
        #expect(try await world.status(of: high) == "running")
        for run in runs { try await source.finish(run, .completed(Array("1".utf8))) }
    }

    func endingsAreTakenOnceAndUnderTheNewestEpochOnly() async throws {
        let task = try await world.create("echo", priority: 5)
        let session = try await open()
        let first = try #require(try await claim(1, session).first)
        try await source.start(first)
        try await source.finish(first, .released(reason: "test"))
        await expectRefusal { try await source.finish(first, .completed(Array("1".utf8))) }
        let second = try #require(try await claim(1, session).first)
        #expect(second.lease.runID == first.lease.runID && second.lease.epoch == 2)
        await expectRefusal { try await source.finish(first, .completed(Array("1".utf8))) }
        try await source.start(second)
        try await source.finish(second, .completed(Array(#"{"ok":true}"#.utf8)))
        #expect(try await world.status(of: task) == "completed")
        await expectRefusal { try await source.finish(second, .completed(Array("1".utf8))) }
    }

    func failuresAreRetriedOrNot() async throws {
        let session = try await open()
        for isRetryable in [true, false] {
            let task = try await world.create("echo", priority: 5)
            let run = try #require(try await claim(1, session).first)
            try await source.start(run)
            let failure = RunFailure(code: "busy", message: "Come back.", isRetryable: isRetryable)
            try await source.finish(run, .failed(failure, leastPause: .seconds(60)))
            #expect(try await world.status(of: task) == (isRetryable ? "scheduled" : "failed"))
        }
    }

    /// However they are told, each is judged by itself.
    func endingsThatComeTogetherAreTakenOneByOne() async throws {
        var tasks: [String] = []
        for _ in 0..<20 { tasks.append(try await world.create("echo", priority: 5)) }
        let session = try await open()
        let runs = try await claim(tasks.count, session)
        let cancelled = Set([tasks[3], tasks[11]])
        for task in cancelled { try await world.cancel(task) }
        let refused = try await withThrowingTaskGroup(of: String?.self) { group in
            for run in runs {
                group.addTask {
                    do {
                        try await source.finish(run, .completed(Array("1".utf8)))
                        return nil
                    } catch let problem as Problem where problem.code == "stale_lease" {
                        return run.taskID.rawValue
                    }
                }
            }
            return try await group.reduce(into: Set<String>()) { if let task = $1 { $0.insert(task) } }
        }
        #expect(refused == cancelled)
        for task in tasks where !cancelled.contains(task) { #expect(try await world.status(of: task) == "completed") }
        try await expectHeld([], session)
    }

    func beatsListWhatIsHeld() async throws {
        let tasks = [try await world.create("echo", priority: 5), try await world.create("echo", priority: 5)]
        let session = try await open()
        let runs = try await claim(2, session)
        try await expectHeld(Set(runs.map(\.lease)), session)
        try await world.cancel(try #require(tasks.first))
        let left = try #require(runs.first { $0.taskID.rawValue == tasks.last })
        try await expectHeld([left.lease], session)
        try await source.release([left.lease], of: session)
        try await expectHeld([], session)
        let again = try #require(try await claim(1, session).first)
        #expect(again.lease.runID == left.lease.runID && again.lease.epoch == 2)
        try await source.finish(again, .completed(Array("1".utf8)))
    }

    func aSessionThatEndedIsOver() async throws {
        let task = try await world.create("echo", priority: 5)
        let session = try await open()
        let run = try #require(try await claim(1, session).first)
        let next = try await open(replacing: [session.id])
        try await eventually { try await source.beat(session, listing: true) == .expired }
        // What it held is released, by whoever is in charge of that, and goes to the next one.
        let again = try #require(try await claim(1, next).first)
        #expect(again.taskID == run.taskID && again.lease.epoch == 2)
        await expectRefusal { try await source.finish(run, .completed(Array("1".utf8))) }
        try await source.finish(again, .completed(Array("1".utf8)))
        #expect(try await world.status(of: task) == "completed")
        try await source.endSessions([next.id, session.id], in: Workspace.defaultID)
    }

    func workIsNoticedAtOnce() async throws {
        let heard = Reports()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await source.listen { heard.add($0) } }
            let session = try await open()
            if source.patience == .zero {
                // It has said all that it had to say once nothing more comes.
                let task = try await world.create("echo", priority: 5)
                try await eventually { heard.contains(.work(in: Workspace.defaultID)) }
                let run = try #require(try await claim(1, session).first)
                try await world.cancel(task)
                try await eventually {
                    heard.contains(.withdrawn(run.lease.runID, upTo: nil, .taskEnded))
                }
            } else {
                try await eventually { heard.contains(.workspace(Workspace.defaultID)) }
                async let claim = source.claim(1, for: session, waiting: .seconds(20))
                let begun = ContinuousClock.now
                _ = try await world.create("echo", priority: 5)
                let run = try #require(try await claim.runs.first)
                #expect(ContinuousClock.now - begun < .seconds(5), "it does not wait until its time is over")
                try await source.finish(run, .completed(Array("1".utf8)))
            }
            group.cancelAll()
        }
    }

    // MARK: Expectations

    private func expectHeld(_ leases: Set<Lease>, _ session: EngineSession) async throws {
        guard case .alive(let held) = try await source.beat(session, listing: true) else {
            Issue.record("the session is over")
            return
        }
        #expect(Set(held ?? []) == leases)
    }

    private func expectRefusal(_ call: () async throws -> Void) async {
        let problem = await #expect(throws: Problem.self) { try await call() }
        #expect(problem?.code == "stale_lease")
    }

    /// All of it, each part under its name.
    static let parts: [(name: String, run: @Sendable (RunSourceConformance) async throws -> Void)] = [
        ("priority", { try await $0.runsComeByPriorityWithAllThatIsNeeded() }),
        ("endings", { try await $0.endingsAreTakenOnceAndUnderTheNewestEpochOnly() }),
        ("failures", { try await $0.failuresAreRetriedOrNot() }),
        ("together", { try await $0.endingsThatComeTogetherAreTakenOneByOne() }),
        ("beats", { try await $0.beatsListWhatIsHeld() }),
        ("sessions", { try await $0.aSessionThatEndedIsOver() }),
        ("wakes", { try await $0.workIsNoticedAtOnce() }),
    ]

    static func run(_ part: String, in world: any RunSourceWorld) async throws {
        let part = try #require(parts.first { $0.name == part })
        try await part.run(RunSourceConformance(world: world))
    }
}

/// What a source has reported.
private final class Reports: Sendable {
    private let all = Mutex<[RunSourceReport]>([])

    func add(_ report: RunSourceReport) { all.withLock { $0.append(report) } }
    func contains(_ report: RunSourceReport) -> Bool { all.withLock { $0.contains(report) } }
}
