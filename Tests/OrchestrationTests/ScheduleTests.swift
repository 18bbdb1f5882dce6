// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ScheduleTests {
    /// Makes a schedule whose next fire was some time ago, as it is after a downtime.
    private struct MakeOverdue: Command {
        let definition: ScheduleDefinition
        let next: Timestamp

        var workspaceID: ID<Workspace> { KernelFixture.workspace }

        var needs: CommandNeeds {
            var needs = CommandNeeds()
            needs.streams = [.room(Room.defaultID)]
            return needs
        }

        func decide(_ state: inout FlushState) throws(Problem) -> ID<Schedule> {
            let id = ID<Schedule>.make()
            try state.record(
                .created(definition, next: next), on: id, in: \.schedules,
                state.context(.room(Room.defaultID), by: KernelFixture.actor, traceID: KernelFixture.trace))
            return id
        }

        func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> ID<Schedule> { .make() }
    }

    private struct ArchiveRoom: Command {
        var workspaceID: ID<Workspace> { KernelFixture.workspace }

        var needs: CommandNeeds {
            var needs = CommandNeeds()
            needs.streams = [.room(Room.defaultID)]
            needs.rows.rooms.want(Room.defaultID)
            return needs
        }

        func decide(_ state: inout FlushState) throws(Problem) {
            try state.record(
                .archived, on: Room.defaultID, in: \.rooms,
                state.context(.room(Room.defaultID), by: KernelFixture.actor, traceID: KernelFixture.trace))
        }
    }

    private let request = TaskRequest(
        agent: "echo", input: Array(#"{"message":"hello"}"#.utf8), priority: 5, timeoutSeconds: 60,
        retry: .standard, runAt: nil, idempotencyHash: nil)

    /// Fires every hour from three and a half hours ago on: three fires were missed, none in the last minutes.
    private func overdue(
        _ kernel: KernelFixture, _ overlap: ScheduleOverlap = .skip, _ catchUp: ScheduleCatchUp = .all(limit: 10)
    ) async throws -> Schedule {
        let minute = Timestamp.now().microseconds / 60_000_000
        // On a minute half an hour from now, so that no fire falls into the test.
        let cron = try CronExpression("\((minute + 30) % 60) * * * *")
        let next = Timestamp(microseconds: (minute + 30 - 180) * 60_000_000)
        let definition = ScheduleDefinition(
            name: "sweep", trigger: .cron(cron, .utc), overlap: overlap, catchUp: catchUp, task: request)
        let id = try await kernel.commit.submit(MakeOverdue(definition: definition, next: next))
        return try await schedule(id, kernel)
    }

    private func schedule(_ id: ID<Schedule>, _ kernel: KernelFixture) async throws -> Schedule {
        let statement = ScheduleStore.schedule(id, in: KernelFixture.workspace)
        return try #require(try statement.decode(try await kernel.pool.query(statement.sql)))
    }

    private func fire(_ schedule: Schedule, _ kernel: KernelFixture) async throws -> FireSchedule.Outcome {
        try await kernel.commit.submit(
            FireSchedule(schedule: schedule, actor: KernelFixture.actor, traceID: KernelFixture.trace))
    }

    private func outcomes(_ kernel: KernelFixture) async throws -> [String] {
        try await kernel.events().filter { $0.event.type == "schedule.fired" }
            .map { try JSONValue.parse($0.event.body)["outcome"]?.string ?? "" }
    }

    private func tasks(_ kernel: KernelFixture) async throws -> [WorkTask] {
        let statement = TaskStore.list(TaskFilter(), in: KernelFixture.workspace, before: nil, limit: 100)
        return try await kernel.read(statement).rows.reversed()
    }

    @Test func `of many that fire the same schedule one does, and the task is made with it`() async throws {
        try await KernelFixture.with { kernel in
            // Another daemon's lanes over the same database.
            try await KernelFixture.run(on: kernel.url, opens: false) { other in
                let schedule = try await overdue(kernel, .skip, .latest)
                let outcomes = try await withThrowingTaskGroup(of: FireSchedule.Outcome.self) { group in
                    for number in 0..<40 {
                        group.addTask { try await fire(schedule, number.isMultiple(of: 2) ? kernel : other) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.filter { $0 == .fired(1) }.count == 1)
                #expect(outcomes.filter { $0 == .changed }.count == 39)
            }
            let tasks = try await tasks(kernel)
            #expect(tasks.count == 1 && tasks[0].status == .queued)
            #expect(try await outcomes(kernel) == ["made"])
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
            #expect(try await kernel.verify().finding == nil)
        }
    }

    @Test func `under skip an unfinished task uses up the fires after it`() async throws {
        try await KernelFixture.with { kernel in
            let schedule = try await overdue(kernel, .skip)
            #expect(try await fire(schedule, kernel) == .fired(3))
            #expect(try await outcomes(kernel) == ["made", "overlapped", "overlapped"])
            let tasks = try await tasks(kernel)
            #expect(tasks.count == 1 && tasks[0].correlationID == schedule.id.rawValue)
            let after = try await self.schedule(schedule.id, kernel)
            #expect(after.fireCount == 1 && after.lastTaskID == tasks[0].id && after.liveTaskIDs == [tasks[0].id])
            #expect(after.nextFireAt.map { $0 > .now() } == true)
            #expect(try await fire(after, kernel) == .idle)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `under queue each task waits for those before it, and goes on however they end`() async throws {
        try await KernelFixture.with { kernel in
            let schedule = try await overdue(kernel, .queue)
            #expect(try await fire(schedule, kernel) == .fired(3))
            #expect(try await outcomes(kernel) == ["made", "queued", "queued"])
            let tasks = try await tasks(kernel)
            #expect(tasks.map(\.isBlocked) == [false, true, true])
            let session = try await kernel.openSession()
            let settle = SettleDependencies(
                workspaceID: KernelFixture.workspace, limit: 100, actor: KernelFixture.actor)
            for (index, task) in tasks.enumerated() {
                let runs = try await kernel.claim(session)
                #expect(runs.map(\.task.id) == [task.id])
                if index == 0 {
                    _ = try await kernel.change(try await kernel.task(task.id), .cancel(reason: nil))
                } else {
                    try await kernel.finish(try #require(runs.first))
                }
                _ = try await kernel.commit.submit(settle)
            }
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `under cancel_previous the newest fire replaces what is unfinished`() async throws {
        try await KernelFixture.with { kernel in
            let schedule = try await overdue(kernel, .cancelPrevious)
            let operations = operations(kernel)
            let earlier = try await operations.fire(
                schedule.id, idempotencyKey: nil, in: KernelFixture.workspace, by: caller)
            #expect(try await fire(try await self.schedule(schedule.id, kernel), kernel) == .fired(1))
            #expect(try await outcomes(kernel) == ["replaced"])
            #expect(try await kernel.task(earlier.task).status == .cancelled)
            #expect(try await tasks(kernel).map(\.status) == [.cancelled, .queued])
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `what the catch-up policy leaves out is told by an event`() async throws {
        try await KernelFixture.with { kernel in
            let schedule = try await overdue(kernel, .skip, .skip)
            #expect(try await fire(schedule, kernel) == .fired(0))
            let events = try await kernel.events().map(\.event.type)
            #expect(events.suffix(2) == ["schedule.created", "schedule.missed"])
            let after = try await self.schedule(schedule.id, kernel)
            #expect(after.lastFireAt == nil && after.nextFireAt.map { $0 > .now() } == true)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `in an archived room fires are used up without tasks`() async throws {
        try await KernelFixture.with { kernel in
            let schedule = try await overdue(kernel, .skip, .latest)
            try await kernel.commit.submit(ArchiveRoom())
            #expect(try await fire(schedule, kernel) == .fired(1))
            #expect(try await outcomes(kernel) == ["archived"])
            #expect(try await tasks(kernel).isEmpty)
            let problem = await #expect(throws: Problem.self) {
                try await operations(kernel).fire(
                    schedule.id, idempotencyKey: nil, in: KernelFixture.workspace, by: caller)
            }
            #expect(problem?.code == "room_archived")
        }
    }

    @Test func `the firer fires what is due and sleeps until the next`() async throws {
        try await KernelFixture.with { kernel in
            let firer = ScheduleFirer(
                pool: kernel.pool, commit: kernel.commit, actor: KernelFixture.actor, logger: KernelFixture.logger)
            #expect(try await firer.pass() == nil)
            for _ in 0..<3 { _ = try await overdue(kernel, .skip, .latest) }
            let statement = PulseStore.pulses()
            let pulses = try statement.decode(try await kernel.pool.query(statement.sql))
            let next = try #require(pulses.first?.nextFire)
            #expect(next < .now())
            #expect(firer.learn(next))
            #expect(!firer.learn(next))
            _ = try await firer.pass()
            #expect(try await tasks(kernel).count == 3)
            let soon = Timestamp.now() + .seconds(600)
            #expect(firer.learn(soon))
            let wait = try #require(try await firer.pass())
            #expect(wait > .seconds(590) && wait <= .seconds(600))
        }
    }

    // MARK: What people do

    private var caller: Caller {
        Caller(principal: KernelFixture.actor, audience: .human, traceID: KernelFixture.trace, requestID: "r")
    }

    private func operations(_ kernel: KernelFixture) -> ScheduleOperations {
        let directory = AgentDirectory(pool: kernel.pool)
        return ScheduleOperations(
            core: OperationsCore(pool: kernel.pool, commit: kernel.commit),
            tasks: TaskOperations(pool: kernel.pool, commit: kernel.commit, directory: directory),
            directory: directory)
    }

    @Test func `an edit is on the version that was seen, and nothing new is no event`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            let schedule = try await overdue(kernel)
            let workspace = KernelFixture.workspace
            var edit = ScheduleOperations.Edit()
            edit.name = "other"
            let edited = try await operations.edit(schedule.id, edit, version: 1, in: workspace, by: caller)
            #expect(edited.definition.name == "other" && edited.version == 2)
            #expect(edited.nextFireAt == schedule.nextFireAt)
            let stale = await #expect(throws: Problem.self) {
                try await operations.edit(schedule.id, edit, version: 1, in: workspace, by: caller)
            }
            #expect(stale?.kind == .stale && stale?.details["current_version"] == 2)
            #expect(try await operations.edit(schedule.id, edit, version: 2, in: workspace, by: caller).version == 2)
            let paused = try await operations.change(schedule.id, .pause, in: workspace, by: caller)
            #expect(paused.pausedAt != nil && paused.version == 3)
            #expect(try await fire(paused, kernel) == .idle)
            #expect(try await operations.change(schedule.id, .pause, in: workspace, by: caller).version == 3)
            let resumed = try await operations.change(schedule.id, .resume, in: workspace, by: caller)
            #expect(resumed.nextFireAt.map { $0 > .now() } == true)
            var zone = ScheduleOperations.Edit()
            zone.runAt = .now() + .seconds(60)
            _ = try await operations.edit(schedule.id, zone, version: nil, in: workspace, by: caller)
            zone.runAt = nil
            zone.zone = .utc
            let wrong = await #expect(throws: Problem.self) {
                try await operations.edit(schedule.id, zone, version: nil, in: workspace, by: caller)
            }
            #expect(wrong?.fields.first?.field == "/timezone")
            _ = try await operations.change(schedule.id, .delete, in: workspace, by: caller)
            let gone = await #expect(throws: Problem.self) {
                try await operations.change(schedule.id, .resume, in: workspace, by: caller)
            }
            #expect(gone?.kind == .notFound)
            #expect(try await operations.list(in: workspace, before: nil, limit: 10).schedules.isEmpty)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a fire by hand is made once for a key and leaves the clock alone`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            let schedule = try await overdue(kernel)
            let workspace = KernelFixture.workspace
            let first = try await operations.fire(schedule.id, idempotencyKey: "k", in: workspace, by: caller)
            let again = try await operations.fire(schedule.id, idempotencyKey: "k", in: workspace, by: caller)
            #expect(first.task == again.task && !first.isReplay && again.isReplay)
            let after = try await self.schedule(schedule.id, kernel)
            #expect(after.nextFireAt == schedule.nextFireAt && after.fireCount == 1)
            try await kernel.create(key: "taken")
            let problem = await #expect(throws: Problem.self) {
                try await operations.fire(schedule.id, idempotencyKey: "taken", in: workspace, by: caller)
            }
            #expect(problem?.code == "idempotency_key_reused")
        }
    }

    @Test func `pages go on where the one before ended`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            var made: [ID<Schedule>] = []
            for _ in 0..<5 { made.append(try await overdue(kernel).id) }
            var found: [ID<Schedule>] = []
            var cursor: ID<Schedule>?
            repeat {
                let page = try await operations.list(in: KernelFixture.workspace, before: cursor, limit: 2)
                found += page.schedules.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(found == made.reversed())
        }
    }

    @Test func `a room that is not there and an agent that is not there are refused`() async throws {
        try await KernelFixture.with { kernel in
            let definition = ScheduleDefinition(name: "x", trigger: .once(.now()), task: request)
            let nobody = await #expect(throws: Problem.self) {
                try await operations(kernel).create(definition, roomID: nil, in: KernelFixture.workspace, by: caller)
            }
            #expect(nobody?.fields.first?.field == "/task/agent")
            let nowhere = await #expect(throws: Problem.self) {
                try await kernel.commit.submit(
                    MakeSchedule(
                        workspaceID: KernelFixture.workspace, roomID: .make(), definition: definition,
                        actor: KernelFixture.actor, traceID: KernelFixture.trace))
            }
            #expect(nowhere?.fields.first?.field == "/room_id")
        }
    }
}
