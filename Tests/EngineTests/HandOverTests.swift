// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Domain
import Orchestration
import Postgres
import TestKit
import Testing

/// Runs that an engine gets by the very transaction that makes them.
@Suite struct HandOverTests {
    @Test func `a run for which an engine has a place never stands in the queue`() async throws {
        let transport = ScriptedTransport()
        try await KernelWorld.with(RunEngine.Settings(), transport) { world in
            try await world.register("echo")
            try await world.warmUp()
            for _ in 0..<5 {
                let id = try await world.create()
                try await eventually { try await world.task(id).status == .completed }
                let blocks = try await world.blocks(of: id, ["task.created", "run.started"])
                #expect(blocks.count == 2 && Set(blocks).count == 1, "\(blocks)")
            }
            #expect(transport.callsOfEcho.count == 5)
        }
    }

    @Test func `a paused queue is not passed by`() async throws {
        let transport = ScriptedTransport()
        try await KernelWorld.with(RunEngine.Settings(), transport) { world in
            try await world.register("echo")
            try await world.warmUp()
            try await world.pause("echo", true)
            let id = try await world.create()
            #expect(try await world.task(id).status == .queued)
            #expect(try await world.waiting() == 1)
            try await world.pause("echo", false)
            try await eventually { try await world.task(id).status == .completed }
        }
    }

    @Test func `whoever waits already goes first, and the better priority before the earlier run`() async throws {
        var settings = RunEngine.Settings()
        settings.concurrency = 1
        let transport = ScriptedTransport()
        try await KernelWorld.with(settings, transport) { world in
            try await world.register("echo")
            try await world.warmUp()
            let first = try await world.create(script: .hang)
            try await eventually { transport.callsOfEcho.count == 1 }
            let second = try await world.create()
            let urgent = try await world.create(priority: 9)
            let last = try await world.create()
            #expect(try await world.waiting() == 3)
            transport.letGo()
            try await eventually { try await world.task(last).status == .completed }
            #expect(transport.callsOfEcho.map(\.assignment.taskID) == [first, urgent, second, last])
        }
    }

    @Test func `an agent gets no more runs than it may hold`() async throws {
        let transport = ScriptedTransport()
        try await KernelWorld.with(RunEngine.Settings(), transport) { world in
            try await world.register("echo", concurrency: 2)
            try await world.warmUp()
            for _ in 0..<4 { _ = try await world.create(script: .hang) }
            try await eventually { transport.callsOfEcho.count == 2 }
            #expect(try await world.waiting() == 2)
            transport.letGo()
            try await eventually { transport.callsOfEcho.count == 4 }
            transport.letGo()
            try await eventually { try await world.held() == 0 }
        }
    }

    @Test func `what is handed over while the engine stops is left to others`() async throws {
        let (source, transport) = (ScriptedSource(announces: true), ScriptedTransport())
        source.add()
        try await withEngine(source, transport) { engine, stop in
            try await eventually { source.endings.count == 1 }
            let run = try #require(transport.calls.first?.assignment)
            // A claim that is under way may have all places for a moment.
            let places = try await eventually { engine.reserve(1, in: run.workspaceID) }
            await stop()
            try await eventually { source.endedSessions.count == 1 }
            engine.take([run], in: places)
            #expect(engine.inFlight == 0)
            let more = engine.reserve(1, in: run.workspaceID)
            #expect(more == nil)
        }
        #expect(transport.calls.count == 1)
    }

    @Test func `what was handed over under a session that is over is carried out by the next`() async throws {
        let transport = ScriptedTransport()
        try await KernelWorld.with(RunEngine.Settings(), transport) { world in
            try await world.register("echo")
            try await world.warmUp()
            let id = try await world.create(script: .hang)
            try await eventually { transport.callsOfEcho.count == 1 }
            _ = try await world.pool.query("UPDATE worker_sessions SET expires_at = '-infinity'")
            try await eventually(within: .seconds(30)) { transport.callsOfEcho.count == 2 }
            transport.letGo()
            try await eventually { try await world.task(id).status == .completed }
            #expect(transport.callsOfEcho.map(\.assignment.lease.epoch) == [1, 2])
        }
    }
}

extension KernelWorld {
    /// Has the engine open its session and the agents be read, as the first request of a daemon's life does.
    fileprivate func warmUp() async throws {
        try await register("warm")
        let id = try await create(agent: "warm")
        try await eventually { try await task(id).status == .completed }
        _ = try await orchestrator.agents.list(in: Workspace.defaultID)
    }

    fileprivate func pause(_ agent: String, _ isPaused: Bool) async throws {
        _ = try await orchestrator.commit.submit(
            ChangeQueue(
                workspaceID: Workspace.defaultID, agent: agent,
                event: isPaused ? .paused(reason: "repairs") : .resumed, actor: Self.actor, traceID: Self.trace))
    }

    fileprivate func waiting() async throws -> Int { try await rows("run_queue") }

    fileprivate func held() async throws -> Int { try await rows("leases") }

    private func rows(_ table: StaticString) async throws -> Int {
        let sql: SQL = "SELECT count(*) AS n FROM \(unsafeRaw: "\(table)")"
        return try await pool.query(sql).first?.value("n") ?? 0
    }

    /// The transactions in which these events of a task happened.
    fileprivate func blocks(of task: ID<WorkTask>, _ types: [String]) async throws -> [Int] {
        let sql: SQL = """
            SELECT b.block FROM evt_events e JOIN evt_blocks b ON b.workspace_id = e.workspace_id
                AND e.position BETWEEN b.first_position AND b.last_position
            WHERE e.task_id = \(task) AND e.event_type = ANY(\(types)) ORDER BY e.position
            """
        return try await pool.query(sql).map { try $0.value("block") }
    }
}

extension ScriptedTransport {
    /// All calls but the one that warms up.
    fileprivate var callsOfEcho: [AgentCall] { calls.filter { $0.agent.name == "echo" } }
}
