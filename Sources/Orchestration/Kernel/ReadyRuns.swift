// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// The ready runs that a flush may hand out.
///
/// An entry whose run has ended, one that a limit holds up, and one whose agent holds all it may would hide those behind
/// them. They are stepped over, and more is read in their place.
struct ReadyRuns: Sendable {
    /// Entries of one level that are read where some were stepped over, and how often.
    private static let furtherLimit = 1000
    private static let rounds = 10

    /// What may be handed out, best first; no run twice.
    private(set) var runs: [QueuedRun] = []
    /// What a limit holds up. To be parked.
    private(set) var blocked: [QueuedRun] = []
    /// What is left over of runs that have ended.
    private(set) var over: [QueuedRun] = []
    /// Levels in which entries were stepped over that stay there.
    private(set) var passed: Set<QueueStore.Level> = []
    /// Agents that hold all they may, with the queues in which runs of theirs stand.
    private(set) var full: [String: Set<String>] = [:]
    /// Queues that were read to their ends at once, and of which nothing was left out.
    private(set) var exhausted: Set<String> = []
    /// Those in which there was nothing at all.
    private(set) var empty: Set<String> = []
    /// Queues in which there may be more behind what was stepped over.
    private(set) var unread: Set<String> = []

    private let needs: CommandNeeds
    private let held: [String: Int]
    private var usage: [LimitUse: LimitUsage] = [:]
    private var known: Set<ID<Run>> = []
    private var found: [String: Int] = [:]

    init() { self.init(CommandNeeds(), held: [:]) }

    private init(_ needs: CommandNeeds, held: [String: Int]) {
        self.needs = needs
        self.held = held
    }

    /// What is known to be ready in queues of agents: `runs`, best first in each of them, and nothing else in those that are
    /// `exhausted`.
    init(known runs: [QueuedRun], exhausted: Set<String>, _ needs: CommandNeeds, held: [String: Int]) {
        self.init(needs, held: held)
        self.runs = runs
        if needs.claimable.count > 1 { sortRuns() }
        self.exhausted = exhausted
        empty = Set(needs.claimable.keys).subtracting(runs.map(\.queue))
    }

    /// Queues in which something is passed over, so that what is ready does not stand behind each other.
    var skipped: Set<String> {
        Set(passed.map(\.queue)).union((blocked + over).map(\.queue)).union(unread).union(full.values.joined())
    }

    /// Sorts what was found first, and reads on where that is needed. Under the lock on claims.
    init(
        _ first: [QueuedRun], _ needs: CommandNeeds, held: [String: Int], of workspaceID: ID<Workspace>,
        on connection: PostgresConnection
    ) async throws {
        self.init(needs, held: held)
        let filled = Self.fullLevels(first) { needs.claimable[$0]?.limit }
        exhausted = Set(needs.claimable.keys).subtracting(filled.map(\.queue))
        empty = Set(needs.claimable.keys).subtracting(first.map(\.queue))
        var wanted = needs.claimable
        var page = first
        for round in 0... {
            try await readUsage(of: page, workspaceID, on: connection)
            let steppedOver = sort(page)
            wanted = further(wanted, after: page, where: steppedOver)
            guard !wanted.isEmpty else { break }
            guard round < Self.rounds else {
                unread = Set(wanted.keys)
                break
            }
            let next = QueueStore.ready(workspaceID, Array(wanted.values), full: Array(full.keys))
            page = try next.decode(try await connection.query(next.sql))
        }
        trim()
    }

    private mutating func readUsage(
        of page: [QueuedRun], _ workspaceID: ID<Workspace>, on connection: PostgresConnection
    ) async throws {
        let unknown = Set(page.flatMap(\.limits)).subtracting(usage.keys)
        guard !unknown.isEmpty else { return }
        let statement = LimitStore.usage(workspaceID, Array(unknown))
        for found in try statement.decode(try await connection.query(statement.sql)) { usage[found.use] = found }
    }

    /// Answers the queues in which something was stepped over.
    private mutating func sort(_ page: [QueuedRun]) -> Set<String> {
        var steppedOver: Set<String> = []
        for run in page {
            if run.isOver {
                over.append(run)
            } else if !known.insert(run.runID).inserted {
                // It stands in several queues, or was put into one again.
                passed.insert(run.level)
            } else if held[run.agent, default: 0] >= needs.concurrency[run.agent, default: 0] {
                passed.insert(run.level)
                full[run.agent, default: []].insert(run.queue)
                // Everything else in an agent's own queue is in the same case.
                if run.queue == run.agent { continue }
            } else if run.limits.contains(where: { usage[$0]?.wait != nil }) {
                blocked.append(run)
            } else {
                runs.append(run)
                found[run.queue, default: 0] += 1
                continue
            }
            steppedOver.insert(run.queue)
        }
        return steppedOver
    }

    /// What is still to be read: queues that gave less than was asked for, though there is more.
    private func further(
        _ wanted: [String: QueueStore.Claimable], after page: [QueuedRun], where steppedOver: Set<String>
    ) -> [String: QueueStore.Claimable] {
        var further: [String: QueueStore.Claimable] = [:]
        for run in page {
            guard steppedOver.contains(run.queue), var claimable = further[run.queue] ?? wanted[run.queue],
                found[run.queue, default: 0] < needs.claimable[run.queue]?.limit ?? 0
            else { continue }
            claimable.watermarks[run.priority] = max(claimable.watermarks[run.priority], run.queueID)
            further[run.queue] = claimable
        }
        let isFull = Set(Self.fullLevels(page) { wanted[$0]?.limit }.map(\.queue))
        return further.filter { isFull.contains($0.key) }.mapValues { claimable in
            var claimable = claimable
            claimable.limit = Self.furtherLimit
            return claimable
        }
    }

    /// Levels that gave as much as was asked for, so that there may be more.
    private static func fullLevels(_ page: [QueuedRun], limit: (String) -> Int?) -> [QueueStore.Level] {
        var counts: [QueueStore.Level: Int] = [:]
        for run in page { counts[run.level, default: 0] += 1 }
        return counts.filter { $0.value == limit($0.key.queue) }.map(\.key)
    }

    private mutating func sortRuns() { runs.sort { ($1.priority, $0.queueID) < ($0.priority, $1.queueID) } }

    /// Keeps no more than is asked for, since each of them is locked and loaded: as much may have come from every level. Of the
    /// queues of labels all is kept as it was read, as long as nothing was stepped over: their runs are of several agents, and the
    /// first ones may find no place.
    private mutating func trim() {
        let steppedOver = !over.isEmpty || !blocked.isEmpty || !passed.isEmpty
        sortRuns()
        var kept: [String: Int] = [:]
        var cut: Set<String> = []
        runs.removeAll { run in
            kept[run.queue, default: 0] += 1
            guard steppedOver || run.queue == run.agent,
                kept[run.queue, default: 0] > needs.claimable[run.queue]?.limit ?? 0
            else { return false }
            cut.insert(run.queue)
            return true
        }
        exhausted.subtract(cut)
    }
}
