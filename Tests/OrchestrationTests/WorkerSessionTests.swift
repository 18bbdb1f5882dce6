// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// The lives of workers, and what becomes of their runs.
@Suite struct WorkerSessionTests {
    private func beat(_ session: ID<WorkerSession>, _ kernel: KernelFixture) async throws -> Bool {
        try await kernel.read(LeaseStore.beatOne(session, in: KernelFixture.workspace, lifetime: .seconds(60))) != nil
    }

    @Test func `a session that its worker ends gives its runs back, and no attempt is used`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<3 { _ = try await kernel.order { $0.retry.maxAttempts = 1 } }
            let session = try await kernel.openSession()
            #expect(try await kernel.hold(session).count == 3)
            try await kernel.endSession(session)
            #expect(try await kernel.pulse().hasOrphans)
            #expect(try await kernel.rescue() == 3)
            let again = try await kernel.hold(try await kernel.openSession())
            #expect(again.count == 3)
            #expect(again.allSatisfy { $0.task.attempts == 1 && $0.lease.epoch == 2 })
            try await kernel.expectSound()
        }
    }

    /// More than one pass takes: what was ended stays ended in the eyes of the next.
    @Test func `a session that held very many gives all of them back for nothing`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<25 { _ = try await kernel.order { $0.retry.maxAttempts = 1 } }
            let session = try await kernel.openSession()
            #expect(try await kernel.hold(session).count == 25)
            try await kernel.endSession(session)
            while try await kernel.rescue(limit: 10) > 0 {}
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_tasks WHERE status = 'queued'") == 25)
            #expect(try await kernel.number("SELECT max(attempts) AS n FROM proj_tasks") == 0)
            _ = try await kernel.rescue()
            #expect(try await kernel.count("worker_sessions") == 0)
            #expect(try await !kernel.pulse().hasOrphans)
            try await kernel.expectSound()
        }
    }

    @Test func `a lost session uses an attempt up, and the last one fails the task`() async throws {
        try await KernelFixture.with { kernel in
            let twice = try await kernel.order { $0.retry.maxAttempts = 2 }
            let once = try await kernel.order { $0.retry.maxAttempts = 1 }
            let session = try await kernel.openSession()
            #expect(try await kernel.hold(session).count == 2)
            _ = try await kernel.pool.query("UPDATE worker_sessions SET expires_at = now() - interval '1 second'")
            #expect(try await kernel.rescue() == 2)
            let queued = try await kernel.task(twice.id)
            #expect(queued.status == .queued && queued.attempts == 1)
            let failed = try await kernel.task(once.id)
            #expect(failed.status == .failed && failed.error?.code == "lease_lost")
            try await kernel.expectSound()
        }
    }

    @Test func `a session that is late and not yet given up goes on, one that is over never does`() async throws {
        try await KernelFixture.with { kernel in
            let late = try await kernel.openSession(lifetime: .milliseconds(-1))
            #expect(try await beat(late, kernel))
            let lost = try await kernel.openSession(lifetime: .milliseconds(-1))
            _ = try await kernel.order()
            _ = try await kernel.holdOne(lost)
            _ = try await kernel.rescue()
            #expect(try await !beat(lost, kernel))
            let ended = try await kernel.openSession()
            try await kernel.endSession(ended)
            #expect(try await !beat(ended, kernel))
            for session in [lost, ended] {
                // The beat of an engine, and of a claim.
                let many = LeaseStore.beat([session], in: KernelFixture.workspace, lifetime: .seconds(60))
                #expect(try await kernel.read(many).isEmpty)
            }
        }
    }

    @Test func `a claim by a session that is over takes nothing`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let ended = try await kernel.openSession()
            try await kernel.endSession(ended)
            let before = try await kernel.everything()
            for session in [ended, ID<WorkerSession>.make()] {
                let problem = await #expect(throws: Problem.self) { try await kernel.hold(session) }
                #expect(problem?.kind == .conflict && problem?.code == "session_expired")
            }
            #expect(try await kernel.everything() == before)
            #expect(try await kernel.hold(try await kernel.openSession()).count == 1)
        }
    }

    /// Whoever is first: a claim that took something is taken back, one that came too late takes nothing.
    @Test func `ended in the middle of its claims, a session holds nothing afterwards`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<60 { _ = try await kernel.order { $0.retry.maxAttempts = 1 } }
            for _ in 0..<10 {
                let session = try await kernel.openSession()
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try? await kernel.hold(session, limit: 2) } }
                    group.addTask { try? await kernel.endSession(session) }
                }
                while try await kernel.rescue() > 0 {}
                #expect(try await kernel.count("leases") == 0)
            }
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_tasks WHERE attempts > 0") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `sessions are listed while they are alive, with what they said of themselves`() async throws {
        try await KernelFixture.with { kernel in
            let workspace = KernelFixture.workspace
            func open(_ name: String) async throws -> Worker {
                let worker = NewWorker(name: name, agents: ["echo"], labels: ["gpu"], capacity: 3)
                let opened = try await kernel.read(
                    LeaseStore.openSession(
                        .make(), in: workspace, worker, principal: Principal(.service, "echo"),
                        lifetime: .seconds(60)))
                guard let opened else { throw Problem.notFound("workspace", workspace.rawValue) }
                return opened
            }
            let first = try await open("first")
            let second = try await open("second")
            let third = try await open("third")
            _ = try await kernel.order()
            _ = try await kernel.holdOne(second.id)
            try await kernel.endSession(third.id)
            let ids = [first.id, second.id].sorted()
            let page = try await kernel.read(LeaseStore.workers(in: workspace, after: nil, limit: 1))
            #expect(page.map(\.id) == [ids[0]])
            let rest = try await kernel.read(LeaseStore.workers(in: workspace, after: ids[0], limit: 10))
            #expect(rest.map(\.id) == [ids[1]])
            let all = try await kernel.read(LeaseStore.workers(in: workspace, after: nil, limit: 10))
            #expect(all.first { $0.id == second.id }?.held == 1)
            #expect(all.first { $0.id == first.id }?.worker.capacity == 3)
            #expect(
                try await kernel.read(LeaseStore.owner(of: first.id, in: workspace)) == Principal(.service, "echo"))
            let unknown = try await kernel.read(
                LeaseStore.openSession(
                    .make(), in: ID(trusted: "ws_none"), first.worker, principal: KernelFixture.actor,
                    lifetime: .seconds(1)))
            #expect(unknown?.id == nil)
        }
    }
}
