// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Postgres
import Store

extension RunEngine {
    private enum Landing: Sendable {
        case answered(AgentAnswer)
        case timedOut
        case withdrawn(Withdrawal)
    }

    /// Calls the agent of a claimed run and tells the kernel how it ended.
    func carryOut(_ run: ClaimedRun) async {
        defer {
            flights.land(run.lease.runID)
            // A place became free, for any agent.
            wake([run.task.agent])
        }
        guard let agent = try? await directory.entry(run.task.agent, in: workspaceID)?.agent else {
            let failure = RunFailure(
                code: "agent_unknown", message: "The agent is not registered any more.", isRetryable: true)
            return await finish(run, .failed(failure, leastPause: .zero))
        }
        let limit = Duration.seconds(run.task.timeoutSeconds)
        let call = AgentCall(
            agent: agent, task: run.task, lease: run.lease, runNumber: run.run.number, deadline: .now() + limit)
        switch await land(call, within: limit) {
        case .answered(.completed(let result)): await finish(run, .completed(result))
        case .answered(.failed(let failure, let pause)): await finish(run, .failed(failure, leastPause: pause))
        case .timedOut:
            await transport.cancel(call)
            let failure = RunFailure(
                code: "timeout", message: "The run took longer than \(run.task.timeoutSeconds) seconds.",
                isRetryable: true)
            await finish(run, .failed(failure, leastPause: .zero))
        case .withdrawn(.shutdown):
            await transport.cancel(call)
            await finish(run, .released(reason: "stopping"))
        case .withdrawn(.taskEnded), .withdrawn(.leaseLost): await transport.cancel(call)
        }
    }

    /// The first of: the agent's answer, the time limit, a withdrawal.
    private func land(_ call: AgentCall, within limit: Duration) async -> Landing {
        await withTaskGroup(of: Landing?.self) { race in
            race.addTask { .answered(await self.transport.call(call)) }
            race.addTask { (try? await Task.sleep(for: limit)).map { .timedOut } }
            race.addTask { await self.flights.withdrawal(of: call.lease.runID).map { .withdrawn($0) } }
            defer { race.cancelAll() }
            for await landing in race {
                if let landing { return landing }
            }
            return .withdrawn(.shutdown)
        }
    }

    private func finish(_ run: ClaimedRun, _ ending: FinishRun.Ending) async {
        let command = FinishRun(
            workspaceID: workspaceID, roomID: run.task.roomID, taskID: run.task.id, holder: .engine(run.lease),
            ending: ending,
            actor: actor)
        // The answer is kept while the database is away: the lease holds as long as nobody takes it.
        while true {
            do {
                _ = try await commit.submit(command)
                return
            } catch let problem as Problem where problem.kind == .unavailable && !Task.isCancelled {
                continue
            } catch {
                logger.info(
                    "the end of a run was not accepted", error: error,
                    metadata: ["run_id": "\(run.lease.runID)", "trace_id": "\(run.task.traceID)"])
                return
            }
        }
    }

    // MARK: Withdrawals

    /// Calls off runs whose tasks ended by other hands.
    func followWithdrawals() async {
        while hub.lastPosition(of: workspaceID) == nil, !Task.isCancelled, !hub.isClosed {
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
        }
        var position = hub.lastPosition(of: workspaceID) ?? 0
        while !Task.isCancelled, !hub.isClosed {
            await hub.wait(for: workspaceID, past: position)
            guard let entries = hub.recent(of: workspaceID, after: position, limit: EventHub.ringCapacity) else {
                // So far behind that events were missed: nothing is certain but what the leases say.
                position = hub.lastPosition(of: workspaceID) ?? position
                await withdrawWhatIsNotHeld()
                continue
            }
            for entry in entries { withdraw(after: entry.event.event) }
            position += Int64(entries.count)
        }
    }

    private func withdraw(after event: Event) {
        guard let run = event.runID else { return }
        switch event.type {
        case "task.cancelled", "task.completed", "task.failed": flights.withdraw(run, .taskEnded)
        // Our own giving back lands before its event is read, so what is still in flight was taken from us.
        case "run.lease_lost": flights.withdraw(run, .leaseLost)
        default: break
        }
    }

    private func withdrawWhatIsNotHeld() async {
        let statement = LeaseStore.held(by: sessions.current, in: workspaceID)
        guard let held = try? statement.decode(try await pool.query(statement.sql)) else { return }
        let kept = Set(held.map(\.lease.runID))
        for run in flights.runs where !kept.contains(run) { flights.withdraw(run, .taskEnded) }
    }
}
