// SPDX-License-Identifier: Apache-2.0

package import Common
package import Crypto
package import Domain
package import Logging
package import Postgres
package import ServiceLifecycle
import Store
import Synchronization

/// Everything an orchestrator does beside calling agents, put together: lanes, hub and reconcilers, each woken by the
/// others, and the source of an engine's runs.
package final class Orchestrator: Sendable {
    package struct Settings: Sendable {
        package var workspaceID = Workspace.defaultID
        package var lanes = 4
        /// Whether an engine of this process is to be given runs; else they are left to engines outside.
        package var hasEngine = true
        package var headPeriod: Duration = .seconds(5)
        /// More tasks than this failing for good within the window are an incident.
        package var deadLetters = 20
        package var deadLetterWindow: Duration = .seconds(600)

        package init() {}
    }

    package let tasks: TaskOperations
    package let runs: RunOperations
    package let workers: WorkerOperations
    package let limits: LimitOperations
    package let queues: QueueOperations
    package let pipeline: PipelineOperations
    package let agents: AgentOperations
    package let workspaces: WorkspaceOperations
    package let rooms: RoomOperations
    package let threads: ThreadOperations
    package let incidents: IncidentOperations
    package let events: EventOperations
    package let schedules: ScheduleOperations
    package let hooks: HookOperations
    package let hub: EventHub
    package let commit: GroupCommit
    package let signer: HeadSigner
    /// For the engine of this process; nil when there is to be none.
    package let runSource: EmbeddedRunSource?
    package let tailer: EventTailer
    package let notifier: WakeNotifier
    /// In the order in which they depend on each other.
    package let services: [any Service]

    private let settings: Settings
    private let pool: PostgresPool
    private let actor: Principal

    /// `name` is the principal of what the orchestrator does by itself; what `wakes` needs to run is run by the caller.
    /// `droppedLogFrames` tells how many log frames of this process were lost since its start.
    package init(
        name: String, settings: Settings, pool: PostgresPool, wakes: any WakeChannel,
        internalKey: Secret<String>, keeper: any HeadKeeper, signingKey: Curve25519.Signing.PrivateKey,
        droppedLogFrames: @escaping @Sendable () -> Int = { 0 }, logger: Logger
    ) {
        self.settings = settings
        self.pool = pool
        let actor = Principal(.service, name)
        self.actor = actor
        let hub = EventHub()
        let directory = AgentDirectory(pool: pool)
        let notifier = WakeNotifier(channel: wakes, logger: logger)
        let wiring = Wiring()
        let commit = GroupCommit(
            pool: pool, lanes: settings.lanes, logger: logger,
            companion: { wiring.source?.claim(alongside: $1, in: $0, atMost: $2) }
        ) { batch in
            hub.publish(batch.events, of: batch.workspaceID)
            wiring.committed(batch)
            if let last = batch.events.last { notifier.notify(batch.workspaceID, at: last.position) }
        }
        let source =
            settings.hasEngine
            ? EmbeddedRunSource(
                worker: name, commit: commit, pool: pool, directory: directory, hub: hub, logger: logger) : nil
        if let source { wiring.connect(source) }
        let promoter = RunPromoter(commit: commit, actor: actor)
        let promotion = Reconciler("run-promoter", logger: logger) { try await promoter.pass() }
        let expirer = ApprovalExpirer(commit: commit, actor: actor)
        let expiry = Reconciler("approval-expirer", logger: logger) { try await expirer.pass() }
        let firer = ScheduleFirer(pool: pool, commit: commit, actor: actor, logger: logger)
        let firing = Reconciler("schedule-firer", logger: logger) { try await firer.pass() }
        let rescuer = RunRescuer(commit: commit, actor: actor, logger: logger)
        let rescue = Reconciler("run-rescuer", logger: logger) { try await rescuer.pass() }
        let settler = DependencySettler(commit: commit, actor: actor)
        let settling = Reconciler("dependency-settler", logger: logger) { try await settler.pass() }
        let waiters = ClaimWaiters()
        let marks = ClaimMarks()
        let unparker = RunUnparker(pool: pool) { queues, workspaceID in
            source?.wake(queues, in: workspaceID)
            waiters.wake(workspaceID, Dictionary(queues.map { ($0, 1) }, uniquingKeysWith: +))
        }
        let unparking = Reconciler("run-unparker", logger: logger) { try await unparker.pass() }
        let pruner = DedupPruner(pool: pool)
        let pruning = Reconciler("dedup-pruner", logger: logger) { try await pruner.pass() }
        let systemIncidents = SystemIncidents(commit: commit, actor: actor, logger: logger)
        let failures = DeadLetterWatcher.Failures()
        let watchers = Self.watchers(
            settings, pool: pool, hub: hub, incidents: systemIncidents, failures: failures, daemon: name,
            droppedLogFrames: droppedLogFrames, logger: logger)
        let signer = HeadSigner(
            key: signingKey, keeper: keeper, pool: pool, period: settings.headPeriod, incidents: systemIncidents,
            logger: logger)
        let signing = Reconciler("head-signer", logger: logger) { try await signer.pass() }
        let tailer = EventTailer(hub: hub, pool: pool, wakes: wakes, logger: logger) { workspaceID, events in
            directory.invalidate(workspaceID)
            source?.wakeAll(in: workspaceID)
            let news = RunNews(events)
            let mayFree = waiters.knowsFull(in: workspaceID) || unparker.knowsParked(in: workspaceID)
            if news.mayConcernAny || news.hasEnded && mayFree {
                marks.forget(workspaceID)
                waiters.wakeAll(workspaceID)
            } else {
                waiters.wake(workspaceID, news.ready)
            }
        }
        let pulse = PulseReader(pool: pool, logger: logger) { pulse in
            let workspaceID = pulse.workspaceID
            tailer.notice(workspaceID, at: pulse.position)
            if pulse.hasReadyRuns {
                source?.wakeAll(in: workspaceID)
                waiters.wakeAll(workspaceID)
            }
            if pulse.hasSettled {
                settler.learn(of: workspaceID)
                settling.kick()
            }
            if pulse.hasParked, unparker.learn(workspaceID, dueIn: nil) { unparking.kick() }
            if pulse.hasOrphans {
                rescuer.learn(of: workspaceID)
                rescue.kick()
            }
            if let wait = pulse.nextDue, promoter.learn(workspaceID, dueIn: wait) { promotion.kick() }
            if let wait = pulse.nextExpiry, expirer.learn(workspaceID, dueIn: wait) { expiry.kick() }
            if let time = pulse.nextFire, firer.learn(time) { firing.kick() }
        }
        wiring.connect { batch in
            let workspaceID = batch.workspaceID
            let news = WorkspaceNews(batch.events)
            if news.hasReopened {
                marks.forget(workspaceID)
                source?.wakeAll(in: workspaceID)
                waiters.wakeAll(workspaceID)
            }
            if news.hasChangedLimit, unparker.learn(workspaceID, dueIn: .zero) { unparking.kick() }
            waiters.note(full: batch.full, in: workspaceID)
            if !batch.freed.isEmpty { waiters.free(workspaceID, batch.freed) }
            if !batch.ready.isEmpty {
                source?.wake(batch.ready.keys, in: workspaceID)
                waiters.wake(workspaceID, batch.ready)
            }
            if batch.hasFailures { failures.note(workspaceID) }
            if batch.hasSettledDependencies {
                settler.learn(of: workspaceID)
                settling.kick()
            }
            if let wait = batch.earliestUnpark, unparker.learn(workspaceID, dueIn: wait) { unparking.kick() }
            if let due = batch.earliestDelay, promoter.learn(workspaceID, dueIn: due - .now()) {
                promotion.kick()
            }
            if let due = batch.earliestExpiry, expirer.learn(workspaceID, dueIn: due - .now()) { expiry.kick() }
            if let time = batch.earliestFire, firer.learn(time) { firing.kick() }
        }
        self.hub = hub
        self.commit = commit
        self.signer = signer
        runSource = source
        self.tailer = tailer
        self.notifier = notifier
        tasks = TaskOperations(pool: pool, commit: commit, directory: directory)
        let core = OperationsCore(pool: pool, commit: commit)
        runs = RunOperations(
            core: core, tasks: tasks, directory: directory, waiters: waiters, marks: marks,
            leaseSigner: LeaseSigner(internalKey: internalKey))
        workers = WorkerOperations(core: core) { workspaceID in
            rescuer.learn(of: workspaceID)
            rescue.kick()
        }
        limits = LimitOperations(core: core)
        pipeline = PipelineOperations(core: core)
        queues = QueueOperations(core: core, directory: directory)
        agents = AgentOperations(pool: pool, commit: commit, directory: directory)
        workspaces = WorkspaceOperations(pool: pool, commit: commit, hub: hub)
        rooms = RoomOperations(pool: pool, commit: commit)
        threads = ThreadOperations(pool: pool, commit: commit)
        incidents = IncidentOperations(pool: pool, commit: commit)
        events = EventOperations(pool: pool)
        schedules = ScheduleOperations(core: core, tasks: tasks, directory: directory)
        hooks = HookOperations(core: core, directory: directory)
        services =
            [tailer, notifier, commit, signing, promotion, expiry, firing, rescue, settling, unparking, pruning, pulse]
            + watchers
            + [WorkspaceOpener { try await Self.open(settings, commit: commit, pool: pool, hub: hub, actor: actor) }]
    }

    /// What looks whether all is well, and opens incidents where it is not. None of it costs anything at rest.
    private static func watchers(
        _ settings: Settings, pool: PostgresPool, hub: EventHub, incidents: SystemIncidents,
        failures: DeadLetterWatcher.Failures, daemon: String, droppedLogFrames: @escaping @Sendable () -> Int,
        logger: Logger
    ) -> [any Service] {
        let chain = ChainWatcher(pool: pool, hub: hub, incidents: incidents)
        let deadLetters = DeadLetterWatcher(
            limit: settings.deadLetters, window: settings.deadLetterWindow, pool: pool, incidents: incidents,
            failures: failures)
        let logDrops = LogDropWatcher(
            daemon: daemon, workspaceID: settings.workspaceID, dropped: droppedLogFrames, incidents: incidents)
        let projections = ProjectionWatcher(pool: pool, hub: hub, incidents: incidents)
        return [
            Reconciler("chain-watcher", logger: logger) { try await chain.pass() },
            Reconciler("dead-letter-watcher", logger: logger) { try await deadLetters.pass() },
            Reconciler("log-drop-watcher", logger: logger) { try await logDrops.pass() },
            Reconciler("projection-watcher", logger: logger) { try await projections.pass() },
        ]
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
        /// In a type of its own: a closure that goes through a generic lock by itself is wrapped once more each time.
        private struct Handler {
            let take: @Sendable (CommittedBatch) -> Void
        }

        private let handler = Mutex<Handler?>(nil)
        private let engines = Mutex<EmbeddedRunSource?>(nil)

        func connect(_ source: EmbeddedRunSource) { engines.withLock { $0 = source } }

        /// Where the engine of this process gets its runs from.
        var source: EmbeddedRunSource? { engines.withLock { $0 } }

        func connect(_ take: @escaping @Sendable (CommittedBatch) -> Void) {
            handler.withLock { $0 = Handler(take: take) }
        }

        func committed(_ batch: CommittedBatch) { handler.withLock { $0 }?.take(batch) }
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
