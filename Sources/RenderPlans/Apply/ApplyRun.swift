// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// One run through a plan: layer by layer, then what had to wait, then what is pruned.
struct ApplyRun: Sendable {
    let plan: Plan
    let options: ApplyOptions
    let timing: ApplyTiming
    let client: RenderClient
    let ledger: any Ledger
    let live: LiveView
    var steps: StepRunner
    let locks: LockKeeper
    let state: ApplyState
    /// The ids of the workspace's registry credentials, by name; read only when the plan names one.
    let credentials: [String: String]

    var finder: ResourceFinder { ResourceFinder(client: client, ownerID: plan.ownerID) }

    /// The same for one service, whose lock must be held for each step.
    func guarding(service id: String) -> ApplyRun {
        var run = self
        run.steps.service = id
        return run
    }

    /// What a resource has come to when its turn is over.
    enum Turn: Sendable {
        case over(ApplyReport.Outcome)
        /// Its variables stand for what is not there yet; its turn comes again after the layers.
        case waits
    }

    /// Does everything that can be done; throws only what ends the whole apply.
    func carryOut() async throws {
        let actions = plan.actions.filter { $0.verb != .prune }
        for layer in Set(actions.map(\.layer)).sorted() {
            try await inParallel(actions.filter { $0.layer == layer }) { try await take($0, isLast: false) }
        }
        try await takeWaiting()
        try await prune()
        for resource in plan.basis.forgotten { try await forget(resource) }
    }

    /// Runs `work` over all of them, at most so many at once as the options say.
    func inParallel(
        _ actions: [PlanAction], _ work: @escaping @Sendable (PlanAction) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = actions.makeIterator()
            for _ in 0..<options.concurrency {
                guard let action = rest.next() else { break }
                group.addTask { try await work(action) }
            }
            while try await group.next() != nil {
                if let action = rest.next() { group.addTask { try await work(action) } }
            }
        }
    }

    /// Gives what waits its turn again, until all are through or none gets on: then they wait for each other.
    private func takeWaiting() async throws {
        var waiting = await state.takeDeferred()
        while !waiting.isEmpty {
            try await inParallel(waiting) { try await take($0, isLast: false) }
            let left = await state.takeDeferred()
            if left.count == waiting.count {
                try await inParallel(left) { try await take($0, isLast: true) }
                return
            }
            waiting = left
        }
    }

    /// One resource's turn.
    private func take(_ action: PlanAction, isLast: Bool) async throws {
        let resource = action.address
        if action.isNothing {
            try await remember(action, isWhole: true)
            return await state.end(resource, .unchanged)
        }
        if let cause = await cause(of: action) {
            try await steps.skip(resource, because: cause)
            return await end(resource, .skipped(because: cause))
        }
        var turn: Turn
        do {
            turn = try await work(on: action, isLast: isLast)
        } catch {
            guard let failure = StepFailure(of: error) else { throw error }
            turn = .over(.failed(message: failure.message))
        }
        switch turn {
        case .over(let outcome):
            try await remember(action, isWhole: outcome.isGood)
            await end(resource, outcome)
        case .waits:
            try await remember(action, isWhole: false)
            await state.wait(action)
        }
    }

    /// The resource that keeps this one from being touched: the one that failed first, not one that was skipped for it.
    private func cause(of action: PlanAction) async -> ResourceAddress? {
        guard let failed = await state.failed(among: action.dependsOn) else { return nil }
        if case .skipped(let root) = await state.outcomes[failed] { return root }
        return failed
    }

    private func work(on action: PlanAction, isLast: Bool) async throws -> Turn {
        guard action.verb != .replace else {
            throw StepFailure("it would have to be made anew, which is never done by itself")
        }
        switch action.address.kind {
        case .service: return try await service(action, isLast: isLast)
        case .envGroup: return try await group(action, isLast: isLast)
        case .postgres, .keyValue: try await store(action)
        case .project: try await project(action)
        case .environment: try await environment(action)
        }
        return .over(action.outcome)
    }

    func end(_ resource: ResourceAddress, _ outcome: ApplyReport.Outcome) async {
        await state.end(resource, outcome)
        steps.report(.resourceEnded(resource, outcome))
    }
}

extension PlanAction {
    /// Whether there is nothing to do for it.
    var isNothing: Bool { verb == .noop && deploy == .none && changes.isEmpty }

    /// What it has come to when all of it was done.
    var outcome: ApplyReport.Outcome {
        switch verb {
        case .create: .created
        case .adopt: .adopted
        case .prune: .pruned
        case .noop where deploy == .none: .unchanged
        case .update, .noop, .replace: .updated
        }
    }

    /// The wanted values of the changed fields; null for what is taken away.
    var wantedFields: [Field: JSONValue] {
        var fields: [Field: JSONValue] = [:]
        for change in changes {
            guard case .field(let field) = change.target else { continue }
            if case .plain(let value)? = change.new { fields[field] = value } else { fields[field] = .null }
        }
        return fields
    }

    /// The environment of a project that it is to be in; nil when that does not change.
    var wantedPlacement: ResourceAddress? {
        for change in changes where change.target == .placement {
            guard case .plain(let value)? = change.new, let text = value.string else { return nil }
            let prefix = "\(ResourceKind.environment.rawValue)/"
            return ResourceAddress(.environment, text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
        }
        return nil
    }

    /// The groups to be linked and unlinked, in the plan's order.
    var wantedGroups: [(name: String, isLinked: Bool)] {
        changes.compactMap { change in
            guard case .group(let name) = change.target else { return nil }
            if case .plain(let value)? = change.new { return (name, value.bool ?? true) }
            return (name, change.new != nil)
        }
    }
}
