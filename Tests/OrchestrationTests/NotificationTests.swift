// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct NotificationTests {
    private static let reader = Caller(
        principal: Principal(.user, "reader"), audience: .human, traceID: KernelFixture.trace, requestID: "request")
    private static let workspace = KernelFixture.workspace
    private static let once = TaskRetryPolicy(maxAttempts: 1, initialSeconds: 0, maxSeconds: 0, factor: 1)
    private static let broken = RunFailure(code: "broken", message: "It broke.", isRetryable: true)

    private func operations(_ kernel: KernelFixture) -> NotificationOperations {
        NotificationOperations(core: OperationsCore(pool: kernel.pool, commit: kernel.commit))
    }

    private func fail(_ kernel: KernelFixture, retry: TaskRetryPolicy) async throws -> ClaimedRun {
        let run = try await kernel.claimOne(retry: retry)
        try await kernel.finish(run, .failed(Self.broken, leastPause: .zero))
        return run
    }

    private func walk(
        _ operations: NotificationOperations, _ kinds: [NotificationKind] = [], limit: Int,
        by caller: Caller = reader
    ) async throws -> [NotificationItem] {
        var found: [NotificationItem] = []
        var cursor: Int64?
        repeat {
            let page = try await operations.list(kinds, in: Self.workspace, before: cursor, limit: limit, by: caller)
            #expect(page.notifications.count <= limit)
            found += page.notifications
            cursor = page.next
        } while cursor != nil
        return found
    }

    @Test func `what others caused is told newest first, by kind, and follows from the events`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            #expect(try await walk(operations, limit: 1).isEmpty)
            let failed = try await fail(kernel, retry: Self.once)
            // Tried again, so nobody has to know.
            _ = try await fail(kernel, retry: .standard)
            let asking = try await kernel.claimOne()
            let approval = try await kernel.requestApproval(kernel.call(asking))
            let (incident, _) = try await IncidentOperations(pool: kernel.pool, commit: kernel.commit)
                .open(.init(title: "Slow", severity: .high), in: Self.workspace, by: .tester)
            try await kernel.changeQueue("other", .paused(reason: "Maintenance"))
            let threads = ThreadOperations(pool: kernel.pool, commit: kernel.commit)
            let thread = try await threads.create(
                title: "t", of: Room.defaultID, in: Self.workspace, by: .tester)
            for caller in [Caller.tester, Self.reader] {
                _ = try await threads.post(.init(content: "Hello"), to: thread.id, in: Self.workspace, by: caller)
            }
            let all = try await walk(operations, limit: 100)
            let positions = all.map(\.recorded.position)
            #expect(
                all.map(\.kind) == [.messagePosted, .queuePaused, .incidentOpened, .approvalRequested, .taskFailed])
            #expect(positions == positions.sorted(by: >))
            let last = try #require(all.last)
            #expect(last.recorded.event.runID == failed.lease.runID && last.agent == "echo" && last.code == "broken")
            #expect(all[3].approvalID == approval.id && all[3].recorded.event.runID == asking.lease.runID)
            #expect(all[2].incidentID == incident.id && all[2].roomID == nil && all[1].agent == "other")
            #expect(all[0].threadID == thread.id && all[0].recorded.event.actor == KernelFixture.actor)
            for limit in 1...3 {
                #expect(try await walk(operations, limit: limit).map(\.recorded.position) == positions)
            }
            let two = try await walk(operations, [.taskFailed, .incidentOpened, .taskFailed], limit: 1)
            #expect(two.map(\.kind) == [.incidentOpened, .taskFailed])
            // To its author the one message is news that is none to the other.
            let mine = try await walk(operations, limit: 10, by: .tester)
            #expect(mine.first?.recorded.event.actor == Self.reader.principal)
            #expect(!mine.contains { $0.recorded.event.actor == KernelFixture.actor })
            try await kernel.expectSound()
            let rebuilt = try await kernel.rebuild().comparisons.first { $0.table == "proj_notifications" }
            #expect(rebuilt?.rows == 6)
        }
    }

    @Test func `a run whose worker is lost is told, and so is the worker`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            _ = try await kernel.pool.query(
                "UPDATE worker_sessions SET expires_at = now() - interval '1 s' WHERE workspace_id = \(Self.workspace)")
            try await kernel.rescue()
            let told = try await walk(operations(kernel), limit: 10)
            #expect(told.map(\.kind) == [.incidentOpened, .runLost] && told[1].recorded.event.runID == run.lease.runID)
            #expect(told[0].code == "worker_lost")
        }
    }

    @Test func `the place of a reader moves forwards, back only on purpose, and never beyond the log`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            func read(_ position: Int64, back: Bool = false) async throws -> ReadState {
                try await operations.read(upTo: position, allowBack: back, in: Self.workspace, by: Self.reader)
            }
            for _ in 0..<3 { _ = try await fail(kernel, retry: Self.once) }
            let page = try await operations.list([], in: Self.workspace, before: nil, limit: 1, by: Self.reader)
            let positions = try await walk(operations, limit: 10).map(\.recorded.position)
            #expect(
                page.state
                    == ReadState(position: 0, readAt: nil, unread: 3, isMore: false, newest: positions[0]))
            let log = try await kernel.events().count
            let some = try await read(positions[1])
            #expect(some.position == positions[1] && some.unread == 1 && some.readAt != nil)
            #expect(try await read(positions[2]) == some)
            let back = try await read(positions[2], back: true)
            #expect(back.position == positions[2] && back.unread == 2)
            #expect(try await read(0, back: true).unread == 3)
            let all = try await read(positions[0])
            #expect(all.unread == 0 && all.newest == positions[0])
            for back in [false, true] {
                let problem = await #expect(throws: Problem.self) { try await read(.max, back: back) }
                #expect(problem?.kind == .invalid && problem?.fields.first?.field == "/position")
            }
            #expect(try await read(positions[0]).position == positions[0])
            // Reading leaves no trace in the log, and nobody else's place moves.
            #expect(try await kernel.events().count == log)
            let other = try await operations.list([], in: Self.workspace, before: nil, limit: 1, by: .tester)
            #expect(other.state.position == 0 && other.state.readAt == nil)
            try await kernel.expectSound()
        }
    }

    @Test func `two windows that read at the same time end where the farther one is`() async throws {
        try await KernelFixture.with { kernel in
            let operations = operations(kernel)
            for _ in 0..<5 { _ = try await fail(kernel, retry: Self.once) }
            let positions = try await walk(operations, limit: 10).map(\.recorded.position)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for position in (positions + positions).shuffled() {
                    group.addTask {
                        _ = try await operations.read(
                            upTo: position, allowBack: false, in: Self.workspace, by: Self.reader)
                    }
                }
                try await group.waitForAll()
            }
            let state = try await operations.list([], in: Self.workspace, before: nil, limit: 1, by: Self.reader).state
            #expect(state.position == positions[0] && state.unread == 0)
        }
    }

    @Test func `counting and looking are bounded, and say so`() async throws {
        try await KernelFixture.with { kernel in
            let window = NotificationStore.window
            // Its reader's own, with one of somebody else's beneath and one on top of so many.
            _ = try await kernel.pool.query(
                """
                INSERT INTO proj_notifications (workspace_id, kind, position, actor)
                SELECT 'ws_dev', 'message_posted', n,
                    CASE WHEN n IN (1, \(window + 2)) THEN 'user:else' ELSE 'user:reader' END
                FROM generate_series(1, \(window + 2)) AS n
                """)
            let reader = Self.reader.principal
            let state = try await kernel.read(NotificationStore.state(of: reader, in: Self.workspace))
            #expect(state.unread == 1 && state.isMore && state.newest == Int64(window + 2))
            var pages: [String] = []
            var cursor: Int64? = .max
            while let before = cursor {
                let list = NotificationStore.list(
                    NotificationKind.allCases, in: Self.workspace, for: reader, before: before, limit: 3)
                // There are no events behind these, so only their places can be read.
                let rows = try await kernel.pool.query(
                    "SELECT l.scan_end, l.kind FROM (" + list.sql + ") AS l")
                cursor = try rows.first?.value("scan_end")
                let found = try rows.filter { try $0.value("kind", as: String?.self) != nil }.count
                pages.append("\(found) before \(cursor.map(String.init) ?? "the end")")
            }
            #expect(pages == ["1 before 3", "1 before the end"])
            _ = try await kernel.pool.query(
                """
                INSERT INTO proj_notifications (workspace_id, kind, position, actor)
                SELECT 'ws_dev', 'run_lost', n, 'service:x' FROM generate_series(1, 1500) AS n
                """)
            let many = try await kernel.read(NotificationStore.state(of: reader, in: Self.workspace))
            #expect(many.unread == 1000 && many.isMore)
        }
    }

    @Test func `what happened before there were notifications is told by the migration as by a replay`() async throws {
        try await withDatabase([]) { url in
            try await KernelFixture.prepare(url, before: "notifications")
            let pool = PostgresPool(KernelFixture.configuration(url, role: nil), logger: KernelFixture.logger)
            let error = #""error":{"code":"x","message":"y","retryable":false}"#
            let large = #"{"error":{"code":"x","message":"\#(String(repeating: "z", count: 9000))","retryable":false}}"#
            let bodies: [(type: String, body: String)] = [
                ("task.created", "{}"), ("run.failed", "{\(error)}"),
                ("run.failed", #"{\#(error),"next_run_id":"run_1","run_at":"2026-11-21T05:00:00.000000Z"}"#),
                ("run.failed", large), ("task.failed", "{\(error)}"), ("run.completed", "{}"),
                ("approval.requested", "{}"), ("approval.expired", "{}"), ("approval.denied", "{}"),
                ("incident.opened", "{}"), ("incident.closed", "{}"), ("run.lease_lost", "{}"),
                ("message.posted", "{}"), ("schedule.missed", "{}"), ("schedule.fired", "{}"), ("queue.paused", "{}"),
            ]
            for (index, (type, body)) in bodies.enumerated() {
                let bytes = Array(body.utf8)
                let isLarge = bytes.count > EventStore.largestInlineBody
                _ = try await pool.query(
                    """
                    WITH blob AS (
                        INSERT INTO evt_blobs (workspace_id, blob_hash, body)
                        SELECT 'ws_dev', sha256(\(bytes)), \(bytes) WHERE \(isLarge))
                    INSERT INTO evt_events (workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type,
                        schema_version, actor, zone, trace_id, leaf, body_hash, salt, body, blob_hash, occurred_at)
                    SELECT 'ws_dev', \(Int64(index + 1)), 'room', 'room_default', \(Int64(index + 1)), gen_random_uuid(),
                        \(type), 1, 'user:x', 'supervised', 'x', '', '', '', CASE WHEN NOT \(isLarge) THEN \(bytes) END,
                        CASE WHEN \(isLarge) THEN sha256(\(bytes)) END, now()
                    """)
            }
            try await KernelFixture.prepare(url)
            let statement = EventStore.events(of: Self.workspace, after: 0, limit: 100)
            let events = try statement.decode(try await pool.query(statement.sql))
            #expect(events.count == bodies.count)
            let expected = events.compactMap { event in
                NotificationKind(event.event).map { "\(event.position) \($0.rawValue) \(event.event.actor.text)" }
            }
            let rows = try await pool.query(
                "SELECT position, kind, actor FROM proj_notifications ORDER BY position")
            let found = try rows.map { row in
                let told = try ["kind", "actor"].map { try row.value($0, as: String.self) }
                return "\(try row.value("position", as: Int64.self)) \(told[0]) \(told[1])"
            }
            #expect(found == expected && found.count == 10)
            await pool.shutdown()
        }
    }
}
