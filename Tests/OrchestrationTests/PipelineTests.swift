// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PipelineTests {
    private func counts(_ kernel: KernelFixture) async throws -> [PipelineStage: Int] {
        let operations = PipelineOperations(core: OperationsCore(pool: kernel.pool, commit: kernel.commit))
        let snapshot = try await operations.snapshot(in: KernelFixture.workspace, limit: 10)
        for stage in snapshot.stages {
            #expect(stage.items.count == min(10, stage.count))
            #expect(stage.items.allSatisfy { PipelineStage($0.task.status) == stage.stage })
        }
        #expect(snapshot.position == (try await kernel.events().last?.position))
        return Dictionary(uniqueKeysWithValues: snapshot.stages.map { ($0.stage, $0.count) }).filter { $0.value > 0 }
    }

    @Test func `the figures move with the tasks, and a rebuild counts the same`() async throws {
        try await KernelFixture.with { kernel in
            #expect(try await counts(kernel).isEmpty)
            let once = TaskRetryPolicy(maxAttempts: 1, initialSeconds: 1, maxSeconds: 1, factor: 1)
            for _ in 0..<4 { _ = try await kernel.createTask(retry: once) }
            let later = try await kernel.createTask(runAt: .now() + .seconds(600))
            #expect(try await counts(kernel) == [.queued: 4, .intake: 1])
            let session = try await kernel.openSession()
            let runs = try await kernel.claim(session, limit: 3)
            #expect(try await counts(kernel) == [.queued: 1, .running: 3, .intake: 1])
            try await kernel.finish(runs[0])
            let failure = RunFailure(code: "no", message: "", isRetryable: true)
            try await kernel.finish(runs[1], .failed(failure, leastPause: .zero))
            _ = try await kernel.change(later, .cancel(reason: nil))
            #expect(try await counts(kernel) == [.queued: 1, .running: 1, .failed: 1, .done: 2])
            let failed = try await kernel.task(runs[1].task.id)
            _ = try await kernel.change(failed, .retry)
            try await kernel.finish(runs[2], .released(reason: nil))
            #expect(try await counts(kernel) == [.queued: 3, .done: 2])
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a workspace that there is not is not found`() async throws {
        try await KernelFixture.with { kernel in
            let operations = PipelineOperations(core: OperationsCore(pool: kernel.pool, commit: kernel.commit))
            let problem = await #expect(throws: Problem.self) {
                _ = try await operations.snapshot(in: ID(trusted: "ws_other"), limit: 1)
            }
            #expect(problem?.kind == .notFound)
        }
    }
}
