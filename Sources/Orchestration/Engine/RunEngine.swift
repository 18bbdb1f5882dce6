// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// The embedded engine: claims ready runs, calls their agents, and tells the kernel what became of them.
///
/// It is one worker session. It beats every few seconds; when the database has not heard it for the session's
/// lifetime, its runs go to others, and it lets go of them by itself before that.
package final class RunEngine: Service {
    package struct Settings: Sendable {
        /// Runs carried out at the same time.
        package var concurrency = 64
        /// How long the session lives without a beat. A lost worker's runs start again about this much later.
        package var lifetime: Duration = .seconds(12)
        package var beat: Duration = .seconds(3)
        /// How long runs under way may go on after shutdown began, before they are handed back.
        package var drain: Duration = .seconds(10)

        package init() {}
    }

    let workspaceID: ID<Workspace>
    let sessions = SessionBook()
    let settings: Settings
    let commit: GroupCommit
    let pool: PostgresPool
    let directory: AgentDirectory
    let hub: EventHub
    let transport: any AgentTransport
    let logger: Logger
    let actor: Principal
    let flights = FlightBoard()
    let demand = ClaimDemand()

    package init(
        workspaceID: ID<Workspace>, worker: String, settings: Settings, commit: GroupCommit, pool: PostgresPool,
        directory: AgentDirectory, hub: EventHub, transport: any AgentTransport, logger: Logger
    ) {
        self.workspaceID = workspaceID
        self.settings = settings
        self.commit = commit
        self.pool = pool
        self.directory = directory
        self.hub = hub
        self.transport = transport
        self.logger = logger
        actor = Principal(.service, worker)
    }

    /// Runs under way.
    package var inFlight: Int { flights.count }

    /// Says that runs of these agents became ready.
    package func wake(_ agents: some Sequence<String>) { demand.add(agents) }

    /// Says that runs of any agent may be ready.
    package func wakeAll() { demand.addAll() }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepSession() }
                group.addTask { await self.followWithdrawals() }
                group.addTask { await self.claimAndCall() }
                // The claim loop ends after the drain; the others only serve it.
                for await _ in group where self.demand.isClosed && self.flights.isIdle { group.cancelAll() }
            }
            await self.endSession()
        } onGracefulShutdown: {
            self.demand.close()
        }
    }

    // MARK: Claiming

    private func claimAndCall() async {
        // Discarding, since ended runs would otherwise pile up in the group for as long as the daemon lives.
        await withDiscardingTaskGroup { group in
            for await _ in demand.signals {
                while !demand.isClosed, let (wishes, concurrency) = await wishes(), !wishes.isEmpty {
                    guard let runs = await claim(wishes, concurrency) else { break }
                    for run in runs { group.addTask { await self.carryOut(run) } }
                    if runs.isEmpty { break }
                }
            }
            await drain()
        }
    }

    /// What to ask for: agents that may have ready runs and can be reached.
    private func wishes() async -> (wishes: [ClaimRuns.Wish], concurrency: [String: Int])? {
        let free = settings.concurrency - flights.count
        guard free > 0, flights.mayClaim else { return nil }
        let agents: [AgentDirectory.Entry]
        do {
            agents = try await directory.reachable(in: workspaceID)
        } catch {
            logger.warning("cannot read agents", error: error)
            return nil
        }
        let wanted = demand.take()
        let wishes: [ClaimRuns.Wish] = agents.compactMap { entry in
            guard wanted.includes(entry.agent.name) else { return nil }
            return ClaimRuns.Wish(
                queue: entry.agent.name, limit: free, watermarks: demand.watermarks(of: entry.agent.name))
        }
        let concurrency = agents.map { ($0.agent.name, $0.agent.concurrency) }
        return (wishes, Dictionary(uniqueKeysWithValues: concurrency))
    }

    /// Nil when the claim could not be made; it is then tried again at the next pulse.
    private func claim(_ wishes: [ClaimRuns.Wish], _ concurrency: [String: Int]) async -> [ClaimedRun]? {
        let free = settings.concurrency - flights.count
        let command = ClaimRuns(
            workspaceID: workspaceID, session: sessions.current, wishes: wishes, concurrency: concurrency,
            limit: free, actor: actor)
        do {
            let runs: [ClaimedRun]
            switch try await commit.submit(command) {
            case .claimed(let claimed, let seen):
                runs = claimed
                demand.settle(wishes: wishes, claimed: claimed.map(\.task.agent), seen: seen)
            case .recalled(let leases): runs = try await reload(leases)
            }
            for run in runs { flights.board(run.lease.runID) }
            return runs
        } catch {
            // It may have happened all the same; what it took is then found and given back.
            sessions.suspectStrays()
            logger.warning("cannot claim runs", error: error)
            return nil
        }
    }

    /// The runs of a claim whose answer was lost with its connection.
    private func reload(_ leases: [(lease: Lease, taskID: ID<WorkTask>)]) async throws -> [ClaimedRun] {
        var runs: [ClaimedRun] = []
        for (lease, taskID) in leases {
            let statement = TaskStore.task(taskID, in: workspaceID)
            let history = TaskStore.runs(of: taskID, in: workspaceID, limit: 1)
            guard let task = try statement.decode(try await pool.query(statement.sql)),
                let run = try history.decode(try await pool.query(history.sql)).first
            else { continue }
            runs.append(ClaimedRun(lease: lease, task: task, run: run))
        }
        return runs
    }

    // MARK: Stopping

    /// Lets runs under way end for a while, then hands the rest back to the queue.
    private func drain() async {
        logger.info("draining", metadata: ["in_flight": "\(flights.count)"])
        let deadline = settings.drain
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await self.flights.waitUntilIdle() }
            race.addTask { try? await Task.sleep(for: deadline) }
            await race.next()
            race.cancelAll()
        }
        flights.withdrawAll(.shutdown)
    }
}
