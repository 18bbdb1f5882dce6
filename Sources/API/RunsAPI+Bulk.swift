// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Which runs are meant, in a body.
package struct RunFilterInput: WireInput {
    package static let wireName = "RunFilter"

    package let statuses: [TaskStatus]
    package let agent: String?
    package let roomID: ID<Room>?
    package let parentRunID: ID<Run>?
    package let label: String?
    package let correlationID: String?
    package let errorCode: String?
    package let since: Timestamp?
    package let until: Timestamp?

    package init(_ reader: inout InputReader) {
        statuses =
            reader.optional(
                "status", "Only runs in one of these.", .array(of: .choice(TaskStatus.self), max: 7, unique: true))
            ?? []
        agent = reader.optional("agent", "Only runs of this agent.", .string(.name, max: 63))
        roomID = reader.optional("room_id", "Only runs of this room.", .id())
        parentRunID = reader.optional("parent_run_id", "Only runs that this run asked for.", .id())
        label = reader.optional("label", "Only runs that carry this label.", .string(.name, max: 63))
        correlationID = reader.optional(
            "correlation_id", "Only runs with this correlation id.", .string(.token, max: 128))
        errorCode = reader.optional("error_code", "Only runs that failed so.", .string(.token, max: 64))
        since = reader.optional("since", "Of tasks created at this time or later.", .timestamp)
        until = reader.optional("until", "Of tasks created before this time.", .timestamp)
    }
}

/// `POST /v1/runs/cancel`.
package struct CancelRunsInput: WireInput {
    package static let wireName = "RunsCancellation"

    package let workspaceID: ID<Workspace>
    package let filter: RunFilterInput
    package let reason: String?
    package let isDryRun: Bool
    package let limit: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        filter = reader.member("filter", "Which runs; an empty object means all.", .object(RunFilterInput.self))
        reason = reader.optional("reason", "Why.", .string(.text, max: 1000))
        (isDryRun, limit) = reader.bulk()
        let ended = filter.statuses.filter(\.isFinal)
        if !ended.isEmpty { reader.refuse("/filter/status", "names \(ended[0].rawValue), which has ended already") }
    }
}

/// `POST /v1/runs/replay`.
package struct ReplayRunsInput: WireInput {
    package static let wireName = "RunsReplay"

    package let workspaceID: ID<Workspace>
    package let filter: RunFilterInput
    package let cursor: ID<WorkTask>?
    package let idempotencyKey: String?
    package let isDryRun: Bool
    package let limit: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        filter = reader.member(
            "filter", "Which runs; an empty object means all that have ended.", .object(RunFilterInput.self))
        cursor = reader.optional("cursor", "Where an earlier answer ended: its `next_cursor`.", .id())
        idempotencyKey = reader.optional(
            "idempotency_key", "Makes the request safe to repeat.", .string(.token, min: 1, max: 128))
        (isDryRun, limit) = reader.bulk()
        if let live = filter.statuses.first(where: { !$0.isFinal }) {
            reader.refuse("/filter/status", "names \(live.rawValue), which has not ended")
        }
    }
}

/// `GET /v1/dead-letters`.
package struct DeadLettersInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let agent: String?
    package let errorCode: String?
    package let since: Timestamp?
    package let until: Timestamp?
    package let limit: Int
    package let cursor: ID<WorkTask>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        agent = reader.query("agent", "Only runs of this agent.", .string(.name, max: 63))
        errorCode = reader.query("error_code", "Only runs that failed so.", .string(.token, max: 64))
        since = reader.query("since", "Of tasks created at this time or later.", .timestamp)
        until = reader.query("until", "Of tasks created before this time.", .timestamp)
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// `POST /v1/dead-letters/retry`.
package struct RetryDeadLettersInput: WireInput {
    package static let wireName = "DeadLettersRetry"

    package let workspaceID: ID<Workspace>
    package let runIDs: [ID<Run>]?
    package let filter: RunFilterInput?
    package let isDryRun: Bool
    package let limit: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runIDs = reader.optional(
            "run_ids", "These runs.", .array(of: .id(), min: 1, max: 1000, unique: true))
        filter = reader.optional("filter", "All that fit.", .object(RunFilterInput.self))
        (isDryRun, limit) = reader.bulk()
        reader.requireExactlyOne(of: "filter", "run_ids")
        if filter?.statuses.isEmpty == false { reader.refuse("/filter/status", "is always failed here") }
    }
}

extension InputReader {
    /// What every request about many runs says beside which ones.
    fileprivate mutating func bulk() -> (isDryRun: Bool, limit: Int) {
        (
            member("dry_run", "Only counts.", .bool, default: false),
            member("limit", "How many at most.", .integer(1...1000), default: 1000)
        )
    }
}
