// SPDX-License-Identifier: Apache-2.0

/// A journal that lasts as long as the process: for whoever talks to Render without a database, and for tests. Of applies
/// that have ended it keeps the latest.
package actor InMemoryApplyJournal: ApplyJournal {
    private let locks: InMemoryFencedLocks
    private let limit: Int
    private var records: [String: ApplyRecord] = [:]
    /// Ids in the order in which the applies have ended.
    private var ended: [String] = []

    /// `locks` knows the fences that writes are held against.
    package init(locks: InMemoryFencedLocks, keepingEnded limit: Int = 100) {
        self.locks = locks
        self.limit = max(1, limit)
    }

    package func begin(_ apply: ApplyRecord, replacing earlier: [ReplacedApply], fence: Int64) async throws {
        try await check(apply, fence)
        guard records[apply.id] == nil else {
            throw ApplyError.ended(applyID: apply.id, status: records[apply.id]?.status ?? .running)
        }
        guard earlier.allSatisfy({ records[$0.apply.id]?.status == .running }) else { throw ApplyError.lockLost }
        records[apply.id] = apply
        for one in earlier {
            records[one.apply.id]?.successor = one.isCarriedOn ? apply.id : nil
            close(one.apply.id, as: .abandoned)
        }
    }

    package func read(_ applyID: String) -> ApplyRecord? { records[applyID] }

    package func unfinished(ownerID: String, blueprint: String) -> [ApplyRecord] {
        records.values
            .filter { $0.ownerID == ownerID && $0.blueprint == blueprint && $0.status == .running }
            .sorted { $0.id < $1.id }
    }

    package func intend(_ step: JournalStep, apply applyID: String, fence: Int64) async throws {
        try await check(applyID, fence)
        records[applyID]?.steps.removeAll { $0.key == step.key }
        records[applyID]?.steps.append(step)
    }

    package func conclude(_ key: String, apply applyID: String, outcome: StepOutcome, fence: Int64) async throws {
        try await check(applyID, fence)
        guard let index = records[applyID]?.steps.firstIndex(where: { $0.key == key }) else { return }
        records[applyID]?.steps[index].outcome = outcome
    }

    package func end(_ apply: ApplyRecord, as status: ApplyStatus, message: String?, fence: Int64) async throws {
        try await check(apply.id, fence)
        guard records[apply.id]?.status == .running else { return }
        close(apply.id, as: status)
    }

    private func close(_ applyID: String, as status: ApplyStatus) {
        records[applyID]?.status = status
        ended.append(applyID)
        if ended.count > limit { records[ended.removeFirst()] = nil }
    }

    private func check(_ applyID: String, _ fence: Int64) async throws {
        guard let record = records[applyID] else { throw ApplyError.unknown(applyID: applyID) }
        try await check(record, fence)
    }

    private func check(_ record: ApplyRecord, _ fence: Int64) async throws {
        let name = "blueprint:\(record.ownerID):\(record.blueprint)"
        guard await locks.fence(of: name) == fence else { throw ApplyError.lockLost }
    }
}
