// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct ArtifactTests {
    @Test func `small bytes are in the row, large ones once in the store, however often`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let step = try await kernel.startStep(call).step
            let small = try await kernel.addArtifact(call, to: step, bytes: [UInt8](repeating: 1, count: 4096))
            #expect(small.size == 4096 && small.content?.count == 4096)
            #expect(try await kernel.number("SELECT count(*) AS n FROM artifact_blobs") == 0)
            let bytes = [UInt8](repeating: 2, count: 4097)
            let large = try await kernel.addArtifact(call, to: step, bytes: bytes)
            #expect(large.content == nil && large.hash == ArtifactContent(bytes).hash)
            // Twice in one flush, and once more after it.
            let others = try await withThrowingTaskGroup(of: Artifact.self) { group in
                for _ in 0..<4 { group.addTask { try await kernel.addArtifact(call, to: step, bytes: bytes) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(others.map(\.id)).count == 4)
            #expect(try await kernel.number("SELECT count(*) AS n FROM artifact_blobs") == 1)
            let stored = ArtifactStore.content(try #require(large.hash), in: KernelFixture.workspace)
            #expect(try stored.decode(try await kernel.pool.query(stored.sql)) == bytes)
            let told = try #require(try await kernel.events().last { $0.event.type == "artifact.created" }?.event)
            #expect(told.body.count < 1000 && told.runID == run.lease.runID)
            #expect(try await kernel.rebuild().isEqual)
            #expect(try await kernel.verify().finding == nil)
        }
    }

    @Test func `what belongs to a workspace is not another's`() async throws {
        try await KernelFixture.with { kernel in
            let call = kernel.call(try await kernel.claimOne())
            let step = try await kernel.startStep(call).step
            let bytes = [UInt8](repeating: 3, count: 5000)
            let artifact = try await kernel.addArtifact(call, to: step, bytes: bytes)
            let other = ArtifactStore.content(try #require(artifact.hash), in: ID(trusted: "ws_other"))
            #expect(try other.decode(try await kernel.pool.query(other.sql)) == nil)
        }
    }

    @Test func `only the holder adds to a step, and only while it is under way`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let step = try await kernel.startStep(kernel.call(run)).step
            for (who, call) in try await kernel.strangers(to: run) {
                try await kernel.expectFenced(who) {
                    try await kernel.addArtifact(call, to: step, bytes: [UInt8](repeating: 4, count: 5000))
                }
            }
            #expect(try await kernel.number("SELECT count(*) AS n FROM artifact_blobs") == 0)
            let held = try await kernel.claimOne()
            let call = kernel.call(held)
            let done = try await kernel.startStep(call).step
            try await kernel.finishStep(call, done)
            let problem = await #expect(throws: Problem.self) {
                try await kernel.addArtifact(call, to: done, bytes: [1])
            }
            #expect(problem?.code == "already_finished")
            try await kernel.finish(held)
            try await kernel.expectFenced("after the end") {
                try await kernel.addArtifact(call, to: done, bytes: [1])
            }
        }
    }

    @Test func `a lost answer to a commit makes no second artifact`() async throws {
        try await KernelFixture.withLostCommits { kernel, proxy in
            let call = kernel.call(try await kernel.claimOne())
            let step = try await kernel.startStep(call).step
            proxy.arm()
            let artifact = try await kernel.addArtifact(call, to: step, bytes: [UInt8](repeating: 5, count: 100_000))
            #expect(proxy.losses == 1 && artifact.size == 100_000)
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_artifacts") == 1)
        }
    }
}
