// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
import ServiceLifecycle
import Synchronization

/// The one claim loop: takes ready runs from a source, calls their agents, and tells the source what became of them.
///
/// It has one worker session for each workspace. Each beats every few seconds; when a session has not been heard for its
/// lifetime, its runs go to others, and the engine lets go of them by itself before that.
package final class RunEngine: Service {
    package struct Settings: Sendable {
        /// Runs carried out at the same time, over all workspaces.
        package var concurrency = 256
        /// How long runs under way may go on after shutdown began, before they are handed back.
        package var drain: Duration = .seconds(10)
        /// How long a workspace is left alone after a claim or an opening of its session failed.
        package var pause: Duration = .seconds(1)

        package init() {}
    }

    /// What it has done since it began.
    package struct Figures: Sendable {
        package var claims = 0
        package var claimsFailed = 0
        package var runsClaimed = 0
        package var beatsFailed = 0
        package var sessionsLost = 0
    }

    let settings: Settings
    let source: any RunSource
    let transport: any AgentTransport
    let logger: Logger
    let flights = FlightBoard()
    let turns: ClaimTurns
    private let desks = Mutex<[ID<Workspace>: WorkspaceDesk]>([:])
    /// Desks whose sessions are still to be kept; each goes through once.
    private let newDesks: AsyncStream<WorkspaceDesk>
    private let newDesk: AsyncStream<WorkspaceDesk>.Continuation
    private let counts = Mutex(Figures())
    /// Runs that the source handed over and that are still to be carried out, never more than there are places; nil once
    /// nobody looks any more.
    private let handedOver = Mutex<[Assignment]?>([])

    package init(source: any RunSource, transport: any AgentTransport, settings: Settings, logger: Logger) {
        self.source = source
        self.transport = transport
        self.settings = settings
        self.logger = logger
        turns = ClaimTurns(places: settings.concurrency, probes: source.patience > .zero)
        (newDesks, newDesk) = AsyncStream.makeStream()
    }

    /// Runs under way.
    package var inFlight: Int { flights.count }

    package var figures: Figures { counts.withLock { $0 } }

    /// Throws unless there is a workspace to serve and every session is open and answered, and when the engine is stopping.
    package func checkReadiness() throws(Problem) {
        guard !turns.isClosed else { throw Problem(.unavailable, "The engine is stopping.") }
        let desks = desks.withLock { Array($0.values) }
        guard !desks.isEmpty else { throw Problem(.unavailable, "No workspace is known yet.") }
        guard desks.allSatisfy(\.isInTouch) else { throw Problem(.unavailable, "No worker session is open.") }
    }

    package func run() async throws {
        source.attach(self)
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: SessionThread.shared) { await self.keepSessions() }
                group.addTask { await self.source.listen { self.take($0) } }
                group.addTask { await self.claimAndCall() }
                // The claim loop ends after the drain; the others only serve it.
                for await _ in group where self.turns.isClosed && self.flights.isIdle { group.cancelAll() }
            }
            await self.endSessions()
        } onGracefulShutdown: {
            self.turns.close()
        }
    }

    func count(_ change: (inout Figures) -> Void) { counts.withLock { change(&$0) } }

    var allDesks: [WorkspaceDesk] { desks.withLock { Array($0.values) } }

    // MARK: What the source says

    private func take(_ report: RunSourceReport) {
        switch report {
        case .workspace(let workspaceID): serve(workspaceID)
        case .work(let workspaceID):
            serve(workspaceID)
            turns.want(workspaceID)
        case .withdrawn(let run, let epoch, let reason): flights.withdraw(run, upTo: epoch, reason)
        case .missed(let workspaceID): desks.withLock { $0[workspaceID] }?.askForList()
        }
    }

    private func serve(_ workspaceID: ID<Workspace>) {
        let desk = desks.withLock { desks -> WorkspaceDesk? in
            guard desks[workspaceID] == nil else { return nil }
            let desk = WorkspaceDesk(workspaceID)
            desks[workspaceID] = desk
            return desk
        }
        if let desk { newDesk.yield(desk) }
    }

    private func keepSessions() async {
        await withDiscardingTaskGroup { group in
            for await desk in newDesks { group.addTask { await self.keepSession(of: desk) } }
            group.cancelAll()
        }
    }

    // MARK: Claiming

    private func claimAndCall() async {
        // Discarding, since ended claims would otherwise pile up in the group for as long as the daemon lives.
        await withDiscardingTaskGroup { group in
            for await _ in turns.bell {
                for run in takeHandedOver(isLast: false) { group.addTask { await self.carryOut(run) } }
                while let grant = turns.next() { group.addTask { await self.claim(grant) } }
            }
            for run in takeHandedOver(isLast: true) { group.addTask { await self.carryOut(run) } }
            await drain()
        }
    }

    private func takeHandedOver(isLast: Bool) -> [Assignment] {
        handedOver.withLock { runs in
            defer { runs = isLast ? nil : [] }
            return runs ?? []
        }
    }

    /// Makes one claim and carries out what it brings.
    private func claim(_ grant: ClaimTurns.Grant) async {
        guard let desk = desks.withLock({ $0[grant.party] }), let session = desk.session else {
            return turns.settle(grant, taken: 0, mayHaveMore: false)
        }
        let runs: [Assignment]
        do {
            let claim = try await ask(grant, session)
            runs = board(claim.runs, session, desk)
            turns.settle(grant, taken: runs.count, mayHaveMore: claim.mayHaveMore)
        } catch {
            // It may have happened all the same; what it took is then found and given back.
            desk.askForList()
            if turns.isClosed { return turns.settle(grant, taken: 0, mayHaveMore: false) }
            count { $0.claimsFailed += 1 }
            logger.warning(
                "cannot claim runs", error: error, metadata: ["workspace_id": "\(session.workspaceID)"])
            if source.patience > .zero { await pause() }
            return turns.settle(grant, taken: 0, mayHaveMore: false)
        }
        await withDiscardingTaskGroup { group in
            for run in runs { group.addTask { await self.carryOut(run) } }
        }
    }

    /// Answers those of the runs that are to be carried out. What came under a session that was given up meanwhile belongs to
    /// others.
    private func board(_ claimed: [Assignment], _ session: EngineSession, _ desk: WorkspaceDesk) -> [Assignment] {
        let runs = claimed.filter(desk.accepts)
        if runs.count < claimed.count { desk.askForList() }
        for run in runs { flights.board(run.lease) }
        if desk.session != session {
            for run in runs { flights.withdraw(run.lease, .leaseLost) }
        }
        count {
            $0.claims += 1
            $0.runsClaimed += runs.count
        }
        return runs
    }

    private func pause() async {
        _ = try? await cancelWhenGracefulShutdown { try await Task.sleep(for: self.settings.pause) }
    }

    /// A claim that only waits ends with the daemon; one that takes something is left to.
    private func ask(_ grant: ClaimTurns.Grant, _ session: EngineSession) async throws -> Claim {
        guard grant.waits, source.patience > .zero else {
            return try await source.claim(grant.limit, for: session, waiting: .zero)
        }
        return try await cancelWhenGracefulShutdown {
            try await self.source.claim(grant.limit, for: session, waiting: self.source.patience)
        }
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

extension RunEngine: RunTaker {
    package func reserve(_ limit: Int, in workspaceID: ID<Workspace>) -> ReservedPlaces? {
        guard let session = desks.withLock({ $0[workspaceID] })?.session else { return nil }
        let places = turns.reserve(limit, for: workspaceID)
        return places > 0 ? ReservedPlaces(session: session, limit: places) : nil
    }

    package func take(_ runs: [Assignment], in places: ReservedPlaces) {
        let desk = desks.withLock { $0[places.session.workspaceID] }
        let boarded = desk.map { board(runs, places.session, $0) } ?? []
        let isTaken = handedOver.withLock { runs in
            runs?.append(contentsOf: boarded)
            return runs != nil
        }
        if isTaken { return turns.giveBack(places.limit - boarded.count) }
        // The end of the session gives them to others.
        for run in boarded { flights.land(run.lease) }
        turns.giveBack(places.limit)
    }

    package func lose(_ places: ReservedPlaces) {
        desks.withLock { $0[places.session.workspaceID] }?.askForList()
        turns.giveBack(places.limit)
    }
}
