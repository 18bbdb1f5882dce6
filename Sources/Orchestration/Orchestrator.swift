// SPDX-License-Identifier: Apache-2.0

package import Common
package import Crypto
package import Domain
package import Logging
package import Postgres
package import ServiceLifecycle
import Store
import Synchronization

/// Everything an orchestrator does, put together: lanes, hub, engine and reconcilers, each woken by the others.
package final class Orchestrator: Sendable {
    package struct Settings: Sendable {
        package var workspaceID = Workspace.defaultID
        package var lanes = 4
        /// Nil leaves the runs to engines outside.
        package var engine: RunEngine.Settings? = RunEngine.Settings()
        package var headPeriod: Duration = .seconds(5)

        package init() {}
    }

    package let tasks: TaskOperations
    package let runs: RunOperations
    package let workers: WorkerOperations
    package let limits: LimitOperations
    package let queues: QueueOperations
    package let pipeline: PipelineOperations
    package let agents: AgentOperations
    package let schedules: ScheduleOperations
    package let hooks: HookOperations
    package let hub: EventHub
    package let commit: GroupCommit
    package let signer: HeadSigner
    package let engine: RunEngine?
    package let tailer: EventTailer
    /// In the order in which they depend on each other.
    package let services: [any Service]

    private let settings: Settings
    private let pool: PostgresPool
    private let actor: Principal

    /// `name` is the principal of what the orchestrator does by itself.
    package init(
        name: String, settings: Settings, pool: PostgresPool, listener: PostgresListener,
        transport: any AgentTransport, internalKey: Secret<String>, keeper: any HeadKeeper,
        signingKey: Curve25519.Signing.PrivateKey,
        logger: Logger
    ) {
        self.settings = settings
        self.pool = pool
        let actor = Principal(.service, name)
        self.actor = actor
        let workspaceID = settings.workspaceID
        let hub = EventHub()
        let directory = AgentDirectory(pool: pool)
        let notifier = WakeNotifier(pool: pool, logger: logger)
        let wiring = Wiring()
        let commit = GroupCommit(pool: pool, lanes: settings.lanes, logger: logger) { batch in
            hub.publish(batch.events, of: batch.workspaceID)
            wiring.committed(batch)
            if let last = batch.events.last { notifier.notify(batch.workspaceID, at: last.position) }
        }
        let engine = settings.engine.map { engineSettings in
            RunEngine(
                workspaceID: workspaceID, worker: name, settings: engineSettings, commit: commit, pool: pool,
                directory: directory, hub: hub, transport: transport, logger: logger)
        }
        let promoter = RunPromoter(workspaceID: workspaceID, commit: commit, actor: actor)
        let promotion = Reconciler("run-promoter", logger: logger) { try await promoter.pass() }
        let firer = ScheduleFirer(pool: pool, commit: commit, actor: actor, logger: logger)
        let firing = Reconciler("schedule-firer", logger: logger) { try await firer.pass() }
        let rescuer = RunRescuer(workspaceID: workspaceID, commit: commit, actor: actor, logger: logger)
        let rescue = Reconciler("run-rescuer", logger: logger) { try await rescuer.pass() }
        let settler = DependencySettler(workspaceID: workspaceID, commit: commit, actor: actor)
        let settling = Reconciler("dependency-settler", logger: logger) { try await settler.pass() }
        let waiters = ClaimWaiters()
        let unparker = RunUnparker(workspaceID: workspaceID, pool: pool) { queues in
            engine?.wake(queues)
            for queue in queues { waiters.wake(workspaceID, [queue: 1]) }
        }
        let unparking = Reconciler("run-unparker", logger: logger) { try await unparker.pass() }
        let pruner = DedupPruner(pool: pool)
        let pruning = Reconciler("dedup-pruner", logger: logger) { try await pruner.pass() }
        let signer = HeadSigner(
            workspaceID: workspaceID, key: signingKey, keeper: keeper, pool: pool, period: settings.headPeriod,
            logger: logger)
        let signing = Reconciler("head-signer", logger: logger) { try await signer.pass() }
        let tailer = EventTailer(hub: hub, pool: pool, listener: listener, logger: logger) { workspaceID in
            directory.invalidate(workspaceID)
            engine?.wakeAll()
            waiters.wakeAll(workspaceID)
        }
        let pulse = PulseReader(pool: pool, logger: logger) { pulse in
            tailer.notice(pulse.workspaceID, at: pulse.position)
            if pulse.hasReadyRuns {
                engine?.wakeAll()
                waiters.wakeAll(pulse.workspaceID)
            }
            if pulse.hasSettled { settling.kick() }
            if pulse.hasParked, unparker.learn(dueIn: nil) { unparking.kick() }
            if pulse.hasOrphans { rescue.kick() }
            if let wait = pulse.nextDue, promoter.learn(dueIn: wait) { promotion.kick() }
            if let time = pulse.nextFire, firer.learn(time) { firing.kick() }
        }
        wiring.connect { batch in
            if !batch.ready.isEmpty {
                engine?.wake(batch.ready.keys)
                waiters.wake(batch.workspaceID, batch.ready)
            }
            if batch.hasSettledDependencies { settling.kick() }
            if let wait = batch.earliestUnpark, unparker.learn(dueIn: wait) { unparking.kick() }
            if let due = batch.earliestDelay, promoter.learn(dueIn: due - .now()) { promotion.kick() }
            if let time = batch.earliestFire, firer.learn(time) { firing.kick() }
        }
        self.hub = hub
        self.commit = commit
        self.signer = signer
        self.engine = engine
        self.tailer = tailer
        tasks = TaskOperations(pool: pool, commit: commit, directory: directory)
        let core = OperationsCore(pool: pool, commit: commit)
        runs = RunOperations(
            core: core, tasks: tasks, directory: directory, waiters: waiters,
            leaseSigner: LeaseSigner(internalKey: internalKey))
        workers = WorkerOperations(core: core, rescue: { rescue.kick() })
        limits = LimitOperations(core: core)
        pipeline = PipelineOperations(core: core)
        queues = QueueOperations(core: core, directory: directory)
        agents = AgentOperations(workspaceID: workspaceID, pool: pool, commit: commit, directory: directory)
        schedules = ScheduleOperations(core: core, tasks: tasks, directory: directory)
        hooks = HookOperations(core: core, directory: directory)
        let embedded: [any Service] = engine.map { [$0] } ?? []
        services =
            [
                listener, tailer, notifier, commit, signing, promotion, firing, rescue, settling, unparking, pruning,
                pulse,
            ] + embedded
            + [WorkspaceOpener { try await Self.open(settings, commit: commit, pool: pool, hub: hub, actor: actor) }]
    }

    /// Makes the workspace when it is missing and begins to follow it. Returns once that is so.
    private static func open(
        _ settings: Settings, commit: GroupCommit, pool: PostgresPool, hub: EventHub, actor: Principal
    ) async throws {
        try await commit.submit(
            OpenWorkspace(
                workspaceID: settings.workspaceID, name: settings.workspaceID.rawValue, actor: actor,
                traceID: TraceContext.makeRoot().traceID))
        let statement = EventStore.workspaceHeads()
        for head in try statement.decode(try await pool.query(statement.sql)) {
            hub.open(head.workspaceID, at: head.position)
        }
    }

    /// Throws unless the workspace is open and the database answers.
    package func checkReadiness() async throws {
        guard hub.lastPosition(of: settings.workspaceID) != nil else {
            throw Problem(.unavailable, "The workspace is not open yet.")
        }
        try await pool.ping()
    }

    /// Breaks the circle between the lanes and what they wake.
    private final class Wiring: Sendable {
        private let handler = Mutex<(@Sendable (CommittedBatch) -> Void)?>(nil)

        func connect(_ handler: @escaping @Sendable (CommittedBatch) -> Void) {
            self.handler.withLock { $0 = handler }
        }

        func committed(_ batch: CommittedBatch) { handler.withLock { $0 }?(batch) }
    }
}

/// Opens the workspace once the lanes run, trying again while the database is away.
private struct WorkspaceOpener: Service {
    let open: @Sendable () async throws -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await open()) == nil, (try? await Task.sleep(for: .seconds(1))) != nil {}
            while (try? await Task.sleep(for: .seconds(3600))) != nil {}
        }
    }
}
