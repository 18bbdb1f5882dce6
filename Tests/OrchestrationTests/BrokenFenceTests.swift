// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Two workers report the same run to an orchestrator that has not handed it out, and the checker must name what gets through when the fence of epochs is switched off
/// in the database of the test.
@Suite struct BrokenFenceTests {
    /// What became of the reports of the two workers.
    private struct Reports {
        var stale: Problem?
        var staleAgain: Problem?
        var living: Problem?
    }

    /// A worker goes silent, a second one takes its run over, and then both report, the silent one first and twice.
    private func playTwoWorkers(_ kernel: KernelFixture, _ other: KernelFixture) async throws -> Reports {
        _ = try await kernel.createTask()
        let first = try #require(
            try await kernel.claim(try await kernel.openSession(lifetime: .milliseconds(-1))).first)
        let released = try await kernel.commit.submit(
            ReleaseOrphanedRuns(workspaceID: KernelFixture.workspace, limit: 100, actor: KernelFixture.actor))
        #expect(released == 1)
        let second = try #require(try await kernel.claim(try await kernel.openSession()).first)
        #expect(second.lease.runID == first.lease.runID)
        #expect(second.lease.workerSessionID != first.lease.workerSessionID)
        var reports = Reports()
        reports.stale = await report(first, other)
        reports.staleAgain = await report(first, other)
        reports.living = await report(second, other)
        return reports
    }

    /// Reports a run as completed by the epoch it was claimed under; answers the refusal, if it was one.
    private func report(_ run: ClaimedRun, _ kernel: KernelFixture) async -> Problem? {
        do {
            try await kernel.finish(run, .completed(Array("{\"epoch\":\(run.lease.epoch)}".utf8)))
            return nil
        } catch {
            return error as? Problem ?? Problem(.internal, "\(error)")
        }
    }

    private func check(_ kernel: KernelFixture, isOver: Bool = true) async throws -> [Finding] {
        let log = try await EventLogReader(url: kernel.url).read()
        var evidence = Evidence()
        evidence.isOver = isOver
        evidence.rows = log.rows
        let chain = try await kernel.verify()
        evidence.chain = Evidence.Audit(isSound: chain.finding == nil, report: "\(chain)")
        let rebuild = try await kernel.rebuild()
        evidence.rebuild = Evidence.Audit(isSound: rebuild.isEqual, report: "\(rebuild.comparisons)")
        return EventLogChecker.findings(in: log.events, evidence)
    }

    @Test func `with the fence the silent worker is refused, and the checker finds nothing`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let reports = try await playTwoWorkers(kernel, other)
            #expect(reports.stale?.code == "stale_lease" && reports.staleAgain?.code == "stale_lease")
            #expect(reports.living == nil)
            let findings = try await check(kernel)
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    @Test(arguments: GuardBreak.fences)
    func `without the fence the silent worker is heard, and the checker says so`(broken: GuardBreak) async throws {
        try await KernelFixture.withTwo { kernel, other in
            try await kernel.withOwner { owner in
                for statement in broken.statements { _ = try await owner.query(statement) }
            }
            let reports = try await playTwoWorkers(kernel, other)
            #expect(reports.stale == nil, "the stale worker's report was taken")
            #expect(reports.living?.code == "stale_lease", "and the living one's was not")
            let findings = try await check(kernel, isOver: false)
            #expect(broken.finds.isSubset(of: Set(findings.map(\.kind))), "\(findings)")
            #expect(findings.count(.brokenChain) == 0, "nothing was changed in the log itself")
        }
    }
}
