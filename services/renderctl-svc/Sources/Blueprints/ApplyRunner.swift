// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Render
import RenderPlans
import ServiceLifecycle
import Store
import Synchronization

/// Carries applies out in the background, and takes up those that were cut off: by the end of a daemon, or because the
/// database or Render was away.
final class ApplyRunner: Service {
    /// An apply to be carried out.
    struct Job: Sendable {
        let plan: Plan
        let request: PlanRequest
        let principal: Principal
        let traceID: String
        let action: RenderAction
    }

    /// What has become of applies since the start.
    struct Figures: Sendable {
        var running = 0
        var succeeded = 0
        var failed = 0
        var abandoned = 0
        var resumed = 0
    }

    private struct Ticket: Sendable {
        let job: Job
        /// Told once: the apply's id, or why none was begun.
        let begun: AsyncStream<Result<String, any Error>>.Continuation
    }

    /// The apply that was begun.
    private final class Beginning: Sendable {
        let id = Mutex<String?>(nil)
    }

    let door: RenderDoor
    let desk: PlanDesk
    let applies: RenderApplyStore
    let locks: StoredLocks
    let recorder: Recorder
    let logger: Logger
    private let tickets: AsyncStream<Ticket>
    private let queue: AsyncStream<Ticket>.Continuation
    private let state = Mutex(Figures())
    /// Between tries to take an apply up; a lock whose holder is dead expires within half a minute.
    static let pause = Duration.seconds(3)

    init(
        door: RenderDoor, desk: PlanDesk, applies: RenderApplyStore, locks: StoredLocks, recorder: Recorder,
        logger: Logger
    ) {
        self.door = door
        self.desk = desk
        self.applies = applies
        self.locks = locks
        self.recorder = recorder
        self.logger = logger
        (tickets, queue) = AsyncStream.makeStream(of: Ticket.self, bufferingPolicy: .bufferingOldest(100))
    }

    var figures: Figures { state.withLock { $0 } }

    /// Starts an apply, and answers its id once it is written down; throws why it may not run.
    func start(_ job: Job) async throws -> String {
        let (begun, continuation) = AsyncStream.makeStream(of: Result<String, any Error>.self)
        guard case .enqueued = queue.yield(Ticket(job: job, begun: continuation)) else {
            throw Problem(
                .unavailable, "The daemon is stopping, or has too much to do. Try again.", code: "busy",
                retryAfter: .seconds(5))
        }
        for await result in begun { return try Self.answer(result) }
        throw Problem.cancelled
    }

    private static func answer(_ result: Result<String, any Error>) throws -> String {
        do {
            return try result.get()
        } catch let error as ApplyError {
            throw error.asProblem
        }
    }

    func run() async throws {
        let tickets = tickets
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.takeUpAll() }
                for await ticket in tickets { group.addTask { await self.carryOut(ticket) } }
            }
        }
        queue.finish()
    }

    // MARK: One apply

    private func carryOut(_ ticket: Ticket) async {
        let job = ticket.job
        count { $0.running += 1 }
        defer { count { $0.running -= 1 } }
        let beginning = Beginning()
        do {
            try await apply(job, id: "apply_\(ULID.make().text)") { begun in
                beginning.id.withLock { $0 = begun }
                ticket.begun.yield(.success(begun))
                ticket.begun.finish()
            }
        } catch {
            ticket.begun.yield(.failure(error))
            ticket.begun.finish()
            guard let id = beginning.id.withLock({ $0 }), !Task.isCancelled else { return }
            logger.warning(
                "An apply was interrupted; it is taken up again.", error: error, metadata: ["apply": "\(id)"])
            await goOn(id, job)
        }
    }

    /// Applies a plan as `id` and writes down how it went.
    func apply(_ job: Job, id: String, begun: @escaping @Sendable (String) -> Void) async throws {
        let applier = try applier(job)
        let (beginnings, beginning) = AsyncStream.makeStream(of: String.self)
        let report = try await withThrowingTaskGroup(of: ApplyReport?.self) { group in
            group.addTask {
                defer { beginning.finish() }
                return try await applier.apply(
                    job.plan, principal: job.principal.text, options: job.request.applyOptions, id: id
                ) { progress in
                    guard case .began(let id, _) = progress else { return }
                    beginning.yield(id)
                    begun(id)
                }
            }
            group.addTask {
                for await id in beginnings { await self.recordStart(of: id, job) }
                return nil
            }
            var report: ApplyReport?
            while let next = try await group.next() { report = next ?? report }
            guard let report else { throw CancellationError() }
            return report
        }
        await finish(report, by: job.principal, traceID: job.traceID)
    }

    /// Goes on with an apply of this process until it has ended.
    private func goOn(_ id: String, _ job: Job) async {
        while !Task.isCancelled {
            do {
                let report = try await applier(job).resume(
                    id, plan: job.plan, principal: job.principal.text, options: job.request.applyOptions)
                count { $0.resumed += 1 }
                return await finish(report, by: job.principal, traceID: job.traceID)
            } catch ApplyError.ended {
                return
            } catch ApplyError.stale(let fields) {
                await abandon(id, ApplyError.stale(fields), by: job.principal, traceID: job.traceID)
                return
            } catch {
                logger.warning("An apply cannot be taken up yet.", error: error, metadata: ["apply": "\(id)"])
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    func applier(_ job: Job) throws -> Applier {
        let (client, desk, request) = (try door.patientClient(), desk, job.request)
        let blueprint = request.blueprint
        return Applier(
            client: client, ledger: desk.ledger, journal: StoredJournal(store: applies), locks: locks,
            live: LiveView(
                snapshot: {
                    let applied = try await desk.ledger.applied(ownerID: request.ownerID, blueprint: request.name)
                    return try await SnapshotReader(client: client).read(
                        ownerID: request.ownerID, blueprint: blueprint, applied: applied
                    ).snapshot
                },
                resolver: { Resolver(blueprint: blueprint, live: $0, entered: request.options.entered) },
                fingerprints: desk.fingerprints))
    }

    // MARK: Writing down

    private func recordStart(of id: String, _ job: Job) async {
        await recorder.record(
            .applyStarted, by: job.principal, traceID: job.traceID,
            JSONObject(
                [
                    ("apply_id", .string(id)), ("plan_id", .string(job.plan.id)),
                    ("owner_id", .string(job.plan.ownerID)), ("name", .string(job.plan.blueprint)),
                ] + job.action.members))
    }

    private func finish(_ report: ApplyReport, by principal: Principal, traceID: String) async {
        let failures = report.entries.compactMap { entry in
            if case .failed(let message) = entry.outcome { "\(entry.resource): \(message)" } else { nil }
        }
        let message = failures.isEmpty ? nil : failures.prefix(3).joined(separator: "; ")
        if let message { try? await applies.explain(report.applyID, message: message) }
        count { figures in
            switch report.status {
            case .succeeded: figures.succeeded += 1
            case .failed: figures.failed += 1
            case .abandoned: figures.abandoned += 1
            case .running: break
            }
        }
        await recordEnd(
            of: report.applyID, planID: report.planID, ownerID: report.ownerID, name: report.blueprint,
            status: report.status, message: message, by: principal, traceID: traceID)
    }

    /// Says why an apply that was settled is not gone on with.
    func abandon(_ id: String, _ why: any Error, by principal: Principal, traceID: String) async {
        let message = (why as? ApplyError)?.description ?? (why as? Problem)?.message ?? "It was interrupted."
        try? await applies.explain(id, message: message)
        count { $0.abandoned += 1 }
        guard let stored = try? await applies.apply(id) else { return }
        await recordEnd(
            of: id, planID: stored.planID, ownerID: stored.ownerID, name: stored.blueprint, status: .abandoned,
            message: message, by: principal, traceID: traceID)
    }

    private func recordEnd(
        of id: String, planID: String, ownerID: String, name: String, status: ApplyStatus, message: String?,
        by principal: Principal, traceID: String
    ) async {
        await recorder.record(
            .applyFinished, by: principal, traceID: traceID,
            [
                "apply_id": .string(id), "plan_id": .string(planID), "owner_id": .string(ownerID),
                "name": .string(name), "status": .string(status.rawValue),
                "message": message.map { .string($0) } ?? .null,
            ])
    }

    func count(_ change: (inout Figures) -> Void) { state.withLock { change(&$0) } }
}
