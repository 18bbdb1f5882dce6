// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Logging
import Postgres
import Render
import RenderMonitor
import RenderPlans
import ServiceKit
import ServiceLifecycle
import Store

/// The parts of the daemon, wired together.
struct RenderctlService: Sendable {
    let door: RenderDoor
    let board: ServiceBoard
    let deploys: DeployDesk
    let environments: EnvironmentDesk
    let maker: ServiceMaker
    let plans: PlanDesk
    let applies: ApplyDesk
    let monitor: RenderMonitor?
    let monitorSettings: MonitorSettings
    private let pool: PostgresPool
    private let courier: OutboxCourier
    private let recorder: Recorder
    /// Keeps who called what.
    let calls: CallRecorder
    private let housekeeper: Housekeeper

    init(
        _ settings: Settings, name: String, pool: PostgresPool, fingerprintKey: Secret<[UInt8]>,
        redact: @escaping @Sendable (String) -> String, logger: Logger
    ) {
        self.pool = pool
        monitorSettings = settings.monitor
        let client = settings.token.map { RenderClient(baseURL: settings.apiURL, token: $0, logger: logger) }
        let door = RenderDoor(client: client, ownerID: settings.ownerID)
        let orchestrator = settings.orchestratorURL.map { url in
            ServiceClient(
                peer: "orchestrator-svc", baseURL: url,
                credential: .internalKey(settings.internalKey, service: name))
        }
        let outbox = RenderOutboxStore(pool: pool)
        let courier = OutboxCourier(outbox: outbox, client: orchestrator, logger: logger)
        let recorder = Recorder(outbox: outbox, ring: courier.ring, logger: logger)
        let board = ServiceBoard(door: door, watched: settings.monitor.watched, logger: logger)
        let lockStore = RenderLockStore(pool: pool)
        let locks = StoredLocks(store: lockStore)
        let planStore = RenderPlanStore(pool: pool)
        let applyStore = RenderApplyStore(pool: pool)
        let appliedStore = AppliedStore(pool: pool)
        self.door = door
        self.board = board
        self.courier = courier
        self.recorder = recorder
        calls = CallRecorder(redact: redact, logger: logger) { events in
            try await outbox.put(events)
            courier.ring()
        }
        deploys = DeployDesk(
            door: door, board: board, recorder: recorder, requests: RenderRequestStore(pool: pool))
        environments = EnvironmentDesk(door: door, deploys: deploys, locks: locks, recorder: recorder)
        maker = ServiceMaker(door: door, board: board, recorder: recorder)
        plans = PlanDesk(
            door: door, plans: planStore, ledger: StoredLedger(store: appliedStore),
            fingerprints: Fingerprinter(key: fingerprintKey), memory: PlanMemory(), recorder: recorder)
        let runner = ApplyRunner(
            door: door, board: board, desk: plans, applies: applyStore, locks: locks, recorder: recorder, logger: logger
        )
        applies = ApplyDesk(door: door, desk: plans, applies: applyStore, applied: appliedStore, runner: runner)
        housekeeper = Housekeeper(plans: planStore, applies: applyStore, locks: lockStore, logger: logger)
        monitor = client.map { client in
            RenderMonitor(
                MonitorPorts(
                    render: client, ledger: StoredMonitorLedger(store: MonitorMemoryStore(pool: pool)), locks: locks,
                    blueprint: AppliedBlueprints(applied: appliedStore, plans: planStore),
                    events: MonitorRecorder(recorder: recorder)),
                settings: settings.monitor, workspaces: settings.ownerID.map { [$0] },
                holder: "monitor (\(ULID.make().text.suffix(6)))", redact: redact, logger: logger)
        }
    }

    /// In the order of dependence: what is added later stops earlier.
    func addServices(to daemon: inout Daemon) {
        daemon.add(pool)
        daemon.add(housekeeper)
        daemon.add(courier)
        daemon.add(calls)
        daemon.add(applies.runner)
        if let monitor { daemon.add(monitor) }
        let (pool, door, courier) = (pool, door, courier)
        daemon.require("postgres") { try await pool.ping() }
        daemon.watch("render") { try await door.checkReachable() }
        daemon.watch("events") { try courier.checkDelivering() }
        daemon.observeCall = calls.note
    }

    /// Answers what the monitor knows.
    func answerMonitor(_ router: inout EndpointRouter) {
        let (monitor, settings) = (monitor, monitorSettings)
        router.on(RenderAPI.monitor) { _, _ in
            guard let monitor else {
                return RenderMonitorView(
                    isRunning: false, reason: "There is no key of Render's API: set RENDER_API_TOKEN.",
                    period: settings.period, nextAt: nil, lastTick: nil, missing: [], services: [], diagnoses: [])
            }
            return RenderMonitorView(try await monitor.status(), isRunning: true, reason: nil)
        }
    }

    func addMetrics(to metrics: Metrics) {
        let (courier, recorder, calls, runner) = (courier, recorder, calls, applies.runner)
        metrics.gauge("render_events_waiting", "Events that the orchestrator has not taken yet.") {
            Double(courier.figures.waiting)
        }
        metrics.counter("render_events_delivered_total", "Events that the orchestrator has taken.") {
            courier.delivered
        }
        metrics.counter("render_event_failures_total", "Times events could not be told to the orchestrator.") {
            courier.failures
        }
        metrics.counter("render_events_lost_total", "Events that could not be kept.") { recorder.failures.value }
        metrics.gauge(
            "render_calls_unrecorded", "Calls of this daemon whose event is not written yet, as repeated reads are."
        ) { Double(calls.unwritten) }
        metrics.counter("render_calls_lost_total", "Calls of this daemon that could not be recorded.") {
            calls.lost.value
        }
        metrics.gauge("render_applies_running", "Applies under way in this process.") {
            Double(runner.figures.running)
        }
        let ended = "Applies that have ended, by how."
        metrics.counter("render_applies_total", ended, [("status", "succeeded")]) { runner.figures.succeeded }
        metrics.counter("render_applies_total", ended, [("status", "failed")]) { runner.figures.failed }
        metrics.counter("render_applies_total", ended, [("status", "abandoned")]) { runner.figures.abandoned }
        metrics.counter("render_applies_resumed_total", "Applies that were taken up after an interruption.") {
            runner.figures.resumed
        }
        guard let client = try? door.client() else { return }
        for name in ["reads", "writes", "logs", "deploys"] { addRate(name, of: client, to: metrics) }
    }

    private func addRate(_ name: String, of client: RenderClient, to metrics: Metrics) {
        let label: [Metrics.Label] = [("bucket", name)]
        func read(_ value: @escaping @Sendable (RenderPaces.Rate) -> Int) -> @Sendable () -> Double {
            { client.rates.first { $0.name == name }.map { Double(value($0)) } ?? 0 }
        }
        metrics.gauge(
            "render_calls_last_minute", "Calls of Render's API in the last minute.", label, reading: read(\.used))
        metrics.gauge(
            "render_calls_limit", "Calls of Render's API that a minute allows.", label, reading: read(\.limit))
        metrics.gauge(
            "render_calls_waiting", "Calls that wait for Render's limits.", label, reading: read(\.waiting))
    }
}

/// Drops what has been kept for long enough; any number of daemons may do so at once.
private struct Housekeeper: Service {
    let plans: RenderPlanStore
    let applies: RenderApplyStore
    let locks: RenderLockStore
    let logger: Logger
    private static let period = Duration.seconds(3600)
    private static let retry = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isDone = await pass()
                try? await Task.sleep(for: isDone ? Self.period : Self.retry)
            }
        }
    }

    private func pass() async -> Bool {
        do {
            try await applies.prune()
            try await plans.prune()
            try await locks.prune()
            return true
        } catch {
            if !Task.isCancelled { logger.warning("Old plans and applies could not be dropped.", error: error) }
            return false
        }
    }
}
