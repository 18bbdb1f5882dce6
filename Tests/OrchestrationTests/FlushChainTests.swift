// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Flushes that are decided while the one before them is still under way.
@Suite struct FlushChainTests {
    private static let callers = 96
    private static let rounds = 8
    /// Enough to follow a flush of one command.
    private static let followers = 16

    /// Holds up a flush of `first`, has as many others follow it as are enough for that, and then both go on; again as often as it
    /// takes, since once a second a flush looks and is followed by none. Answers how many others there were.
    private func behind(
        _ first: @escaping @Sendable (KernelFixture) async throws -> Void, _ kernel: KernelFixture,
        settle: @escaping @Sendable (KernelFixture) async throws -> Void = settleDown,
        _ other: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Int {
        let enough = Self.followers
        let rounds = Shared(0)
        try await eventually(within: .seconds(60)) {
            try await settle(kernel)
            rounds.withLock { $0 += 1 }
            let gathering = KernelFixture.Stage(
                run: {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 1..<enough { group.addTask { try await other(number) } }
                        try await group.waitForAll()
                    }
                },
                isHeldUp: { _ in kernel.commit.figures.depth == enough - 1 })
            let began = ContinuousClock.now
            let follow = Shared(false)
            let last = KernelFixture.Stage(
                run: { try await other(enough) },
                // All have been taken, though what is before them is held up; or they do not follow this time.
                isHeldUp: { _ in
                    if kernel.commit.figures.depth == 0 { follow.withLock { $0 = true } }
                    return follow.withLock { $0 } || ContinuousClock.now - began > .seconds(3)
                })
            try await kernel.holdUp([
                KernelFixture.Stage(
                    run: { try await first(kernel) }, isHeldUp: { try await KernelFixture.waiting($0) == 1 }),
                gathering, last,
            ])
            return follow.withLock { $0 }
        }
        return rounds.withLock { $0 } * enough
    }

    /// Does so much that the kernel decides on what it knows: its last flushes have found the log as they had left it.
    private static func settleDown(_ kernel: KernelFixture) async throws {
        for _ in 0..<4 { _ = try await kernel.order() }
    }

    /// Many callers at once, so that each flush has many commands and the next ones gather meanwhile.
    private func createAll(
        _ kernel: KernelFixture, in rooms: [ID<Room>] = [Room.defaultID]
    ) async throws -> Set<ID<WorkTask>> {
        try await withThrowingTaskGroup(of: [ID<WorkTask>].self) { group in
            for caller in 0..<Self.callers {
                group.addTask {
                    var made: [ID<WorkTask>] = []
                    for _ in 0..<Self.rounds {
                        switch try await kernel.create(in: rooms[caller % rooms.count]) {
                        case .created(let task): made.append(task.id)
                        case .existing(let id), .recalled(let id): made.append(id)
                        }
                    }
                    return made
                }
            }
            return try await group.reduce(into: []) { $0.formUnion($1) }
        }
    }

    private func finishAll(_ kernel: KernelFixture, _ count: Int) async throws {
        let session = try await kernel.openSession()
        var finished = 0
        while finished < count {
            let runs = try await kernel.claim(session, limit: 100)
            try #require(!runs.isEmpty)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for run in runs { group.addTask { try await kernel.finish(run) } }
                try await group.waitForAll()
            }
            finished += runs.count
        }
    }

    @Test func `what gathers behind a flush is decided before that is through`() async throws {
        try await KernelFixture.with { kernel in
            let room = try await kernel.openRoom()
            for _ in 0..<4 { _ = try await kernel.order { $0.roomID = room } }
            let others = try await behind({ _ = try await $0.order() }, kernel) { number in
                _ = try await kernel.order {
                    $0.agent = "after"
                    if number % 2 == 0 { $0.roomID = room }
                }
            }
            #expect(kernel.commit.figures.followers > 0)
            #expect(kernel.commit.figures.failures == 0 && kernel.commit.figures.surprises == 0)
            #expect(try await kernel.tasks(of: "after") == others)
            try await kernel.expectSound()
        }
    }

    @Test func `what follows a flush that the database refuses is made anew`() async throws {
        try await KernelFixture.with { kernel in
            let others = try await behind({ try await expectRefusal($0) }, kernel) { _ in
                _ = try await kernel.order { $0.agent = "after" }
            }
            #expect(kernel.commit.figures.surprises > 0)
            #expect(try await kernel.tasks(of: "after") == others)
            try await kernel.expectSound()
        }
    }

    @Test func `a flush that is refused behind another one takes nobody with it`() async throws {
        try await KernelFixture.with { kernel in
            let others = try await behind({ _ = try await $0.order() }, kernel) { number in
                if number == 1 {
                    try await expectRefusal(kernel)
                } else {
                    _ = try await kernel.order { $0.agent = "after" }
                }
            }
            #expect(try await kernel.tasks(of: "after") == others - others / Self.followers)
            try await kernel.expectSound()
        }
    }

    private func expectRefusal(_ kernel: KernelFixture) async throws {
        let refused = await #expect(throws: Problem.self) {
            _ = try await kernel.order { $0.labels = ["\u{0}"] }
        }
        #expect(refused?.kind == .invalid)
    }

    @Test func `claims behind another flush take each run once and count it`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let claimed = Shared<[ClaimedRun]>([])
            _ = try await behind(
                { _ = try await $0.order { $0.agent = "other" } }, kernel,
                settle: { kernel in
                    for run in claimed.withLock({ $0 }) { try await kernel.finish(run) }
                    claimed.withLock { $0 = [] }
                    try await drain(kernel, session)
                }
            ) { number in
                guard number % 4 == 0 else {
                    _ = try await kernel.order()
                    return
                }
                let runs = try await kernel.claim(session, concurrency: 10)
                claimed.withLock { $0 += runs }
            }
            let runs = claimed.withLock { $0 }
            #expect(Set(runs.map(\.lease.runID)).count == runs.count)
            #expect(try await kernel.count("leases") == runs.count)
            #expect(runs.count == 10)
            for run in runs { try await kernel.finish(run) }
            try await kernel.expectSound()
        }
    }

    @Test func `what waits with a claim that has to look for its work gathers on`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let waiting = try await kernel.order()
            try await Self.settleDown(kernel)
            let enough = Self.followers
            let before = kernel.commit.figures.flushes
            let gathering = KernelFixture.Stage(
                run: {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            let runs = try await kernel.claim(session)
                            #expect(runs.first?.task.id == waiting.id)
                        }
                        for _ in 1..<enough { group.addTask { _ = try await kernel.order { $0.agent = "after" } } }
                        try await group.waitForAll()
                    }
                },
                isHeldUp: { _ in kernel.commit.figures.depth == enough })
            let last = KernelFixture.Stage(
                run: { _ = try await kernel.order { $0.agent = "after" } },
                isHeldUp: { _ in kernel.commit.figures.depth == enough + 1 })
            let first = KernelFixture.Stage(
                run: { _ = try await kernel.order { $0.agent = "other" } },
                isHeldUp: { try await KernelFixture.waiting($0) == 1 })
            try await kernel.holdUp([first, gathering, last])
            #expect(kernel.commit.figures.flushes == before + 2)
            #expect(try await kernel.tasks(of: "after") == enough)
            try await kernel.expectSound()
        }
    }

    /// As `settleDown`, so that it also knows the queue to hold nothing.
    private func drain(_ kernel: KernelFixture, _ session: ID<WorkerSession>) async throws {
        for _ in 0..<4 {
            async let made = kernel.order()
            for run in try await kernel.claim(session) { try await kernel.finish(run) }
            _ = try await made
            for run in try await kernel.claim(session) { try await kernel.finish(run) }
        }
    }

    @Test func `flushes follow each other, and the log is as if they had not`() async throws {
        try await KernelFixture.with { kernel in
            let rooms = [Room.defaultID, try await kernel.openRoom(), try await kernel.openRoom()]
            let made = try await createAll(kernel, in: rooms)
            #expect(made.count == Self.callers * Self.rounds)
            try await finishAll(kernel, made.count)
            let events = try await kernel.events()
            #expect(events.map(\.position) == Array(1...Int64(events.count)))
            let times = events.map(\.event.occurredAt)
            #expect(times == times.sorted(), "time goes back")
            #expect(try await kernel.count("proj_tasks") == made.count)
            try await kernel.expectSound()
        }
    }

    @Test func `with connections cut all the time, whatever was acknowledged is there once`() async throws {
        try await KernelFixture.with { kernel in
            let isOver = Shared(false)
            let made = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await kernel.withOwner { owner in
                        var last = 0
                        while !isOver.withLock({ $0 }) {
                            try await eventually(within: .seconds(30)) {
                                kernel.commit.figures.commands > last + 40 || isOver.withLock { $0 }
                            }
                            last = kernel.commit.figures.commands
                            _ = try await owner.query(
                                """
                                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
                                ORDER BY random() LIMIT 1
                                """)
                        }
                    }
                }
                defer { isOver.withLock { $0 = true } }
                return try await createAll(kernel)
            }
            #expect(made.count == Self.callers * Self.rounds)
            #expect(kernel.commit.figures.failures > 0)
            #expect(try await kernel.count("proj_tasks") == made.count)
            try await finishAll(kernel, made.count)
            try await kernel.expectSound()
        }
    }

    @Test func `two orchestrators that write as fast as they can lose nothing and make nothing twice`() async throws {
        try await KernelFixture.withTwo { first, second in
            async let some = createAll(first)
            async let others = createAll(second)
            let made = try await some.union(try await others)
            #expect(made.count == 2 * Self.callers * Self.rounds)
            #expect(try await first.count("proj_tasks") == made.count)
            try await finishAll(second, made.count)
            try await first.expectSound()
        }
    }
}

extension KernelFixture {
    /// How many tasks there are for an agent.
    fileprivate func tasks(of agent: String) async throws -> Int {
        try await number("SELECT count(*) AS n FROM proj_tasks WHERE agent = \(agent)")
    }
}
