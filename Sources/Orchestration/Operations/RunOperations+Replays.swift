// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Store

/// Replaying many runs by a filter.
extension RunOperations {
    /// What became of a request to replay many.
    package struct BulkReplayOutcome: Sendable {
        /// Runs that the request is about.
        package let matched: Int
        /// Runs that were made, with those they replay; not of tasks that went on by themselves meanwhile.
        package let made: [BulkReplay.Pair]
        /// Where to go on; nil when no more fit.
        package let next: ID<WorkTask>?
        /// Whether an earlier request with the same key had said what is meant.
        package let isReplay: Bool
    }

    /// Makes new runs of tasks that have ended and fit the filter, `limit` at most, newest task first, from `cursor` on. All
    /// is done again, nothing taken over. A dry run only counts.
    ///
    /// With a key the request means for ever what it meant at first: sent again it makes what is still missing, and answers
    /// the same. A run that a replay has made can end and fit the filter again, so what goes on goes on from `next`.
    package func replayAll(
        _ filter: TaskFilter, from cursor: ID<WorkTask>?, idempotencyKey: String?, isDryRun: Bool, limit: Int,
        in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> BulkReplayOutcome {
        var filter = filter
        if filter.statuses.isEmpty { filter.statuses = TaskStatus.allCases.filter(\.isFinal) }
        guard !isDryRun else {
            let found = try await plan(filter, from: cursor, limit: limit, in: workspaceID)
            return BulkReplayOutcome(matched: found.pairs.count, made: [], next: found.next, isReplay: false)
        }
        let idempotency = Idempotency(idempotencyKey, of: Self.request(filter, cursor, limit))
        if let idempotency, let known = try await known(idempotency, in: workspaceID) {
            return try await carryOut(known, isReplay: true, in: workspaceID, by: caller)
        }
        var planned = try await plan(filter, from: cursor, limit: limit, in: workspaceID)
        if let idempotency {
            _ = try await core.read(
                BulkReplayStore.keep(
                    planned, as: idempotency.key, hash: idempotency.hash, in: workspaceID, by: caller.principal))
            // One that was sent at the same time may have been first.
            guard let kept = try await known(idempotency, in: workspaceID) else {
                throw Problem(.internal, "What the key means could not be read back.")
            }
            if kept != planned {
                planned = kept
                return try await carryOut(planned, isReplay: true, in: workspaceID, by: caller)
            }
        }
        return try await carryOut(planned, isReplay: false, in: workspaceID, by: caller)
    }

    /// The request in the form that is compared.
    private static func request(_ filter: TaskFilter, _ cursor: ID<WorkTask>?, _ limit: Int) -> JSONObject {
        var request: JSONObject = ["limit": JSONValue(limit)]
        request["cursor"] = cursor.map { .string($0.rawValue) }
        request["status"] = .array(filter.statuses.map(\.rawValue).sorted().map { .string($0) })
        request["agent"] = filter.agent.map { .string($0) }
        request["room_id"] = filter.roomID.map { .string($0.rawValue) }
        request["parent_run_id"] = filter.parentRunID.map { .string($0.rawValue) }
        request["label"] = filter.label.map { .string($0) }
        request["correlation_id"] = filter.correlationID.map { .string($0) }
        request["error_code"] = filter.errorCode.map { .string($0) }
        request["since"] = filter.since.map { .string($0.description) }
        request["until"] = filter.until.map { .string($0.description) }
        return request
    }

    private func known(_ idempotency: Idempotency, in workspaceID: ID<Workspace>) async throws -> BulkReplay? {
        guard let (replay, hash) = try await core.read(BulkReplayStore.find(idempotency.key, in: workspaceID)) else {
            return nil
        }
        guard hash == idempotency.hash else { throw Problem.reusedKey("/idempotency_key", [:]) }
        return replay
    }

    /// The latest runs of the tasks that fit, each with the name of the run that would be made.
    private func plan(
        _ filter: TaskFilter, from cursor: ID<WorkTask>?, limit: Int, in workspaceID: ID<Workspace>
    ) async throws -> BulkReplay {
        let found = try await find(filter, from: cursor, limit: limit, in: workspaceID)
        return BulkReplay(
            pairs: found.tasks.map { BulkReplay.Pair(runID: $0.runID, newRunID: .make()) }, next: found.last)
    }

    private func carryOut(
        _ replay: BulkReplay, isReplay: Bool, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> BulkReplayOutcome {
        let before = try await made(by: replay, in: workspaceID)
        let rest = replay.pairs.filter { !before.contains($0.newRunID) }
        let places = try await core.places(of: rest.map(\.runID), in: workspaceID)
        try await each(rest) { pair in
            guard let place = places[pair.runID] else { return false }
            return try await self.replayUnlessMoved(pair, place, in: workspaceID, by: caller)
        }
        // What one that was sent at the same time has made counts as well.
        let after = try await made(by: replay, in: workspaceID)
        return BulkReplayOutcome(
            matched: replay.pairs.count, made: replay.pairs.filter { after.contains($0.newRunID) }, next: replay.next,
            isReplay: isReplay)
    }

    private func made(by replay: BulkReplay, in workspaceID: ID<Workspace>) async throws -> Set<ID<Run>> {
        Set(try await core.places(of: replay.pairs.map(\.newRunID), in: workspaceID).keys)
    }

    private func replayUnlessMoved(
        _ pair: BulkReplay.Pair, _ place: TaskPlace, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Bool {
        do {
            _ = try await core.commit.submit(
                ReplayRun(
                    workspaceID: workspaceID, place: place, runID: pair.runID, fromStep: nil, steps: [],
                    as: pair.newRunID, actor: caller.principal))
            return true
        } catch let problem as Problem where problem.kind == .stale || problem.kind == .conflict {
            return false
        }
    }
}
