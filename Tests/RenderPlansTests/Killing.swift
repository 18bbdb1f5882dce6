// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderPlans
import Synchronization

/// What a write throws when whoever makes it is killed there.
struct Killed: Error {}

/// Kills whoever writes through it at one of its writes, before or after the word is down.
final class Killer: Sendable, CustomStringConvertible {
    private struct Count {
        var writes = 0
        var isDead = false
    }

    /// The number of the write, counted from 1; nil for never.
    private let victim: Int?
    private let isBefore: Bool
    private let count = Mutex(Count())

    init(at victim: Int?, before isBefore: Bool = false) {
        self.victim = victim
        self.isBefore = isBefore
    }

    var description: String {
        victim.map { "killed \(isBefore ? "before" : "after") write \($0)" } ?? "not killed"
    }
    var writes: Int { count.withLock { $0.writes } }
    /// Whether it came to that.
    var hasKilled: Bool { count.withLock { $0.isDead } }

    func write(_ body: () async throws -> Void) async throws {
        let isVictim = try count.withLock { count in
            // Who is dead writes nothing more.
            if count.isDead { throw Killed() }
            count.writes += 1
            guard count.writes == victim else { return false }
            count.isDead = true
            return true
        }
        if isVictim, isBefore { throw Killed() }
        try await body()
        if isVictim { throw Killed() }
    }
}

/// A journal in which an apply is killed at one of its writes.
struct KillingJournal: ApplyJournal {
    let journal: InMemoryApplyJournal
    let killer: Killer

    init(_ journal: InMemoryApplyJournal, killer: Killer) {
        self.journal = journal
        self.killer = killer
    }

    init(_ journal: InMemoryApplyJournal, at victim: Int?, before isBefore: Bool) {
        self.init(journal, killer: Killer(at: victim, before: isBefore))
    }

    var writes: Int { killer.writes }

    func begin(_ apply: ApplyRecord, replacing earlier: [ReplacedApply], fence: Int64) async throws {
        try await killer.write { try await journal.begin(apply, replacing: earlier, fence: fence) }
    }

    func read(_ applyID: String) async throws -> ApplyRecord? { await journal.read(applyID) }

    func unfinished(ownerID: String, blueprint: String) async throws -> [ApplyRecord] {
        await journal.unfinished(ownerID: ownerID, blueprint: blueprint)
    }

    func intend(_ step: JournalStep, apply applyID: String, fence: Int64) async throws {
        try await killer.write { try await journal.intend(step, apply: applyID, fence: fence) }
    }

    func conclude(_ key: String, apply applyID: String, outcome: StepOutcome, fence: Int64) async throws {
        try await killer.write { try await journal.conclude(key, apply: applyID, outcome: outcome, fence: fence) }
    }

    func end(_ apply: ApplyRecord, as status: ApplyStatus, message: String?, fence: Int64) async throws {
        try await killer.write { try await journal.end(apply, as: status, message: message, fence: fence) }
    }
}

/// A ledger at whose writes an apply is killed as well.
struct KillingLedger: Ledger {
    let ledger: InMemoryLedger
    let killer: Killer

    func applied(ownerID: String, blueprint: String) async throws -> AppliedState {
        await ledger.applied(ownerID: ownerID, blueprint: blueprint)
    }

    func record(
        ownerID: String, blueprint: String, resource: ResourceAddress, id: String, fields: [String: String?]
    ) async throws {
        try await killer.write {
            await ledger.record(ownerID: ownerID, blueprint: blueprint, resource: resource, id: id, fields: fields)
        }
    }

    func forget(ownerID: String, blueprint: String, resource: ResourceAddress) async throws {
        try await killer.write {
            await ledger.forget(ownerID: ownerID, blueprint: blueprint, resource: resource)
        }
    }
}
