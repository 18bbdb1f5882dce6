// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Domain
import TestKit
import Testing

/// The claim loop, on a source that announces work and on one whose claims wait for it.
@Suite struct EngineLoopTests {
    @Test(arguments: [true, false]) func `runs are claimed, called and completed`(announces: Bool) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        let early = source.add()
        try await withEngine(source, transport) { engine, _ in
            let late = (0..<50).map { _ in source.add() }
            try await eventually { source.endings.count == 51 }
            #expect(Set(source.endings.map(\.run)) == Set([early] + late))
            #expect(source.endings.allSatisfy { $0.epoch == 1 && $0.ending == .completed(Array(#""done""#.utf8)) })
            try await eventually { engine.inFlight == 0 }
            #expect(engine.figures.runsClaimed == 51)
            try engine.checkReadiness()
        }
        #expect(source.endedSessions.count == 1, "it says good-bye")
    }

    @Test(arguments: [true, false]) func `no more runs are in hand than there are places`(announces: Bool) async throws
    {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        for _ in 0..<20 { source.add(.hang) }
        try await withEngine(source, transport, concurrency: 4) { engine, stop in
            try await eventually { transport.calls.count == 4 }
            for round in 2...5 {
                #expect(engine.inFlight <= 4)
                transport.letGo()
                try await eventually { transport.calls.count == 4 * round }
            }
            transport.letGo()
            try await eventually { source.endings.count == 20 }
        }
    }

    @Test(arguments: [true, false]) func `what a lost answer of a claim took is given back and done`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        source.change { $0.lostClaims = 1 }
        let run = source.add()
        try await withEngine(source, transport) { engine, _ in
            try await eventually { source.endings.count == 1 }
            #expect(source.endings.first?.run == run)
            #expect(source.endings.first?.epoch == 2)
            #expect(transport.calls.count == 1, "an agent is not called for a run that nobody knows to hold")
            #expect(engine.figures.claimsFailed >= 1)
            #expect(source.opened == 1)
        }
    }

    @Test(arguments: [true, false]) func `a claim whose answer takes its time keeps what it took`(
        announces: Bool
    ) async throws {
        // So long that on no machine, however busy, a session ends before its claim is answered.
        let source = ScriptedSource(announces: announces, lifetime: .seconds(60))
        let transport = ScriptedTransport()
        // The lost one has the engine look for what it does not know of.
        source.change { faults in
            faults.lostClaims = 1
            faults.beatsBeforeAnswers = 8
        }
        let run = source.add()
        try await withEngine(source, transport) { _, _ in
            try await eventually { source.endings.count == 1 }
            #expect(source.endings.first?.run == run && source.endings.first?.epoch == 2)
        }
    }

    @Test(arguments: [true, false]) func `an engine that is not heard lets go by itself`(announces: Bool) async throws {
        let (source, transport) = (
            ScriptedSource(announces: announces, lifetime: .milliseconds(400)), ScriptedTransport()
        )
        let run = source.add(.hang)
        try await withEngine(source, transport) { engine, _ in
            try await eventually { transport.calls.count == 1 }
            source.change { $0.isAway = true }
            try await eventually { transport.cancelled.count == 1 }
            try await eventually { engine.inFlight == 0 }
            #expect(throws: Problem.self) { try engine.checkReadiness() }
            #expect(engine.figures.beatsFailed > 0 && engine.figures.sessionsLost == 1)
            source.change { $0.isAway = false }
            // The old session is ended with the new one, which frees the run for its next epoch.
            try await eventually { transport.calls.count == 2 }
            transport.letGo()
            try await eventually { source.endings.count == 1 }
            #expect(source.endings.first?.run == run && source.endings.first?.epoch == 2)
            #expect(source.opened == 2)
            try engine.checkReadiness()
        }
    }

    @Test func `a beat that hangs does not keep the engine from letting go`() async throws {
        let (source, transport) = (ScriptedSource(announces: true, lifetime: .milliseconds(400)), ScriptedTransport())
        source.add(.hang)
        try await withEngine(source, transport) { engine, _ in
            try await eventually { transport.calls.count == 1 }
            source.change { $0.hangsBeats = true }
            try await eventually { transport.cancelled.count == 1 }
            try await eventually { engine.inFlight == 0 }
        }
        #expect(source.endings.isEmpty)
    }

    @Test(arguments: [true, false]) func `a late answer under an expired session is refused`(
        announces: Bool
    ) async throws {
        // Beats so rare that the answer comes before the engine learns that its session is over.
        let source = ScriptedSource(announces: announces, lifetime: .seconds(60), beat: .seconds(30))
        let transport = ScriptedTransport()
        let run = source.add(.hang)
        try await withEngine(source, transport) { _, _ in
            try await eventually { transport.calls.count == 1 }
            source.expireSessions()
            transport.letGo()
            try await eventually { source.refusals == 1 }
            #expect(!source.endings.contains { $0.run == run && $0.epoch == 1 })
        }
    }

    @Test(arguments: [true, false]) func `an expired session is replaced, and its calls are called off`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        let run = source.add(.hang)
        try await withEngine(source, transport) { engine, _ in
            try await eventually { transport.calls.count == 1 }
            source.expireSessions()
            try await eventually { transport.cancelled.first?.epoch == 1 }
            try await eventually { transport.calls.last?.assignment.lease.epoch == 2 }
            #expect(source.opened == 2)
            transport.letGo()
            try await eventually { source.endings.count == 1 }
            #expect(source.endings.first?.run == run && source.endings.first?.epoch == 2)
            try await eventually { engine.inFlight == 0 }
        }
    }

    @Test(arguments: [true, false]) func `a task that is cancelled during the call ends it`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        let run = source.add(.hang)
        let other = source.add(.hang)
        try await withEngine(source, transport) { engine, _ in
            try await eventually { transport.calls.count == 2 }
            source.cancel(run)
            try await eventually { transport.cancelled.map(\.runID) == [run] }
            try await eventually { engine.inFlight == 1 }
            transport.letGo()
            try await eventually { source.endings.map(\.run) == [other] }
            #expect(source.refusals == 0)
        }
    }

    @Test(arguments: [true, false]) func `a run beyond its time is called off and failed`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        source.add(.hang, timeoutSeconds: 1)
        try await withEngine(source, transport) { _, _ in
            try await eventually { source.endings.count == 1 }
            guard case .failed(let failure, _) = source.endings.first?.ending else {
                Issue.record("it did not fail")
                return
            }
            #expect(failure.code == "timeout" && failure.isRetryable)
            #expect(transport.cancelled.count == 1)
        }
    }

    @Test func `an agent's failure is told with the pause that it asked for`() async throws {
        let (source, transport) = (ScriptedSource(announces: true), ScriptedTransport())
        source.add(.fail)
        try await withEngine(source, transport) { _, _ in
            try await eventually { source.endings.count == 1 }
            let failure = RunFailure(code: "asked", message: "No.", isRetryable: true)
            #expect(source.endings.first?.ending == .failed(failure, leastPause: .seconds(2)))
        }
    }

    @Test func `that nobody can say how to call an agent costs its run no attempt`() async throws {
        let (source, transport) = (ScriptedSource(announces: true), ScriptedTransport())
        source.change { $0.unansweredLookUps = 3 }
        source.add()
        try await withEngine(source, transport) { _, _ in
            try await eventually { source.endings.count == 1 }
            #expect(transport.calls.count == 1, "it was asked again")
            source.change { $0.unansweredLookUps = 5 }
            let run = source.add()
            try await eventually { source.endings.count == 3 }
            let endings = source.endings.filter { $0.run == run }
            #expect(endings.first?.ending == .released(reason: "Nobody could say how to call the agent."))
            #expect(endings.last?.epoch == 2, "it was given back and came again")
        }
    }

    @Test func `an answer is kept until somebody takes it`() async throws {
        let (source, transport) = (ScriptedSource(announces: true), ScriptedTransport())
        source.change { $0.unansweredEndings = 5 }
        source.add()
        try await withEngine(source, transport) { _, _ in
            try await eventually { source.endings.count == 1 }
            #expect(transport.calls.count == 1)
        }
    }

    @Test(arguments: [true, false]) func `a drain lets runs end, and claims nothing more`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        source.add(.hang)
        try await withEngine(source, transport, drain: .seconds(30)) { engine, stop in
            try await eventually { transport.calls.count == 1 }
            await stop()
            try await eventually { (try? engine.checkReadiness()) == nil }
            // One that waits for work is called off, which takes a moment.
            try await eventually { source.waiting == 0 }
            let claims = source.claims
            source.add()
            transport.letGo()
            try await eventually { source.endings.count == 1 }
            try await eventually { source.endedSessions.count == 1 }
            #expect(source.claims == claims)
            #expect(source.endings.first?.ending == .completed(Array(#""done""#.utf8)))
        }
        #expect(transport.calls.count == 1)
    }

    @Test(arguments: [true, false]) func `what does not end within the drain is called off and given back`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        for _ in 0..<3 { source.add(.hang) }
        try await withEngine(source, transport, drain: .milliseconds(100)) { _, stop in
            try await eventually { transport.calls.count == 3 }
            await stop()
            try await eventually { source.endings.count == 3 }
            #expect(source.endings.allSatisfy { $0.ending == .released(reason: "The engine stops.") })
            #expect(Set(transport.cancelled) == Set(transport.calls.map(\.assignment.lease)))
        }
        #expect(source.held.isEmpty)
    }

    @Test(arguments: [true, false]) func `many runs of one workspace do not starve a few of another`(
        announces: Bool
    ) async throws {
        let (source, transport) = (ScriptedSource(announces: announces), ScriptedTransport())
        let (big, small) = (ID<Workspace>(trusted: "ws_big"), ID<Workspace>(trusted: "ws_small"))
        for _ in 0..<2000 { source.add(to: big) }
        for _ in 0..<3 { source.add(to: small) }
        try await withEngine(source, transport, concurrency: 2) { _, _ in
            try await eventually { Set(source.endings.map(\.run)).count == 2003 }
            let order = transport.calls.map(\.assignment.workspaceID)
            let last = try #require(order.lastIndex(of: small))
            let first = try #require(order.firstIndex(of: small))
            #expect(last - first < 100, "\(first)…\(last)")
        }
    }

    /// With fifty calls that take turns of 40 ms at two processors, a beat in the same queue would come a second late.
    @Test func `busy calls do not keep beats from going out`() async throws {
        let source = ScriptedSource(announces: true, lifetime: .milliseconds(650), beat: .milliseconds(50))
        let transport = ScriptedTransport()
        for _ in 0..<50 { source.add(.spin) }
        try await withEngine(source, transport, concurrency: 50) { engine, _ in
            try await eventually(within: .seconds(30)) { source.endings.count == 50 }
            #expect(engine.figures.sessionsLost == 0)
            #expect(source.refusals == 0)
        }
    }
}
