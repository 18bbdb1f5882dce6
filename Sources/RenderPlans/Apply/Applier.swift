// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
package import Render

/// Carries out plans on Render: once, in order, and so that one which was killed can go on.
///
/// One apply of a blueprint runs at a time, under a fenced lock that is renewed while it does; losing it stops the apply
/// before it writes anything more. Everything that changes something is written down before and after it is done.
package struct Applier: Sendable {
    private let client: RenderClient
    private let ledger: any Ledger
    private let journal: any ApplyJournal
    private let locks: any FencedLocks
    private let live: LiveView
    private let timing: ApplyTiming

    package init(
        client: RenderClient, ledger: any Ledger, journal: any ApplyJournal, locks: any FencedLocks, live: LiveView,
        timing: ApplyTiming = ApplyTiming()
    ) {
        self.client = client
        self.ledger = ledger
        self.journal = journal
        self.locks = locks
        self.live = live
        self.timing = timing
    }

    /// Applies a plan, and tells what came of it; what failed on Render is in the report and is no error.
    ///
    /// An earlier apply of the blueprint that was killed is dealt with first: gone on with when it was of this very plan, and
    /// otherwise settled, and ended in the moment in which this one begins. Throws `ApplyError` when nothing may be done or
    /// the lock is lost, what the journal and the ledger throw, and `CancellationError`; then the apply can be resumed.
    package func apply(
        _ plan: Plan, principal: String, options: ApplyOptions = ApplyOptions(), id: String? = nil,
        report: @escaping @Sendable (ApplyProgress) -> Void = { _ in }
    ) async throws -> ApplyReport {
        try refuse(plan, options)
        let applyID = id ?? "apply_\(ULID.make().text)"
        return try await holding(plan.ownerID, plan.blueprint, for: principal, applyID: applyID) { keeper in
            var left = try await journal.unfinished(ownerID: plan.ownerID, blueprint: plan.blueprint)
            if let index = left.lastIndex(where: { $0.planID == plan.id }),
                try await stale(plan, after: left[index]).isEmpty
            {
                let record = left.remove(at: index)
                for other in left {
                    try await settle(other, keeper)
                    try await end(other, keeper, because: "\(record.id) was gone on with in its place.")
                }
                return try await run(plan, record, keeper, options, report, settled: left.map(\.id))
            }
            for record in left { try await settle(record, keeper) }
            let fields = try await stale(plan, after: nil)
            guard fields.isEmpty else { throw ApplyError.stale(fields) }
            let record = Self.record(of: plan, as: applyID, by: principal)
            let message = "It was interrupted, and \(applyID) took its place. What it had begun is settled."
            try await keeper.check()
            try await journal.begin(
                record, replacing: left.map { ReplacedApply($0, message: message, isCarriedOn: false) },
                fence: keeper.blueprint.fence)
            return try await run(plan, record, keeper, options, report, settled: left.map(\.id))
        }
    }

    /// Goes on with an apply that was killed. Without its plan, or with one that does not fit any more, what it has begun is
    /// settled and the apply is abandoned; with one that is stale for another reason than the apply itself,
    /// `ApplyError.stale` is thrown after that.
    package func resume(
        _ applyID: String, plan: Plan?, principal: String, options: ApplyOptions = ApplyOptions(),
        report: @escaping @Sendable (ApplyProgress) -> Void = { _ in }
    ) async throws -> ApplyReport {
        try await reopening(applyID, for: principal) { record, keeper in
            guard let plan, plan.id == record.planID else {
                try await settle(record, keeper)
                return try await abandon(record, keeper, because: "Its plan is not there any more: plan again.")
            }
            let fields = try await stale(plan, after: record)
            guard fields.isEmpty else {
                let error = ApplyError.stale(fields)
                try await settle(record, keeper)
                try await end(record, keeper, because: error.description)
                throw error
            }
            return try await run(plan, record, keeper, options, report, settled: [])
        }
    }

    /// Takes up an apply that was killed and whose plan went with whoever ran it: settles what it has begun, and carries out
    /// what `remainder` finds to be left of it as the apply `nextID`, its successor. All of that is done under one hold of the
    /// blueprint's lock, and the one ends in the moment in which the other begins: killed anywhere in it, exactly one of them
    /// is unfinished, and can be taken up again.
    package func takeUp(
        _ applyID: String, as nextID: String, principal: String, options: ApplyOptions = ApplyOptions(),
        report: @escaping @Sendable (ApplyProgress) -> Void = { _ in },
        remainder: @escaping @Sendable () async throws -> Remainder
    ) async throws -> ApplyReport {
        try await reopening(applyID, for: principal) { record, keeper in
            try await settle(record, keeper)
            switch try await remainder() {
            case .refused(let why): return try await abandon(record, keeper, because: why)
            case .plan(let plan):
                do {
                    try refuse(plan, options)
                } catch {
                    return try await abandon(record, keeper, because: "\(error)")
                }
                let next = Self.record(of: plan, as: nextID, by: principal)
                let message = "It was interrupted. What it had begun is settled; \(nextID) carries out what was left."
                try await keeper.check()
                try await journal.begin(
                    next, replacing: [ReplacedApply(record, message: message, isCarriedOn: true)],
                    fence: keeper.blueprint.fence)
                return try await run(plan, next, keeper, options, report, settled: [record.id])
            }
        }
    }

    /// Runs `work` on an apply that has not ended, under the lock of its blueprint.
    private func reopening(
        _ applyID: String, for principal: String,
        _ work: @escaping @Sendable (ApplyRecord, LockKeeper) async throws -> ApplyReport
    ) async throws -> ApplyReport {
        let known = try await open(applyID)
        return try await holding(known.ownerID, known.blueprint, for: principal, applyID: applyID) { keeper in
            // Read again under the lock: whoever had it may have gone on.
            try await work(try await open(applyID), keeper)
        }
    }

    private func open(_ applyID: String) async throws -> ApplyRecord {
        guard let record = try await journal.read(applyID) else { throw ApplyError.unknown(applyID: applyID) }
        guard record.status == .running else { throw ApplyError.ended(applyID: applyID, status: record.status) }
        return record
    }

    private func refuse(_ plan: Plan, _ options: ApplyOptions) throws {
        let errors = plan.diagnostics.filter { $0.severity == .error }.map { "\($0.path): \($0.message)" }
        let blocks = plan.actions.filter { $0.verb != .prune || options.prune }
            .compactMap { action in action.block.map { "\(action.address): \($0)" } }
        guard errors.isEmpty, blocks.isEmpty else { throw ApplyError.blocked(errors + blocks) }
        let pruned = plan.actions.count { $0.verb == .prune }
        if options.prune, let limit = options.pruneLimit, pruned > limit {
            throw ApplyError.tooManyPruned(count: pruned, limit: limit)
        }
    }

    /// What has moved since the plan was made, beside what an unfinished apply of it has moved itself.
    private func stale(_ plan: Plan, after record: ApplyRecord?) async throws -> [StaleField] {
        let touched = Set((record?.steps ?? []).map(\.resource))
        return plan.staleness(against: try await live.snapshot()).filter { field in
            if touched.contains(field.resource) { return false }
            // A project brings its environments with it.
            guard field.resource.kind == .environment else { return true }
            return !touched.contains(ResourceAddress(.project, field.resource.environmentParts.project))
        }
    }

    private static func record(of plan: Plan, as applyID: String, by principal: String) -> ApplyRecord {
        ApplyRecord(
            id: applyID, planID: plan.id, ownerID: plan.ownerID, blueprint: plan.blueprint, principal: principal,
            startedAt: Timestamp.now().description)
    }

    private func end(_ record: ApplyRecord, _ keeper: LockKeeper, because why: String) async throws {
        try await keeper.check()
        try await journal.end(record, as: .abandoned, message: why, fence: keeper.blueprint.fence)
    }

    private func abandon(
        _ record: ApplyRecord, _ keeper: LockKeeper, because why: String
    ) async throws -> ApplyReport {
        try await end(record, keeper, because: why)
        return await ApplyReport(record, status: .abandoned, entries: [], state: nil, settled: [record.id])
    }

    private func settle(_ record: ApplyRecord, _ keeper: LockKeeper) async throws {
        let settlement = Settlement(client: client, ledger: ledger, journal: journal, locks: keeper, timing: timing)
        try await settlement.settle(record)
    }

    private func run(
        _ plan: Plan, _ record: ApplyRecord, _ keeper: LockKeeper, _ options: ApplyOptions,
        _ report: @escaping @Sendable (ApplyProgress) -> Void, settled: [String]
    ) async throws -> ApplyReport {
        var ids: [ResourceAddress: String] = [:]
        for action in plan.actions { ids[action.address] = action.liveID }
        let base = plan.basis.live ?? Snapshot(ownerID: plan.ownerID)
        for (address, resource) in base.resources where ids[address] == nil { ids[address] = resource.id }
        let state = ApplyState(ids: ids, snapshot: base)
        let run = ApplyRun(
            plan: plan, options: options, timing: timing, client: client, ledger: ledger, live: live,
            steps: StepRunner(
                applyID: record.id, journal: journal, locks: keeper, memory: StepMemory(record.steps), timing: timing,
                report: report),
            locks: keeper, state: state, credentials: base.registryCredentials)
        report(.began(applyID: record.id, resources: plan.actions.count))
        try await run.carryOut()
        if let limit = options.waitForDeploys { try await run.follow(for: limit) }
        let status: ApplyStatus = await state.firstFailure() == nil ? .succeeded : .failed
        let outcome = await ApplyReport(
            record, status: status, entries: plan.actions.map(\.address), state: state, settled: settled)
        try await keeper.check()
        try await journal.end(record, as: status, message: outcome.message, fence: keeper.blueprint.fence)
        report(.ended(status))
        return outcome
    }

    /// Runs `work` under the blueprint's lock, which is renewed beside it. When it is lost, `work` is cancelled.
    private func holding(
        _ ownerID: String, _ blueprint: String, for principal: String, applyID: String,
        _ work: @escaping @Sendable (LockKeeper) async throws -> ApplyReport
    ) async throws -> ApplyReport {
        // Each attempt is a holder of its own: one that was taken for dead is shut out by the next.
        let holder = "\(principal) (\(applyID), \(ULID.make().text.suffix(6)))"
        let outcome = try await locks.acquire("blueprint:\(ownerID):\(blueprint)", holder: holder)
        guard case .held(let lock) = outcome else {
            guard case .taken(let other, let time) = outcome else { throw ApplyError.lockLost }
            throw ApplyError.locked(by: other, until: time)
        }
        let keeper = LockKeeper(lock, locks: locks, timing: timing)
        let result: Result<ApplyReport, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: ApplyReport?.self) { group in
                    group.addTask {
                        try await keeper.keep()
                        return nil
                    }
                    group.addTask { try await work(keeper) }
                    defer { group.cancelAll() }
                    while let finished = try await group.next() {
                        if let finished { return finished }
                    }
                    throw CancellationError()
                })
        } catch {
            result = .failure(error)
        }
        await keeper.release()
        return try result.get()
    }
}

extension ApplyReport {
    init(
        _ record: ApplyRecord, status: ApplyStatus, entries: [ResourceAddress], state: ApplyState?, settled: [String]
    ) async {
        let ids = await state?.allIDs() ?? [:]
        let outcomes = await state?.outcomes ?? [:]
        self.init(
            applyID: record.id, planID: record.planID, ownerID: record.ownerID, blueprint: record.blueprint,
            status: status,
            entries: entries.map { Entry(resource: $0, id: ids[$0], outcome: outcomes[$0] ?? .unchanged) },
            deploys: await state?.deploys.sorted {
                ($0.resource, $1.isFirst ? 1 : 0) < ($1.resource, $0.isFirst ? 1 : 0)
            }
                ?? [],
            settled: settled)
    }
}
