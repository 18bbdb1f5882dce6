// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render
import Synchronization

/// The steps of an apply as the journal has them: read when a run begins, and kept up with what it writes.
final class StepMemory: Sendable {
    private let steps: Mutex<[String: JournalStep]>

    init(_ steps: [JournalStep]) {
        self.steps = Mutex(Dictionary(steps.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last }))
    }

    subscript(key: String) -> JournalStep? { steps.withLock { $0[key] } }
    func keep(_ step: JournalStep) { steps.withLock { $0[step.key] = step } }
    func conclude(_ key: String, _ outcome: StepOutcome) { steps.withLock { $0[key]?.outcome = outcome } }
}

/// Carries out one call after the other with a word in the journal before and after each.
///
/// A step that is concluded is not done again, and one that was begun is looked for before it is done again: so a killed
/// apply can be run through once more from its beginning.
struct StepRunner: Sendable {
    let applyID: String
    let journal: any ApplyJournal
    let locks: LockKeeper
    /// What the journal holds of this apply.
    let memory: StepMemory
    let timing: ApplyTiming
    let report: @Sendable (ApplyProgress) -> Void
    /// The service whose lock is held while these steps are done; nil for none.
    var service: String?

    /// One change: how to tell whether it has happened, and how to do it.
    struct Change {
        /// The last part of the key: `create`, `env.KEY`.
        let name: String
        /// What was looked at before it.
        var detail: JSONObject = [:]
        /// Whether something is made that must not be made twice, so that looking once is not enough.
        var isCreation = false
        /// What it has led to, found on Render by what was looked at before; nil when it has not happened.
        let find: (JSONObject) async throws -> JSONObject?
        /// Does it, and gives what it has led to.
        let call: () async throws -> JSONObject
    }

    /// How often a call is made whose outcome is not known and that is not found to have happened.
    private static let attempts = 3

    /// The step as it was begun or concluded, by this run or one before it.
    func known(_ name: String, of resource: ResourceAddress) -> JournalStep? { memory["\(resource)/\(name)"] }

    /// Does what is left to do of a step, and gives its result; throws `StepFailure` when it cannot be done.
    @discardableResult
    func perform(_ change: Change, of resource: ResourceAddress) async throws -> JSONObject {
        let key = "\(resource)/\(change.name)"
        var detail = change.detail
        let begun = memory[key]
        switch begun?.outcome {
        case .done(let result): return result
        case .failed(let message): throw StepFailure(message)
        case .skipped(let cause): throw StepFailure("was skipped because of \(cause)")
        case nil: break
        }
        try await locks.check(service: service)
        if let begun {
            detail = begun.detail
        } else {
            try await intend(JournalStep(key: key, resource: resource, detail: detail))
        }
        report(.stepBegan(resource: resource, step: change.name))
        do {
            let result = try await attempt(change, detail: detail, looking: begun != nil)
            try await conclude(key, change.name, of: resource, .done(result: result))
            return result
        } catch {
            guard let failure = StepFailure(of: error) else { throw error }
            try await conclude(key, change.name, of: resource, .failed(message: failure.message))
            throw failure
        }
    }

    /// Writes down that a resource was not tried.
    func skip(_ resource: ResourceAddress, because cause: ResourceAddress) async throws {
        let key = "\(resource)/skip"
        guard memory[key]?.outcome == nil else { return }
        if memory[key] == nil { try await intend(JournalStep(key: key, resource: resource)) }
        try await conclude(key, "skip", of: resource, .skipped(because: cause))
    }

    private func intend(_ step: JournalStep) async throws {
        try await journal.intend(step, apply: applyID, fence: locks.blueprint.fence)
        memory.keep(step)
    }

    private func conclude(
        _ key: String, _ name: String, of resource: ResourceAddress, _ outcome: StepOutcome
    ) async throws {
        try await journal.conclude(key, apply: applyID, outcome: outcome, fence: locks.blueprint.fence)
        memory.conclude(key, outcome)
        report(.stepEnded(resource: resource, step: name, outcome: outcome))
    }

    private func attempt(_ change: Change, detail: JSONObject, looking: Bool) async throws -> JSONObject {
        var isLooking = looking
        var doubt = ""
        for _ in 0..<Self.attempts {
            if isLooking, let found = try await look(change, detail) { return found }
            try await locks.check(service: service)
            do {
                return try await change.call()
            } catch RenderError.outcomeUnknown(let words) {
                isLooking = true
                doubt = words
            }
        }
        if let found = try await look(change, detail) { return found }
        throw StepFailure(RenderError.outcomeUnknown(doubt))
    }

    /// Looks for what the change has led to; again and again for what must not be made twice, since lists lag behind.
    private func look(_ change: Change, _ detail: JSONObject) async throws -> JSONObject? {
        if let found = try await change.find(detail) { return found }
        guard change.isCreation else { return nil }
        for pause in timing.settle {
            try await timing.clock.sleep(for: pause)
            if let found = try await change.find(detail) { return found }
        }
        return nil
    }

    /// Reads back until nothing differs; throws with the names of what still does after the last look.
    func confirm(_ differences: () async throws -> [String]) async throws {
        var different = try await differences()
        for pause in timing.readBack where !different.isEmpty {
            try await timing.clock.sleep(for: pause)
            different = try await differences()
        }
        guard different.isEmpty else {
            throw StepFailure("\(different.joined(separator: ", ")) read back different from what was written")
        }
    }
}
