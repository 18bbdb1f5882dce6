// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Common
import Domain
import Logging
import RenderPlans
import Store

/// Taking up what a daemon that is no more has left.
///
/// Its plan is gone with it, since plans hold secrets. What it had begun is settled first: what was made is found, written
/// down and ours. Then the same blueprint is planned anew, and that plan is what is left of the first one; it is carried out
/// only when it asks for nothing that the first one did not ask for.
extension ApplyRunner {
    /// Takes up every apply that has not ended, as they are at the start.
    func takeUpAll() async {
        guard door.isConfigured else { return }
        var left: [StoredApply] = []
        while !Task.isCancelled {
            do {
                left = try await applies.unfinished()
                break
            } catch {
                logger.warning("The applies that were left cannot be read yet.", error: error)
                try? await Task.sleep(for: Self.pause)
            }
        }
        let found = left
        await withDiscardingTaskGroup { group in
            for stored in found { group.addTask { await self.takeUp(stored) } }
        }
    }

    private func takeUp(_ stored: StoredApply) async {
        let principal = Principal(stored.principal) ?? Principal(.service, "renderctl-svc")
        let traceID = TraceContext.makeRoot().traceID
        while !Task.isCancelled {
            do {
                return try await takeUp(stored, by: principal, traceID: traceID)
            } catch ApplyError.ended {
                // Whoever ran it is alive and has ended it.
                return
            } catch ApplyError.locked {
                // Its holder is alive, or its lease has not expired yet.
            } catch {
                logger.warning("An apply cannot be taken up yet.", error: error, metadata: ["apply": "\(stored.id)"])
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func takeUp(_ stored: StoredApply, by principal: Principal, traceID: String) async throws {
        guard let plan = try await desk.plans.plan(stored.planID) else { return }
        let request = PlanRequest(plan, entered: [:])
        let settled = Plan(
            id: "", ownerID: stored.ownerID, blueprint: stored.blueprint, actions: [], diagnostics: [], observed: [:])
        let action = RenderAction(kind: "render.apply", target: "\(stored.ownerID)/\(stored.blueprint)", arguments: [:])
        let ending = Job(plan: settled, request: request, principal: principal, traceID: traceID, action: action)
        _ = try await applier(ending).resume(stored.id, plan: nil, principal: principal.text)
        do {
            let rest = try await rest(of: plan, request)
            guard rest.hasChanges else {
                return await abandon(
                    stored.id, Self.ended("Nothing of it was left to do."), by: principal, traceID: traceID)
            }
            _ = try await desk.keep(rest, request, by: principal)
            let job = Job(
                plan: rest, request: request, principal: principal, traceID: traceID,
                action: ApplyDesk.action(rest, options: request.options))
            let next = "apply_\(ULID.make().text)"
            await abandon(
                stored.id, Self.ended("\(next) carries out what was left."), by: principal, traceID: traceID)
            count { $0.resumed += 1 }
            try await apply(job, id: next) { _ in }
        } catch let problem as Problem where problem.kind != .unavailable && problem.kind != .timeout {
            await abandon(stored.id, Self.ended(problem.message), by: principal, traceID: traceID)
        } catch let error as ApplyError {
            await abandon(stored.id, Self.ended(error.description), by: principal, traceID: traceID)
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

    private static func ended(_ what: String) -> Problem {
        Problem(.conflict, "The daemon was stopped while it ran. What it had begun is settled. \(what)")
    }
}
