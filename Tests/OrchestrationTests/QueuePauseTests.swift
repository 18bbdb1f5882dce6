// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct QueuePauseTests {
    @Test func `nothing is handed out of a paused queue, by agent or by label, and the rest goes on`() async throws {
        try await KernelFixture.with { kernel in
            let gpu = QueuedRun.queue(ofLabel: "gpu")
            for _ in 0..<3 { _ = try await kernel.order { $0.labels = ["gpu"] } }
            let free = try await kernel.order {
                $0.agent = "other"
                $0.labels = ["gpu"]
            }
            let session = try await kernel.openSession()
            let running = try await kernel.hold(session, limit: 1)
            try await kernel.changeQueue("echo", .paused(reason: "repairs"))
            #expect(try await kernel.hold(session).isEmpty)
            #expect(try await kernel.hold(session, [gpu]).map(\.task.id) == [free.id])
            // What runs goes on.
            try await kernel.begin(running[0])
            try await kernel.end(running[0])
            try await kernel.changeQueue("echo", .resumed)
            #expect(try await kernel.hold(session, [gpu]).count == 2)
            try await kernel.expectSound()
        }
    }

    @Test func `pausing twice and resuming what runs record nothing`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.changeQueue("echo", .resumed)
            #expect(try await kernel.count("proj_queues") == 0)
            try await kernel.changeQueue("echo", .paused(reason: "first"))
            let before = try await kernel.everything()
            try await kernel.changeQueue("echo", .paused(reason: "second"))
            #expect(try await kernel.everything() == before)
            try await kernel.changeQueue("echo", .resumed)
            let after = try await kernel.everything()
            try await kernel.changeQueue("echo", .resumed)
            #expect(try await kernel.everything() == after)
            let row = try #require(
                try await kernel.read(AgentQueueStore.load(["echo"], in: KernelFixture.workspace)).first)
            #expect(row.pausedAt == nil && row.reason == nil && row.version == 2)
            try await kernel.expectSound()
        }
    }

    @Test func `the depth of a queue tells what is ready, what is held and since when`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.commit.submit(
                RegisterAgent(
                    agent: Agent(
                        workspaceID: KernelFixture.workspace, name: "echo", kind: .http, description: "",
                        endpoint: "http://127.0.0.1:1/", inputSchema: Array("true".utf8), concurrency: 4,
                        heartbeatSeconds: nil, createdAt: .now(), updatedAt: .now()),
                    actor: KernelFixture.actor, traceID: KernelFixture.trace))
            let empty = try #require(
                try await kernel.read(AgentQueueStore.depth(of: "echo", in: KernelFixture.workspace)))
            #expect(empty.ready == 0 && empty.held == 0 && empty.oldestReadyAt == nil && empty.queue.pausedAt == nil)
            #expect(empty.delayed == 0 && empty.parked == 0)
            for _ in 0..<3 { _ = try await kernel.order() }
            let session = try await kernel.openSession()
            let held = try #require(try await kernel.hold(session, limit: 1).first)
            _ = try await kernel.order { $0.runAt = .now() + .seconds(600) }
            let behind = try await kernel.order { $0.after = [held.task] }
            try await kernel.changeQueue("echo", .paused(reason: "repairs"))
            let depth = try #require(
                try await kernel.read(AgentQueueStore.depth(of: "echo", in: KernelFixture.workspace)))
            #expect(depth.ready == 2 && depth.held == 1 && depth.oldestReadyAt != nil)
            #expect(depth.delayed == 2 && depth.parked == 0)
            try await kernel.changeNow(behind, .cancel(reason: nil))
            try await kernel.changeQueue("echo", .resumed)
            try await kernel.setLimit("customer", 1)
            for _ in 0..<3 { _ = try await kernel.order { $0.limits = [LimitUse(name: "customer", key: "acme")] } }
            _ = try await kernel.hold(session)
            let later = try #require(
                try await kernel.read(AgentQueueStore.depth(of: "echo", in: KernelFixture.workspace)))
            #expect(later.ready == 0 && later.delayed == 1 && later.parked == 2 && later.held == 4)
            try await kernel.changeQueue("echo", .paused(reason: "repairs"))
            #expect(depth.queue.reason == "repairs" && depth.queue.pausedBy == KernelFixture.actor)
            let none = try await kernel.read(AgentQueueStore.depth(of: "none", in: KernelFixture.workspace))
            #expect(none == nil)
            try await kernel.expectSound()
        }
    }
}
