// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct ApprovalTests {
    private func types(_ kernel: KernelFixture, _ count: Int) async throws -> [String] {
        try await kernel.events().suffix(count).map(\.event.type)
    }

    @Test(arguments: [ApprovalDecision.approve, .deny])
    func `a run waits for the answer and goes on with it`(decision: ApprovalDecision) async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let approval = try await kernel.requestApproval(call)
            #expect(approval.status == .pending && approval.runID == run.lease.runID && approval.epoch == 1)
            #expect(try await kernel.task(run.task.id).status == .waiting)
            #expect(try await kernel.number("SELECT count(*) AS n FROM leases WHERE waiting_since IS NOT NULL") == 1)
            // Its worker still has the run.
            let step = try await kernel.startStep(call).step
            let decided = try await kernel.decide(approval, decision, note: "ok")
            #expect(decided.status == (decision == .approve ? .approved : .denied) && decided.note == "ok")
            #expect(decided.decidedBy == KernelFixture.actor && decided.version == 2 && decided.decidedAt != nil)
            let task = try await kernel.task(run.task.id)
            #expect(task.status == .running && task.version == 4)
            #expect(try await kernel.number("SELECT count(*) AS n FROM leases WHERE waiting_since IS NULL") == 1)
            #expect(
                try await types(kernel, 5) == [
                    "approval.requested", "run.waiting", "step.started",
                    decision == .approve ? "approval.approved" : "approval.denied", "run.resumed",
                ])
            let told = try await kernel.events().map(\.event).filter { $0.type.hasPrefix("approval.") }
            for event in told {
                #expect(event.runID == run.lease.runID && event.traceID == run.task.traceID)
                #expect(try JSONValue.parse(event.body)["approval_id"]?.string == approval.id.rawValue)
            }
            #expect(try JSONValue.parse(told[0].body)["epoch"] == 1)
            for again in ApprovalDecision.allCases {
                let problem = await #expect(throws: Problem.self) { try await kernel.decide(approval, again) }
                #expect(problem?.kind == .conflict && problem?.code == "approval_decided")
                #expect(problem?.details["current_status"]?.string == decided.status.rawValue)
            }
            try await kernel.finishStep(call, step)
            try await kernel.finish(run)
            #expect(try await kernel.rebuild().isEqual)
            #expect(try await kernel.verify().finding == nil)
        }
    }

    @Test func `the run goes on when the last of several is answered`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let first = try await kernel.requestApproval(kernel.call(run))
            let second = try await kernel.requestApproval(kernel.call(run))
            let aside = try await kernel.requestApproval(.run(run.lease.runID, run.task.id))
            #expect(aside.epoch == nil && aside.runID == run.lease.runID)
            try await kernel.decide(first, .approve)
            #expect(try await kernel.task(run.task.id).status == .waiting)
            #expect(try await kernel.decide(second, .hold, note: "later").status == .held)
            #expect(try await kernel.task(run.task.id).status == .waiting)
            #expect(try await kernel.decide(second, .deny).status == .denied)
            #expect(try await kernel.task(run.task.id).status == .running)
            #expect(try await kernel.approval(aside.id).status == .pending)
            let waits = try await kernel.events().count { $0.event.type == "run.waiting" }
            #expect(waits == 1)
            // It may wait again, and complete while it does.
            let third = try await kernel.requestApproval(kernel.call(run))
            try await kernel.finish(run)
            #expect(try await kernel.approval(third.id).status == .cancelled)
            #expect(try await kernel.approval(aside.id).status == .cancelled)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `what nobody asks for any more is cancelled together with the end of its run`() async throws {
        try await KernelFixture.with { kernel in
            let failure = RunFailure(code: "x", message: "", isRetryable: true)
            let endings: [(String, @Sendable (ClaimedRun) async throws -> Void)] = [
                ("run.completed", { try await kernel.finish($0) }),
                ("run.failed", { try await kernel.finish($0, .failed(failure, leastPause: .zero)) }),
                (
                    "task.cancelled",
                    { _ = try await kernel.change(try await kernel.task($0.task.id), .cancel(reason: nil)) }
                ),
                (
                    "task.completed",
                    { _ = try await kernel.change(try await kernel.task($0.task.id), .complete(result: [0x31])) }
                ),
            ]
            for (type, end) in endings {
                let run = try await kernel.claimOne()
                let held = try await kernel.requestApproval(kernel.call(run))
                let aside = try await kernel.requestApproval(.run(run.lease.runID, run.task.id))
                try await end(run)
                #expect(try await types(kernel, 3) == [type, "approval.cancelled", "approval.cancelled"])
                for id in [held.id, aside.id] {
                    let approval = try await kernel.approval(id)
                    #expect(approval.status == .cancelled && approval.decidedBy == nil && approval.decidedAt != nil)
                }
                #expect(try await kernel.number("SELECT count(*) AS n FROM leases") == 0, "\(type)")
            }
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a lost lease cancels what its worker asked for, and the next one asks anew`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let held = try await kernel.requestApproval(kernel.call(run))
            let aside = try await kernel.requestApproval(.run(run.lease.runID, run.task.id))
            let next = try await kernel.takeOver(run)
            #expect(try await kernel.approval(held.id).status == .cancelled)
            #expect(try await kernel.approval(aside.id).status == .pending, "the run goes on")
            #expect(try await kernel.task(run.task.id).status == .running)
            let problem = await #expect(throws: Problem.self) { try await kernel.decide(held, .approve) }
            #expect(problem?.code == "approval_decided")
            try await kernel.expectFenced("the old epoch") { try await kernel.requestApproval(kernel.call(run)) }
            let again = try await kernel.requestApproval(kernel.call(next))
            #expect(again.epoch == 2)
            try await kernel.decide(again, .approve)
            #expect(try await kernel.task(run.task.id).status == .running)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `only the holder of the newest epoch can make its run wait`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            for (who, call) in try await kernel.strangers(to: run) {
                try await kernel.expectFenced(who) { try await kernel.requestApproval(call) }
            }
            #expect(try await kernel.task(run.task.id).status == .running)
            let ended = try await kernel.claimOne()
            try await kernel.finish(ended)
            try await kernel.expectFenced("after the end") { try await kernel.requestApproval(kernel.call(ended)) }
            let problem = await #expect(throws: Problem.self) {
                try await kernel.requestApproval(.run(ended.lease.runID, ended.task.id))
            }
            #expect(problem?.code == "run_ended")
        }
    }

    @Test func `what nobody answers in time expires, and its run goes on`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let held = try await kernel.requestApproval(kernel.call(run), within: .milliseconds(-1))
            let late = await #expect(throws: Problem.self) { try await kernel.decide(held, .approve) }
            #expect(late?.code == "approval_expired")
            let room = try await kernel.requestApproval(.room, within: .milliseconds(-1))
            let open = try await kernel.requestApproval(.room)
            let expire = ExpireApprovals(workspaceID: KernelFixture.workspace, limit: 10, actor: KernelFixture.actor)
            #expect(try await kernel.commit.submit(expire) == 2)
            #expect(try await kernel.commit.submit(expire) == 0)
            #expect(try await kernel.approval(held.id).status == .expired)
            #expect(try await kernel.approval(room.id).status == .expired)
            #expect(try await kernel.approval(open.id).status == .pending)
            #expect(try await kernel.task(run.task.id).status == .running)
            let told = try #require(try await kernel.events().last { $0.event.type == "run.resumed" }?.event)
            #expect(try JSONValue.parse(told.body)["approval_status"] == "expired")
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `whoever expires sleeps until the next is due, and for good when nothing waits`() async throws {
        try await KernelFixture.with { kernel in
            let expirer = ApprovalExpirer(commit: kernel.commit, actor: KernelFixture.actor)
            #expect(try await expirer.pass() == nil)
            let later = try await kernel.requestApproval(.room, within: .seconds(3600))
            #expect(expirer.learn(KernelFixture.workspace, dueIn: .seconds(3600)))
            #expect(!expirer.learn(KernelFixture.workspace, dueIn: .seconds(3600)), "known already")
            #expect(expirer.learn(ID(trusted: "ws_other"), dueIn: .seconds(7200)))
            let wait = try #require(try await expirer.pass())
            #expect(wait > .seconds(3500) && wait <= .seconds(3600))
            let due = try await kernel.requestApproval(.room, within: .milliseconds(-1))
            #expect(expirer.learn(KernelFixture.workspace, dueIn: .milliseconds(-1)))
            _ = try await expirer.pass()
            #expect(try await kernel.approval(due.id).status == .expired)
            #expect(try await kernel.approval(later.id).status == .pending)
        }
    }

    @Test func `the pulse tells when the next expires`() async throws {
        try await KernelFixture.with { kernel in
            func next() async throws -> Duration? {
                let statement = PulseStore.pulses()
                return try statement.decode(try await kernel.pool.query(statement.sql)).first?.nextExpiry
            }
            #expect(try await next() == nil)
            let approval = try await kernel.requestApproval(.room, within: .seconds(100))
            let wait = try #require(try await next())
            #expect(wait > .seconds(50) && wait <= .seconds(101))
            try await kernel.decide(approval, .deny)
            #expect(try await next() == nil)
        }
    }

    @Test func `a room must be there to be asked about`() async throws {
        try await KernelFixture.with { kernel in
            let problem = await #expect(throws: Problem.self) {
                try await kernel.requestApproval(.room, in: ID(trusted: "room_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
            }
            #expect(problem?.fields.map(\.field) == ["/room_id"])
            let approval = try await kernel.requestApproval(.room)
            #expect(approval.taskID == nil && approval.runID == nil && approval.roomID == Room.defaultID)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a lost answer to a commit is made up for without asking or answering twice`() async throws {
        try await KernelFixture.withLostCommits { kernel, proxy in
            let run = try await kernel.claimOne()
            proxy.arm()
            let approval = try await kernel.requestApproval(kernel.call(run))
            proxy.arm()
            #expect(try await kernel.decide(approval, .approve).status == .approved)
            #expect(proxy.losses == 2)
            #expect(
                try await types(kernel, 4) == [
                    "approval.requested", "run.waiting", "approval.approved", "run.resumed",
                ])
        }
    }
}
