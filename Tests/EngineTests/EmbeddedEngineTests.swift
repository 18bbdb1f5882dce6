// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Domain
import Orchestration
import Postgres
import TestKit
import Testing

/// The claim loop on the real kernel of the same process.
@Suite struct EmbeddedEngineTests {
    @Test(arguments: RunSourceConformance.parts.map(\.name))
    func `the embedded source conforms`(part: String) async throws {
        try await KernelWorld.with { world in
            try await world.register("echo")
            try await world.register("outside", kind: .worker)
            try await RunSourceConformance.run(part, in: world)
        }
    }

    @Test func `a workspace with very many runs does not starve one with three`() async throws {
        var settings = RunEngine.Settings()
        settings.concurrency = 2
        let transport = ScriptedTransport()
        try await KernelWorld.with(settings, transport) { world in
            let (big, small) = (Workspace.defaultID, ID<Workspace>(trusted: "ws_small"))
            try await world.open(small)
            // Nobody has registered the agents yet, so the runs wait until all are there.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<400 { group.addTask { _ = try await world.create(in: big) } }
                for _ in 0..<3 { group.addTask { _ = try await world.create(in: small) } }
                try await group.waitForAll()
            }
            try await world.register("echo", in: small)
            try await world.register("echo", in: big)
            try await eventually(within: .seconds(60)) { transport.calls.count == 403 }
            let order = transport.calls.map(\.assignment.workspaceID)
            let last = try #require(order.lastIndex(of: small))
            let first = try #require(order.firstIndex(of: small))
            #expect(order.filter { $0 == small }.count == 3)
            #expect(last - first < 40, "\(first)…\(last)")
            try await eventually {
                try await world.pool.query("SELECT count(*) AS n FROM leases").first?.value("n", as: Int.self) == 0
            }
        }
    }

    @Test func `runs of a lost worker in another workspace are released, too`() async throws {
        try await KernelWorld.with { world in
            let other = ID<Workspace>(trusted: "ws_other")
            try await world.open(other)
            try await world.register("echo", in: other)
            let task = try await world.create(in: other)
            let dead = try await world.runs.openSession(in: other, replacing: [])
            let lost = try #require(try await world.runs.claim(1, for: dead, waiting: .zero).runs.first)
            #expect(lost.taskID == task)
            try await world.runs.endSessions([dead.id], in: other)
            let alive = try await world.runs.openSession(in: other, replacing: [])
            let found: Assignment = try await eventually {
                try await world.runs.claim(1, for: alive, waiting: .zero).runs.first
            }
            #expect(found.taskID == task && found.lease.epoch == 2)
        }
    }

    @Test func `priority decides within a workspace`() async throws {
        var settings = RunEngine.Settings()
        settings.concurrency = 1
        let transport = ScriptedTransport()
        try await KernelWorld.with(settings, transport) { world in
            var created: [(priority: Int, id: ID<WorkTask>)] = []
            for priority in [3, 9, 0, 6] {
                created.append((priority, try await world.create(priority: priority)))
            }
            try await world.register("echo")
            try await eventually { transport.calls.count == 4 }
            let expected = created.sorted { $0.priority > $1.priority }.map(\.id)
            #expect(transport.calls.map(\.assignment.taskID) == expected)
        }
    }

    @Test func `engines leave the runs of worker agents alone`() async throws {
        let transport = ScriptedTransport()
        try await KernelWorld.with(RunEngine.Settings(), transport) { world in
            try await world.register("echo")
            try await world.register("outside", kind: .worker)
            let left = try await world.create(agent: "outside")
            let done = try await world.create()
            try await eventually { try await world.task(done).status == .completed }
            #expect(try await world.task(left).status == .queued)
            let row = try await world.pool.query("SELECT endpoint FROM proj_agents WHERE kind = 'worker'").first
            #expect(try row?.value("endpoint", as: String?.self) == .some(nil))
        }
    }
}
