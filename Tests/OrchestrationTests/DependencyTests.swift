// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Tasks that wait for others, and children of runs.
@Suite struct DependencyTests {
    enum Ending: String, CaseIterable, Sendable { case completed, failed, cancelled }

    private func end(_ task: WorkTask, _ ending: Ending, _ kernel: KernelFixture) async throws {
        switch ending {
        case .completed: try await kernel.changeNow(task, .complete(result: Array("1".utf8)))
        case .failed:
            try await kernel.changeNow(task, .fail(RunFailure(code: "no", message: "", isRetryable: false)))
        case .cancelled: try await kernel.changeNow(task, .cancel(reason: nil))
        }
    }

    private func expected(_ endings: [Ending], _ policy: TaskDependencies.Policy) -> TaskStatus {
        guard endings.contains(where: { $0 != .completed }) else { return .queued }
        return switch policy {
        case .fail: .failed
        case .cancel: .cancelled
        case .run: .queued
        }
    }

    @Test(arguments: Ending.allCases, TaskDependencies.Policy.allCases)
    func `what is before it ends, before or after it is made`(
        ending: Ending, policy: TaskDependencies.Policy
    ) async throws {
        try await KernelFixture.with { kernel in
            for isEarly in [true, false] {
                let before = try await kernel.order()
                if isEarly { try await end(before, ending, kernel) }
                let task = try await kernel.order {
                    $0.after = [before]
                    $0.policy = policy
                }
                if !isEarly {
                    #expect(task.status == .scheduled && task.isBlocked)
                    #expect(try await kernel.count("delayed") == 0)
                    try await end(before, ending, kernel)
                    #expect(try await kernel.pulse().hasSettled)
                    try await kernel.settle()
                }
                let settled = try await kernel.task(task.id)
                #expect(settled.status == expected([ending], policy), "early: \(isEarly)")
                #expect(!settled.isBlocked)
                if settled.status == .failed { #expect(settled.error?.code == "dependency_failed") }
            }
            #expect(try await kernel.count("run_dependencies") == 0)
            #expect(try await !kernel.pulse().hasSettled)
            try await kernel.expectSound()
        }
    }

    /// In whatever order they end and are settled, alone or together, in rooms of their own.
    @Test(arguments: TaskDependencies.Policy.allCases)
    func `of two before it, in two rooms, both count`(policy: TaskDependencies.Policy) async throws {
        try await KernelFixture.with { kernel in
            let room = try await kernel.openRoom()
            for first in Ending.allCases {
                for second in Ending.allCases {
                    for way in ["one by one", "together", "the other first"] {
                        let one = try await kernel.order()
                        let two = try await kernel.order { $0.roomID = room }
                        let task = try await kernel.order {
                            $0.after = [one, two]
                            $0.policy = policy
                        }
                        let order =
                            way == "the other first" ? [(two, second), (one, first)] : [(one, first), (two, second)]
                        for (before, ending) in order {
                            try await end(before, ending, kernel)
                            if way == "one by one" { try await kernel.settle() }
                        }
                        try await kernel.settle()
                        let status = try await kernel.task(task.id).status
                        #expect(status == expected([first, second], policy), "\(first), \(second), \(way)")
                    }
                }
            }
            #expect(try await kernel.count("run_dependencies") == 0)
            try await kernel.expectSound()
        }
    }

    /// A pass that is cut short sees part of what a task waited for.
    @Test(arguments: TaskDependencies.Policy.allCases)
    func `what a pass leaves for the next is not forgotten`(policy: TaskDependencies.Policy) async throws {
        try await KernelFixture.with { kernel in
            var befores: [WorkTask] = []
            for _ in 0..<5 { befores.append(try await kernel.order()) }
            let task = try await kernel.order {
                $0.after = befores
                $0.policy = policy
            }
            for before in befores.prefix(4) { try await end(before, .completed, kernel) }
            try await end(befores[4], .failed, kernel)
            try await kernel.settle(limit: 1)
            #expect(try await kernel.task(task.id).status == expected([.failed], policy))
            try await kernel.expectSound()
        }
    }

    @Test func `one that is open holds it up, whatever the others did`() async throws {
        try await KernelFixture.with { kernel in
            let done = try await kernel.order()
            try await end(done, .cancelled, kernel)
            let open = try await kernel.order()
            let task = try await kernel.order {
                $0.after = [done, open]
                $0.policy = .run
            }
            #expect(task.isBlocked)
            try await kernel.settle()
            #expect(try await kernel.task(task.id).isBlocked)
            try await end(open, .completed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(task.id).status == .queued)
            try await kernel.expectSound()
        }
    }

    @Test func `a chain of three starts one after the other, and falls together`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            for ending in [Ending.completed, .failed] {
                let a = try await kernel.order()
                let b = try await kernel.order { $0.after = [a] }
                let c = try await kernel.order { $0.after = [b] }
                let run = try await kernel.holdOne(session)
                #expect(run.task.id == a.id)
                if ending == .completed {
                    try await kernel.end(run)
                    try await kernel.settle()
                    let next = try await kernel.holdOne(session)
                    #expect(next.task.id == b.id)
                    try await kernel.end(next)
                    try await kernel.settle()
                    let last = try await kernel.holdOne(session)
                    #expect(last.task.id == c.id)
                    try await kernel.end(last)
                } else {
                    try await kernel.fail(run, retryable: false)
                    try await kernel.settle()
                    #expect(try await kernel.task(b.id).status == .failed)
                    #expect(try await kernel.task(c.id).status == .failed)
                }
            }
            try await kernel.expectSound()
        }
    }

    @Test func `a failure that is tried again is no end`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let before = try await kernel.order()
            let task = try await kernel.order { $0.after = [before] }
            try await kernel.fail(try await kernel.holdOne(session), retryable: true)
            try await kernel.settle()
            #expect(try await kernel.task(task.id).isBlocked)
            try await kernel.promote()
            try await kernel.end(try await kernel.holdOne(session))
            try await kernel.settle()
            #expect(try await kernel.task(task.id).status == .queued)
            try await kernel.expectSound()
        }
    }

    @Test func `retried by hand, one before it is waited for by those made later, and moves no earlier one`()
        async throws
    {
        try await KernelFixture.with { kernel in
            let before = try await kernel.order()
            let early = try await kernel.order { $0.after = [before] }
            try await end(before, .failed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(early.id).status == .failed)
            try await kernel.changeNow(before, .retry)
            let late = try await kernel.order { $0.after = [before] }
            #expect(late.isBlocked)
            try await end(before, .completed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(late.id).status == .queued)
            #expect(try await kernel.task(early.id).status == .failed)
            // Retried by hand, what failed for another's sake starts at once.
            #expect(try await kernel.changeNow(early, .retry).status == .queued)
            try await kernel.expectSound()
        }
    }

    @Test func `what is held up and wanted later waits for both`() async throws {
        try await KernelFixture.with { kernel in
            let before = try await kernel.order()
            let later = try await kernel.order {
                $0.after = [before]
                $0.runAt = .now() + .seconds(3600)
            }
            let past = try await kernel.order {
                $0.after = [before]
                $0.runAt = .now() + .milliseconds(1)
            }
            #expect(later.isBlocked && past.isBlocked)
            #expect(try await kernel.count("delayed") == 0)
            try await eventually { Timestamp.now() > past.createdAt + .milliseconds(10) }
            #expect(try await kernel.promote() == 0, "its time alone does not start it")
            try await end(before, .completed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(past.id).status == .queued)
            let waiting = try await kernel.task(later.id)
            #expect(waiting.status == .scheduled && !waiting.isBlocked)
            #expect(try await kernel.count("delayed") == 1)
            _ = try await kernel.pool.query("UPDATE delayed SET run_at = now()")
            #expect(try await kernel.promote() == 1)
            #expect(try await kernel.task(later.id).status == .queued)
            try await kernel.expectSound()
        }
    }

    @Test func `one that is cancelled while it waits stays so`() async throws {
        try await KernelFixture.with { kernel in
            let before = try await kernel.order()
            let task = try await kernel.order { $0.after = [before] }
            try await kernel.changeNow(task, .cancel(reason: nil))
            try await end(before, .completed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(task.id).status == .cancelled)
            #expect(try await kernel.count("run_dependencies") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `asked for and ended in one flush, nothing is lost`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            for _ in 0..<20 {
                let before = try await kernel.order()
                let run = try await kernel.holdOne(session)
                async let ended: TaskAggregate = kernel.end(run)
                async let asked = kernel.order { $0.after = [before] }
                _ = try await ended
                let task = try await asked
                try await kernel.settle()
                try await kernel.end(try await kernel.holdOne(session))
                #expect(try await kernel.task(task.id).status == .completed)
            }
            try await kernel.expectSound()
        }
    }

    // MARK: Children

    @Test(arguments: [Ending.completed, .failed, .cancelled])
    func `children go with a parent that ends without success, and stay with one that completes`(
        ending: Ending
    ) async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let room = try await kernel.openRoom()
            let parent = try await kernel.order()
            let run = try await kernel.holdOne(session)
            let child = try await kernel.order {
                $0.parent = parent
                $0.roomID = room
            }
            let grandchild = try await kernel.order { $0.parent = child }
            let finished = try await kernel.order { $0.parent = parent }
            try await kernel.changeNow(finished, .complete(result: Array("1".utf8)))
            if ending == .failed {
                try await kernel.fail(run, retryable: false)
            } else {
                try await end(parent, ending, kernel)
            }
            try await kernel.settle()
            let status: TaskStatus = ending == .completed ? .queued : .cancelled
            #expect(try await kernel.task(child.id).status == status)
            #expect(try await kernel.task(grandchild.id).status == status)
            #expect(try await kernel.task(finished.id).status == .completed)
            try await kernel.expectSound()
        }
    }

    @Test func `a parent that is tried again keeps its children, and takes them along in the end`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let parent = try await kernel.order { $0.retry.maxAttempts = 2 }
            let first = try await kernel.holdOne(session)
            let child = try await kernel.order {
                $0.parent = parent
                $0.agent = "other"
            }
            try await kernel.fail(first, retryable: true)
            try await kernel.settle()
            #expect(try await kernel.task(child.id).status == .queued)
            try await kernel.promote()
            let second = try await kernel.holdOne(session)
            try await kernel.fail(second, retryable: true)
            try await kernel.settle()
            #expect(try await kernel.task(parent.id).status == .failed)
            // It was asked for by an earlier run than the one that failed for good.
            #expect(try await kernel.task(child.id).status == .cancelled)
            try await kernel.expectSound()
        }
    }

    @Test func `a lost lease keeps the children`() async throws {
        try await KernelFixture.with { kernel in
            let parent = try await kernel.order()
            _ = try await kernel.holdOne(try await kernel.openSession(lifetime: .milliseconds(-1)))
            let child = try await kernel.order {
                $0.parent = parent
                $0.agent = "other"
            }
            #expect(try await kernel.rescue() == 1)
            try await kernel.settle()
            #expect(try await kernel.task(child.id).status == .queued)
            try await kernel.expectSound()
        }
    }

    @Test func `a parent that has ended asks for nothing more`() async throws {
        try await KernelFixture.with { kernel in
            let parent = try await kernel.order()
            try await kernel.changeNow(parent, .cancel(reason: nil))
            let before = try await kernel.everything()
            let problem = await #expect(throws: Problem.self) { _ = try await kernel.order { $0.parent = parent } }
            #expect(problem?.code == "parent_ended")
            #expect(try await kernel.everything() == before)
        }
    }

    @Test(arguments: [Ending.failed, .cancelled, .completed])
    func `a child may wait for its own parent`(ending: Ending) async throws {
        try await KernelFixture.with { kernel in
            let parent = try await kernel.order()
            let child = try await kernel.order {
                $0.parent = parent
                $0.after = [parent]
            }
            try await end(parent, ending, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(child.id).status == (ending == .completed ? .queued : .cancelled))
            try await kernel.expectSound()
        }
    }

    @Test func `children of a parent that is retried by hand and fails again are cancelled once more`() async throws {
        try await KernelFixture.with { kernel in
            let parent = try await kernel.order()
            let first = try await kernel.order { $0.parent = parent }
            try await end(parent, .failed, kernel)
            try await kernel.settle()
            let retried = try await kernel.changeNow(parent, .retry)
            let second = try await kernel.order { $0.parent = retried }
            try await end(retried, .failed, kernel)
            try await kernel.settle()
            #expect(try await kernel.task(first.id).status == .cancelled)
            #expect(try await kernel.task(second.id).status == .cancelled)
            try await kernel.expectSound()
        }
    }
}
