// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct RoomTests {
    @Test func `a workspace made later is followed at once, has its room, and keeps its log to itself`() async throws {
        try await KernelFixture.with { kernel in
            let id = ID<Workspace>(trusted: "ws_second")
            func create() async throws -> Workspace {
                try await kernel.commit.submit(
                    CreateWorkspace(
                        workspaceID: id, name: "Second", actor: KernelFixture.actor, traceID: KernelFixture.trace))
            }
            #expect(kernel.hub.lastPosition(of: id) == nil)
            #expect(try await create().name == "Second")
            #expect(kernel.hub.lastPosition(of: id) == 2)
            let problem = await #expect(throws: Problem.self) { try await create() }
            #expect(problem?.kind == .conflict && problem?.code == "workspace_exists")
            try await kernel.commit.submit(
                OpenWorkspace(workspaceID: id, name: "again", actor: KernelFixture.actor, traceID: KernelFixture.trace))
            #expect(kernel.hub.lastPosition(of: id) == 2, "what is open records nothing")
            #expect(try await kernel.events().count == 2, "the first workspace's own log")
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_workspaces") == 2)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `whether there is a workspace is known, and one made elsewhere is followed when it is first named`()
        async throws
    {
        try await KernelFixture.with { kernel in
            let hub = EventHub()
            let workspaces = WorkspaceOperations(pool: kernel.pool, commit: kernel.commit, hub: hub)
            let problem = await #expect(throws: Problem.self) { try await workspaces.require(ID(trusted: "ws_none")) }
            #expect(problem?.kind == .notFound && problem?.code == "workspace_not_found")
            try await workspaces.require(KernelFixture.workspace)
            #expect(hub.lastPosition(of: KernelFixture.workspace) == 2)
        }
    }

    @Test func `workspaces that are there already become rows of the new table`() async throws {
        try await withDatabase([]) { url in
            try await KernelFixture.prepare(url, before: "workspaces")
            let pool = PostgresPool(KernelFixture.configuration(url, role: nil), logger: KernelFixture.logger)
            // A log as the version before wrote it: the event alone.
            let body = Array(#"{"name":"ws_dev"}"#.utf8)
            let statements: [SQL] = [
                "INSERT INTO evt_workspace_heads VALUES ('ws_dev', 1, 1, '')",
                """
                INSERT INTO evt_events (workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type,
                    schema_version, actor, zone, trace_id, leaf, body_hash, salt, body, occurred_at)
                VALUES ('ws_dev', 1, 'workspace', 'ws_dev', 1, gen_random_uuid(), 'workspace.created', 1, 'user:x',
                    'supervised', 'x', '', '', '', \(body), '2026-01-02T03:04:05Z')
                """,
            ]
            for sql in statements { _ = try await pool.query(sql) }
            try await KernelFixture.prepare(url)
            let list = WorkspaceStore.list(after: nil, limit: 10)
            let found = try list.decode(try await pool.query(list.sql))
            #expect(found.map(\.id.rawValue) == ["ws_dev"] && found.first?.name == "ws_dev")
            #expect(found.first?.createdAt == Timestamp("2026-01-02T03:04:05Z"))
            await pool.shutdown()
        }
    }

    @Test func `rooms are made, renamed, archived and restored, each an event of their own stream`() async throws {
        try await KernelFixture.with { kernel in
            let rooms = RoomOperations(pool: kernel.pool, commit: kernel.commit)
            let (room, isReplay) = try await rooms.create(
                name: "Lobby", idempotencyKey: "k", in: KernelFixture.workspace, by: .tester)
            #expect(!isReplay && room.version == 1)
            let again = try await rooms.create(
                name: "Lobby", idempotencyKey: "k", in: KernelFixture.workspace, by: .tester)
            #expect(again.isReplay && again.room.id == room.id)
            let reused = await #expect(throws: Problem.self) {
                try await rooms.create(name: "Other", idempotencyKey: "k", in: KernelFixture.workspace, by: .tester)
            }
            #expect(reused?.kind == .conflict && reused?.code == "idempotency_key_reused")
            let renamed = try await kernel.change(room.id, name: "Hall", ifVersion: 1)
            #expect(renamed.name == "Hall" && renamed.version == 2)
            let stale = await #expect(throws: Problem.self) {
                try await kernel.change(room.id, name: "Attic", ifVersion: 1)
            }
            #expect(stale?.kind == .stale && stale?.details["current_version"] == 2)
            #expect(try await kernel.change(room.id, isArchived: true).archivedAt != nil)
            #expect(try await kernel.change(room.id, isArchived: true).version == 3, "it is archived already")
            #expect(try await kernel.change(room.id, isArchived: false).archivedAt == nil)
            let events = try await kernel.events().filter { $0.event.stream == .room(room.id) }
            #expect(
                events.map(\.event.type) == ["room.created", "room.renamed", "room.archived", "room.restored"])
            #expect(events.map(\.streamSequence) == [1, 2, 3, 4])
            let byDefault = await #expect(throws: Problem.self) {
                try await kernel.change(Room.defaultID, isArchived: true)
            }
            #expect(byDefault?.code == "default_room")
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `twenty requests at once with one key make one room`() async throws {
        try await KernelFixture.with { kernel in
            let rooms = RoomOperations(pool: kernel.pool, commit: kernel.commit)
            let made = try await withThrowingTaskGroup(of: (ID<Room>, Bool).self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let (room, isReplay) = try await rooms.create(
                            name: "Once", idempotencyKey: "once", in: KernelFixture.workspace, by: .tester)
                        return (room.id, isReplay)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(made.map(\.0)).count == 1)
            #expect(made.filter { !$0.1 }.count == 1)
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_rooms") == 2)
        }
    }

    @Test func `two kernels over one database make one room of a key, and one task, whatever the room`() async throws {
        try await KernelFixture.with { first in
            try await KernelFixture.run(on: first.url, opens: false) { second in
                let rooms = [first, second].map { RoomOperations(pool: $0.pool, commit: $0.commit) }
                for round in 0..<10 {
                    async let one = rooms[0].create(
                        name: "R", idempotencyKey: "r\(round)", in: KernelFixture.workspace, by: .tester)
                    async let other = rooms[1].create(
                        name: "R", idempotencyKey: "r\(round)", in: KernelFixture.workspace, by: .tester)
                    let made = try await [one, other]
                    #expect(made[0].room.id == made[1].room.id)
                    #expect(made.filter(\.isReplay).count == 1)
                    // The same key in two rooms is two requests; one of them comes first.
                    async let task = first.create(key: "t\(round)")
                    async let elsewhere = second.create(key: "t\(round)", in: made[0].room.id)
                    _ = try await [task, elsewhere]
                }
                #expect(try await first.number("SELECT count(*) AS n FROM proj_rooms") == 11)
                #expect(try await first.number("SELECT count(*) AS n FROM proj_tasks") == 10)
                #expect(try await first.verify().finding == nil)
            }
        }
    }

    @Test func `nothing begins in an archived room, and what waited goes on when it is restored`() async throws {
        try await KernelFixture.with { kernel in
            let rooms = RoomOperations(pool: kernel.pool, commit: kernel.commit)
            let room = try await rooms.create(
                name: "Busy", idempotencyKey: nil, in: KernelFixture.workspace, by: .tester
            ).room
            guard case .created(let running) = try await kernel.create(in: room.id),
                case .created(let waiting) = try await kernel.create(in: room.id),
                case .created(let failed) = try await kernel.create(in: room.id)
            else {
                Issue.record("expected new tasks")
                return
            }
            let session = try await kernel.openSession()
            let runs = try await kernel.claim(session, limit: 1)
            #expect(runs.map(\.task.id) == [running.id])
            _ = try await kernel.change(failed, .fail(RunFailure(code: "no", message: "No.", isRetryable: false)))
            _ = try await kernel.change(room.id, isArchived: true)

            let refused = await #expect(throws: Problem.self) { try await kernel.create(in: room.id) }
            #expect(refused?.kind == .conflict && refused?.code == "room_archived")
            let retry = await #expect(throws: Problem.self) {
                try await kernel.change(failed, .retry, version: 2)
            }
            #expect(retry?.code == "room_archived")
            #expect(try await kernel.claim(session).isEmpty, "nothing is started")
            #expect(try await kernel.task(waiting.id).status == .queued)
            try await kernel.finish(try #require(runs.first))
            #expect(try await kernel.task(running.id).status == .completed, "what was under way comes to its end")

            _ = try await kernel.change(room.id, isArchived: false)
            #expect(try await kernel.claim(session).map(\.task.id) == [waiting.id])
            #expect(try await kernel.number("SELECT count(*) AS n FROM run_queue") == 0)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a task of a room that is not there is not found`() async throws {
        try await KernelFixture.with { kernel in
            let problem = await #expect(throws: Problem.self) { try await kernel.create(in: .make()) }
            #expect(problem?.kind == .notFound)
        }
    }
}

extension Caller {
    /// A person who tests.
    static let tester = Caller(
        principal: KernelFixture.actor, audience: .human, traceID: KernelFixture.trace, requestID: "test")
}

extension KernelFixture {
    func change(
        _ room: ID<Room>, name: String? = nil, isArchived: Bool? = nil, ifVersion: Int? = nil
    ) async throws -> Room {
        try await RoomOperations(pool: pool, commit: commit).change(
            room, name: name, isArchived: isArchived, ifVersion: ifVersion, in: Self.workspace, by: .tester)
    }
}
