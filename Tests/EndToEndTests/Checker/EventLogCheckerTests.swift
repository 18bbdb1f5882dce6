// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// Who checks the log is checked here: every broken promise must be found in a log made for it, and nothing in a sound one.
@Suite struct EventLogCheckerTests {
    private func kinds(_ log: CraftedLog, _ evidence: Evidence = Evidence()) -> Set<Finding.Kind> {
        Set(EventLogChecker.findings(in: log.events, evidence).map(\.kind))
    }

    /// What is found when one thing beside the sound log is other than it should be.
    private func kinds(_ change: (inout Evidence) -> Void) -> Set<Finding.Kind> {
        var evidence = CraftedLog.evidence
        change(&evidence)
        return kinds(CraftedLog.sound, evidence)
    }

    /// A log that begins with one task.
    private func log(_ body: (inout CraftedLog) -> Void) -> CraftedLog {
        var log = CraftedLog()
        log.add("task.created")
        body(&log)
        return log
    }

    private static let unfinished: Evidence = {
        var evidence = Evidence()
        evidence.isOver = false
        return evidence
    }()

    @Test func `nothing is found in a sound log`() {
        let findings = EventLogChecker.findings(in: CraftedLog.sound.events, CraftedLog.evidence)
        #expect(findings.isEmpty, "\(findings)")
        #expect(EventLogChecker.findings(in: []).isEmpty)
    }

    // MARK: Lost runs

    @Test func `a task that never ended is lost once the load is over, and not before`() {
        let log = log { $0.add("run.started", epoch: 1) }
        let findings = EventLogChecker.findings(in: log.events)
        #expect(findings.map(\.kind) == [.lostRun])
        #expect(findings.first?.events.map(\.position) == [1, 2])
        #expect(kinds(log, Self.unfinished).isEmpty)
    }

    @Test func `an acknowledged task that is not in the log is lost`() {
        #expect(kinds { $0.creations.append(.init(key: "k9", taskID: "task_z")) } == [.lostRun])
        #expect(kinds { $0.creations[0] = .init(key: "k9", taskID: "task_a") } == [.lostRun])
    }

    @Test func `an acknowledged completion that is not in the log is lost`() {
        #expect(kinds { $0.completions.append(.init(taskID: "task_c")) } == [.lostRun])
        #expect(kinds { $0.completions.append(.init(taskID: "task_z")) } == [.lostRun])
    }

    @Test func `a completed task without its effect outside is lost`() {
        #expect(kinds { $0.effects?.removeFirst() } == [.lostRun])
    }

    @Test func `a task that failed though nothing stood in its way is lost`() {
        #expect(kinds { $0.promised = ["task_a", "task_b"] }.isEmpty)
        #expect(kinds { $0.promised = ["task_c"] } == [.lostRun])
    }

    // MARK: Epochs

    @Test func `an epoch that begins before the former one has ended is found`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.started", epoch: 2)
            log.add("run.completed", epoch: 2)
        }
        #expect(kinds(log) == [.twoLiveEpochs, .illegalTransition])
        let findings = EventLogChecker.findings(in: log.events)
        #expect(findings.first { $0.kind == .twoLiveEpochs }?.events.map(\.position) == [2, 3])
    }

    @Test func `an epoch that is handed out again is found`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.lease_lost", epoch: 1)
            log.add("run.started", epoch: 1)
            log.add("run.completed")
        }
        #expect(kinds(log) == [.twoLiveEpochs])
    }

    @Test func `an epoch that was carried out twice is found`() {
        #expect(kinds { $0.calls.append(CraftedLog.call("task_a", "run_a", 2)) } == [.twoLiveEpochs])
    }

    @Test func `a claim of a claimed run is found`() {
        let log = log { log in
            log.add("run.claimed", epoch: 1)
            log.add("run.claimed", epoch: 2)
            log.add("run.started", epoch: 2)
            log.add("run.completed", epoch: 2)
        }
        #expect(kinds(log).contains(.twoLiveEpochs))
    }

    @Test(arguments: ["run.completed", "run.failed", "run.lease_lost", "run.released", "step.completed"])
    func `an effect of an epoch that is not the live one is found`(type: String) {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.lease_lost", epoch: 1)
            log.add("run.started", epoch: 2)
            log.add(type, epoch: 1)
        }
        #expect(kinds(log, Self.unfinished) == [.staleEffect])
    }

    @Test func `an effect after the end of its run is found`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.completed", epoch: 1)
            log.add("tool_call.succeeded", epoch: 1)
        }
        #expect(kinds(log) == [.staleEffect])
    }

    @Test func `the epoch in an agent's answer gives a stale completion away`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.lease_lost", epoch: 1)
            log.add("run.started", epoch: 2)
            log.add("run.completed", body: ["result": ["epoch": 1]])
        }
        #expect(kinds(log) == [.staleEffect])
    }

    @Test func `a completion that a stale worker was thanked for is found`() {
        #expect(kinds { $0.completions[0] = .init(taskID: "task_a", epoch: 1) } == [.staleEffect])
    }

    @Test func `work in an epoch that never began is found`() {
        #expect(kinds { $0.calls.append(CraftedLog.call("task_a", "run_a", 3)) } == [.staleEffect])
    }

    // MARK: Double effects

    @Test func `a task that was completed twice is found`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            log.add("run.completed", epoch: 1)
            log.add("run.completed", epoch: 1)
        }
        #expect(kinds(log).contains(.doubleEffect))
        let findings = EventLogChecker.findings(in: log.events)
        #expect(findings.first { $0.kind == .doubleEffect }?.events.map(\.position) == [3, 4])
    }

    @Test func `a step that was completed twice is found`() {
        let log = log { log in
            log.add("run.started", epoch: 1)
            for _ in 0..<2 { log.add("step.completed", epoch: 1, body: ["step_id": "step_1"]) }
            log.add("run.completed", epoch: 1)
        }
        #expect(kinds(log) == [.doubleEffect])
    }

    @Test func `an effect that the outside has twice is found`() {
        #expect(kinds { $0.effects?.append(CraftedLog.call("task_a", "run_a", 2)) } == [.doubleEffect])
    }

    @Test func `two tasks of one idempotency key are found`() {
        let log = log { log in
            log.add("task.created", "task_b", run: "run_b", key: "same")
            log.add("task.created", "task_c", run: "run_c", key: "same")
        }
        #expect(kinds(log, Self.unfinished) == [.doubleEffect])
    }

    @Test func `a key that was answered with two tasks is found`() {
        #expect(kinds { $0.creations.append(.init(key: "k1", taskID: "task_b")) }.contains(.doubleEffect))
    }

    @Test func `a request that was sent once and made two tasks is found`() {
        var log = CraftedLog()
        for task in ["task_a", "task_b"] { log.add("task.created", task, request: "once") }
        var evidence = Self.unfinished
        #expect(kinds(log, evidence).isEmpty, "it may have been sent twice")
        evidence.requests = ["once"]
        #expect(kinds(log, evidence) == [.doubleEffect])
    }

    // MARK: Gaps

    @Test func `a missing event is found by its position, its stream and its task's version`() {
        var log = CraftedLog.sound
        log.remove(at: 4)
        let findings = EventLogChecker.findings(in: log.events)
        #expect(findings.count(.gap) == 3, "\(findings)")
    }

    @Test func `a position or a sequence number that was used twice is found`() {
        var log = CraftedLog.sound
        log.change(14) { $0.position = 14 }
        #expect(kinds(log) == [.gap])
        log = CraftedLog.sound
        log.change(14) { $0.streamSeq = 14 }
        #expect(kinds(log) == [.gap])
    }

    @Test(arguments: [nil, CraftedLog.room])
    func `what a subscriber missed, got twice, out of order or from nowhere is found`(stream: String?) {
        let all = Array<Int64>(1...15)
        let wrong: [[Int64]] = [
            all.filter { $0 != 7 }, all + [15], [2, 1] + all.dropFirst(2), all + [99], Array(all.dropLast()),
        ]
        for places in wrong {
            let found = kinds { $0.deliveries = [.init(subscriber: "s", stream: stream, places: places)] }
            #expect(found == [.gap], "\(places)")
        }
    }

    // MARK: States

    @Test func `a transition that no rule knows is found`() {
        let wrong: [(inout CraftedLog) -> Void] = [
            { $0.add("run.completed") },
            { log in
                log.add("task.cancelled")
                log.add("run.started", epoch: 1)
            },
            { log in
                log.add("task.completed")
                log.add("task.retried", run: "run_b")
            },
            { log in
                log.add("run.started", epoch: 1)
                log.add("run.failed", status: "scheduled", epoch: 1)
            },
            { $0.add("run.vanished", status: "asleep") },
        ]
        for change in wrong {
            let log = log(change)
            #expect(kinds(log, Self.unfinished).contains(.illegalTransition), "\(log.events)")
        }
        var orphan = CraftedLog()
        orphan.add("task.cancelled")
        #expect(kinds(orphan) == [.illegalTransition])
    }

    @Test func `what waited for a task that failed fails with it`() {
        var log = CraftedLog()
        log.add("task.created", status: "scheduled")
        log.add("run.failed", body: ["error": ["code": "dependency_failed"]])
        #expect(kinds(log).isEmpty)
    }

    // MARK: Beside the log

    @Test func `a projection that is not what the events say is found`() {
        let sound = CraftedLog.evidence.rows ?? []
        let stale = Evidence.Row(taskID: "task_a", status: "completed", version: 5, runID: "run_a", epoch: 1)
        let stranger = Evidence.Row(taskID: "task_z", status: "queued", version: 1, runID: "run_z", epoch: 0)
        for rows in [Array(sound.dropFirst()), [stale] + sound.dropFirst(), sound + [stranger]] {
            #expect(kinds { $0.rows = rows } == [.wrongProjection])
        }
        #expect(kinds { $0.rebuild = .init(isSound: false, report: "NOT EQUAL") } == [.wrongProjection])
    }

    @Test func `an agent that keeps no journal owes none`() {
        var log = CraftedLog()
        log.add("task.created", body: ["agent": "echo"])
        log.add("run.started", epoch: 1)
        log.add("run.completed", epoch: 1)
        var evidence = Evidence()
        evidence.effects = []
        #expect(kinds(log, evidence) == [.lostRun])
        evidence.agentsWithoutJournal = ["echo"]
        #expect(kinds(log, evidence).isEmpty)
    }

    @Test func `an alarm is found to be false unless there is a reason for it`() {
        #expect(kinds { $0.alarms = ["the chain is broken"] } == [.falseAlarm])
        #expect(
            kinds { evidence in
                evidence.alarms = ["the chain is broken"]
                evidence.chain = .init(isSound: false, report: "NOT INTACT")
            } == [.brokenChain])
    }

    @Test func `an answer that nobody should get is found`() {
        #expect(kinds { $0.surprises = ["500: sorry"] } == [.wrongAnswer])
    }

    @Test func `a daemon that ended by itself or did not come back is found`() {
        for (isReady, deaths) in [(false, []), (true, ["signalled(11)"])] {
            #expect(kinds { $0.daemons = [.init(name: "d", isReady: isReady, deaths: deaths)] } == [.deadDaemon])
        }
        #expect(kinds { $0.daemons = [.init(name: "d", isReady: true, deaths: [])] }.isEmpty)
    }

    @Test func `a chain that does not verify is found`() {
        #expect(kinds { $0.chain = .init(isSound: false, report: "NOT INTACT") } == [.brokenChain])
    }
}
