// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Common
import Domain
import Logging
import RenderPlans
import Store
import Synchronization

/// Taking up what a daemon that is no more has left.
///
/// Its plan is gone with it, since plans hold secrets. What it had begun is settled first: what was made is found, written
/// down and ours. Then the same blueprint is planned anew, and that plan is what is left of the first one; it is carried out
/// only when it asks for nothing that the first one did not ask for. All of that is done under one hold of the blueprint's
/// lock, and the first apply ends in the statement that begins the second: whoever is killed in between leaves one apply
/// that has not ended, and never two or none.
extension ApplyRunner {
    /// What is to be known when carrying out what was left is interrupted itself.
    private final class Rest: Sendable {
        let plan = Mutex<Plan?>(nil)
        let beginning = Beginning()
    }

    /// Looks now and then for applies that have not ended and that nobody carries out, and takes them up: those that were left
    /// before this process began, and those of other daemons that have died since.
    func takeUpWhatIsLeft() async {
        guard door.isConfigured else { return }
        await withDiscardingTaskGroup { group in
            var misses = 0
            while !Task.isCancelled {
                do {
                    for id in try await due() { group.addTask { await self.takeUp(id) } }
                    misses = 0
                } catch {
                    misses += 1
                    if !Task.isCancelled {
                        logger.warning("The applies that were left cannot be read; they wait.", error: error)
                    }
                }
                try? await Task.sleep(for: OrphanWatch.period * (1 << min(misses, 4)))
            }
        }
    }

    private func due() async throws -> [String] {
        let now = ContinuousClock.now
        let (inHand, limit) = (inHand, OrphanWatch.most - takingUp)
        guard limit > 0 else { return [] }
        let known = watch.withLock { $0.resting(at: now) } + inHand
        let seen = try await applies.orphaned(ownerID: door.configuredOwner, except: known, limit: 100)
        return watch.withLock { $0.due(seen, at: now, limit: limit) }
    }

    private func takeUp(_ id: String) async {
        count { $0.running += 1 }
        defer { count { $0.running -= 1 } }
        await holding(id, isTakenUp: true) { id in
            do {
                try await takeUpOnce(id)
                watch.withLock { $0.forget(id) }
            } catch ApplyError.ended, ApplyError.unknown {
                watch.withLock { $0.forget(id) }
            } catch {
                watch.withLock { $0.failed(id, at: .now) }
                // Whoever has the lock carries it out, or will be seen not to.
                if case ApplyError.locked = error { return }
                guard !Task.isCancelled else { return }
                logger.warning("An apply cannot be taken up yet.", error: error, metadata: ["apply": "\(id)"])
            }
        }
    }

    private func takeUpOnce(_ id: String) async throws {
        guard let stored = try await applies.apply(id), let plan = try await desk.plans.plan(stored.planID) else {
            throw ApplyError.unknown(applyID: id)
        }
        // One of a workspace that this token does not reach is not ours to carry out.
        _ = try await door.owner(stored.ownerID)
        let request = PlanRequest(plan, entered: [:])
        let principal = Principal(stored.principal) ?? Principal(.service, "renderctl-svc")
        let traceID = TraceContext.makeRoot().traceID
        let rest = Rest()
        try await holding("apply_\(ULID.make().text)") { next in
            do {
                let report = try await applier(request, by: principal, traceID: traceID).takeUp(
                    id, as: next, principal: principal.text, options: request.applyOptions,
                    report: { progress in
                        self.show(progress, of: stored.ownerID)
                        guard case .began(let id, _) = progress else { return }
                        rest.beginning.id.withLock { $0 = id }
                    },
                    remainder: {
                        let found = try await self.remainder(of: plan, request, by: principal)
                        if case .plan(let plan) = found { rest.plan.withLock { $0 = plan } }
                        return found
                    })
                if report.applyID == next { count { $0.resumed += 1 } }
                finish(report)
            } catch {
                guard rest.beginning.id.withLock({ $0 }) != nil, let plan = rest.plan.withLock({ $0 }) else {
                    throw error
                }
                count { figures in
                    figures.resumed += 1
                    figures.abandoned += 1
                }
                let job = Job(plan: plan, request: request, principal: principal, traceID: traceID)
                await goOn(next, job, after: error)
            }
        }
    }

    /// What is left of an apply, kept as a plan, or why nothing of it may be done.
    private func remainder(
        of stored: StoredPlan, _ request: PlanRequest, by principal: Principal
    ) async throws -> Remainder {
        do {
            let rest = try await rest(of: stored, request)
            _ = try await desk.keep(rest, request, by: principal)
            return .plan(rest)
        } catch let problem as Problem where problem.kind == .conflict || problem.kind == .unprocessable {
            return .refused(why: "It was interrupted. What it had begun is settled. \(problem.message)")
        }
    }

    /// What is left of a plan, by what is live now.
    private func rest(of stored: StoredPlan, _ request: PlanRequest) async throws -> Plan {
        guard !stored.needsEntering else {
            throw Problem(.conflict, "The values that were entered for it are not kept: plan again and enter them.")
        }
        let rest = try await desk.compile(request)
        guard !rest.isBlocked else { throw Problem(.conflict, "What is left may not be carried out: plan again.") }
        let strange = Self.additions(of: rest, to: stored)
        guard strange.isEmpty else {
            throw Problem(
                .conflict,
                "Meanwhile something else has changed (\(strange.prefix(5).joined(separator: ", "))): plan again.")
        }
        return rest
    }

    /// What a plan would do that the stored one would not have done.
    static func additions(of plan: Plan, to stored: StoredPlan) -> [String] {
        let document = (try? JSONValue.parse(stored.document)) ?? .null
        var known: [String: (verb: String, paths: Set<String>)] = [:]
        for action in document["actions"]?.array ?? [] {
            guard let address = action["address"]?.string, let verb = action["verb"]?.string else { continue }
            let paths = (action["changes"]?.array ?? []).compactMap { $0["path"]?.string }
            known[address] = (verb, Set(paths))
        }
        return plan.actions.flatMap { action -> [String] in
            guard action.verb != .noop || action.deploy != .none else { return [] }
            let address = action.address.description
            guard let first = known[address], first.verb != "noop" || action.verb == .noop else { return [address] }
            guard (action.verb == .prune) == (first.verb == "prune") else { return [address] }
            // Of what was being made or taken over, anything may be missing still.
            if first.verb == "create" || first.verb == "adopt" { return [] }
            return action.changes.map(\.target.description).filter { !first.paths.contains($0) }
                .map { "\(address).\($0)" }
        }
    }
}
