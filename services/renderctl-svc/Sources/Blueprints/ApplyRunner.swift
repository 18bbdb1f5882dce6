// SPDX-License-Identifier: Apache-2.0

import Blueprints
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
    }

    /// What has become of applies since the start.
    struct Figures: Sendable {
        var running = 0
        var succeeded = 0
        var failed = 0
        var abandoned = 0
        var resumed = 0
    }

    /// The apply that was begun, which may be an earlier one of the same plan.
    final class Beginning: Sendable {
        let id = Mutex<String?>(nil)
    }

    private struct Ticket: Sendable {
        let job: Job
        /// Told once: the apply's id, or why none was begun.
        let begun: AsyncStream<Result<String, any Error>>.Continuation
    }

    let door: RenderDoor
    /// Shows services as they are, also while an apply changes them.
    let board: ServiceBoard
    let desk: PlanDesk
    let applies: RenderApplyStore
    let locks: StoredLocks
    let recorder: Recorder
    let logger: Logger
    private let tickets: AsyncStream<Ticket>
    private let queue: AsyncStream<Ticket>.Continuation
    private let state = Mutex(Figures())
    /// Applies that this process carries out or is about to, also while it waits to try again, and whether somebody else has
    /// left them.
    private let hands = Mutex<[String: Bool]>([:])
    let watch = Mutex(OrphanWatch())
    /// Between tries to go on with an apply: shorter than others wait before they take up what nobody holds
    /// (`OrphanWatch.grace`), since with this process its plan and what was entered for it would be lost.
    private static let pauses = RetryPolicy(firstPause: .seconds(2), longestPause: .seconds(8))

    init(
        door: RenderDoor, board: ServiceBoard, desk: PlanDesk, applies: RenderApplyStore, locks: StoredLocks,
        recorder: Recorder, logger: Logger
    ) {
        self.door = door
        self.board = board
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
                group.addTask { await self.takeUpWhatIsLeft() }
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
        await holding("apply_\(ULID.make().text)") { id in
            let begun = Beginning()
            do {
                let applier = try applier(job.request, by: job.principal, traceID: job.traceID)
                let report = try await applier.apply(
                    job.plan, principal: job.principal.text, options: job.request.applyOptions, id: id
                ) { progress in
                    self.show(progress, of: job.plan.ownerID)
                    guard case .began(let id, _) = progress else { return }
                    begun.id.withLock { $0 = id }
                    ticket.begun.yield(.success(id))
                    ticket.begun.finish()
                }
                finish(report)
            } catch {
                ticket.begun.yield(.failure(error))
                ticket.begun.finish()
                guard let id = begun.id.withLock({ $0 }) else { return }
                await goOn(id, job, after: error)
            }
        }
    }

    /// Goes on with an apply of this process, which still has its plan and what was entered for it, until it has ended.
    func goOn(_ id: String, _ job: Job, after error: any Error) async {
        await holding(id) { id in
            var error = error
            var tries = 0
            while !Task.isCancelled {
                logger.warning(
                    "An apply was interrupted; it is gone on with.", error: error, metadata: ["apply": "\(id)"])
                tries += 1
                try? await Task.sleep(for: Self.pauses.pause(afterTry: tries))
                do {
                    let report = try await applier(job.request, by: job.principal, traceID: job.traceID)
                        .resume(
                            id, plan: job.plan, principal: job.principal.text, options: job.request.applyOptions,
                            report: { self.show($0, of: job.plan.ownerID) })
                    count { $0.resumed += 1 }
                    return finish(report)
                } catch ApplyError.ended, ApplyError.unknown {
                    // Another daemon took it up when this one could not be seen to be at it.
                    return
                } catch ApplyError.stale {
                    return count { $0.abandoned += 1 }
                } catch let other {
                    error = other
                }
            }
        }
    }

    /// Notes that an apply is in the hands of this process while `work` runs: nobody else here takes it up then.
    func holding(
        _ id: String, isTakenUp: Bool = false, _ work: (String) async throws -> Void
    ) async rethrows {
        let isFirst = hands.withLock { hands in
            guard hands[id] == nil else { return false }
            hands[id] = isTakenUp
            return true
        }
        defer { if isFirst { hands.withLock { $0[id] = nil } } }
        try await work(id)
    }

    /// The applies that this process carries out, or tries to.
    var inHand: [String] { hands.withLock { Array($0.keys) } }
    /// How many of them were left by others.
    var takingUp: Int { hands.withLock { $0.values.count(where: \.self) } }

    func applier(_ request: PlanRequest, by principal: Principal, traceID: String) throws -> Applier {
        let (client, desk) = (try door.patientClient(), desk)
        let blueprint = request.blueprint
        let teller = ApplyTeller(
            principal: principal, traceID: traceID, prunes: request.options.prunesResources, recorder: recorder)
        return Applier(
            client: client, ledger: desk.ledger, journal: StoredJournal(store: applies, teller: teller), locks: locks,
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

    func show(_ progress: ApplyProgress, of ownerID: String) {
        guard case .stepEnded(let resource, _, _) = progress, resource.kind == .service else { return }
        board.forget(ownerID: ownerID, deploysOf: resource.name)
    }

    /// Counts an apply that has ended, and those that ended with it.
    func finish(_ report: ApplyReport) {
        count { figures in
            figures.abandoned += report.settled.count
            switch report.status {
            case .succeeded: figures.succeeded += 1
            case .failed: figures.failed += 1
            // It is among the settled ones.
            case .abandoned, .running: break
            }
        }
    }

    func count(_ change: (inout Figures) -> Void) { state.withLock { change(&$0) } }
}
