// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging

extension RunEngine {
    /// How often a source is asked for an agent, a pause apart.
    private static let lookUps = 5

    /// Calls the agent of a claimed run and tells the source how it ended.
    func carryOut(_ run: Assignment) async {
        var isFree = false
        defer {
            flights.land(run.lease)
            turns.landed(isFree: isFree)
            source.landed(run)
        }
        let known: Agent?
        do {
            known = try await lookUp(run)
        } catch {
            return await finish(run, .released(reason: "Nobody could say how to call the agent."))
        }
        guard let agent = known, agent.kind.isCalled else {
            let failure = RunFailure(
                code: "agent_unknown", message: "The agent is not registered any more.", isRetryable: true)
            return await finish(run, .failed(failure, leastPause: .zero))
        }
        guard await start(run) else { return }
        let limit = Duration.seconds(run.timeoutSeconds)
        let call = AgentCall(agent: agent, assignment: run, deadline: .now() + limit)
        let landing = await land(call, within: limit)
        isFree = turns.beginFinishing()
        switch landing {
        case .answered(.completed(let result)): await finish(run, .completed(result))
        case .answered(.failed(let failure, let pause)): await finish(run, .failed(failure, leastPause: pause))
        case .timedOut:
            await transport.cancel(call)
            let failure = RunFailure(
                code: "timeout", message: "The run took longer than \(run.timeoutSeconds) seconds.",
                isRetryable: true)
            await finish(run, .failed(failure, leastPause: .zero))
        case .withdrawn(.shutdown):
            await transport.cancel(call)
            await finish(run, .released(reason: "The engine stops."))
        case .withdrawn(.taskEnded), .withdrawn(.leaseLost): await transport.cancel(call)
        }
    }

    /// The agent of a run; nil when there is none of that name. That nobody answers is no such word, and must not cost the
    /// run an attempt: the question is asked again, and then thrown.
    private func lookUp(_ run: Assignment) async throws -> Agent? {
        for _ in 1..<Self.lookUps {
            if let answer = try? await .some(source.agent(run.agent, in: run.workspaceID)) { return answer }
            try await Task.sleep(for: settings.pause)
        }
        return try await source.agent(run.agent, in: run.workspaceID)
    }

    /// False when the run is no longer ours; an agent is not called in vain.
    private func start(_ run: Assignment) async -> Bool {
        do {
            try await source.start(run)
        } catch let problem as Problem where problem.kind == .unavailable || problem.kind == .timeout {
            // It is ours for as long as the session is trusted, whoever has been told.
        } catch {
            refused(run, error)
            return false
        }
        return true
    }

    /// The first of: the agent's answer, the time limit, a withdrawal.
    private func land(_ call: AgentCall, within limit: Duration) async -> FlightBoard.Landing {
        let lease = call.assignment.lease
        let alarm = AlarmClock.shared.set(at: .now + limit) { [flights] in flights.settle(lease, .timedOut) }
        defer { AlarmClock.shared.dismiss(alarm) }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { self.flights.settle(lease, .answered(await self.transport.call(call))) }
            defer { group.cancelAll() }
            return await flights.landing(of: lease)
        }
    }

    private func finish(_ run: Assignment, _ ending: RunEnding) async {
        // The answer is kept while nobody listens: the lease holds as long as nobody takes it.
        while true {
            do {
                return try await source.finish(run, ending)
            } catch let problem as Problem where problem.kind == .unavailable || problem.kind == .timeout {
                let pause = min(problem.retryAfter ?? .zero, settings.pause)
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            } catch {
                return refused(run, error)
            }
        }
    }

    private func refused(_ run: Assignment, _ error: any Error) {
        logger.info(
            "what was told of a run was not accepted", error: error,
            metadata: ["run_id": "\(run.lease.runID)", "trace_id": "\(run.traceID)"])
    }
}
