// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceKit
import ServiceLifecycle
import Store
import TestKit
import orchestrator_svc

/// The part of the orchestrator that shows events, behind a real socket and over a real database.
struct EventFixture: Sendable {
    static let key = LiveFixture.key
    static let workspace = Workspace.defaultID

    let port: Int
    let feed: RoomFeed
    let pool: PostgresPool
    private let url: String
    private let commit: GroupCommit
    private let shutdown: @Sendable () async -> Void

    static func run(
        heartbeat: Duration = .seconds(15), limits change: (inout RoomTail.Limits) -> Void = { _ in },
        _ body: (EventFixture) async throws -> Void
    ) async throws {
        try await LiveFixture.withWorkspace { url in
            var limits = RoomTail.Limits()
            change(&limits)
            let hub = EventHub()
            let pool = PostgresPool(configuration(url, role: OrchestratorSchema.appRole), logger: LiveFixture.quiet)
            let commit = GroupCommit(pool: pool, lanes: 1, logger: LiveFixture.quiet) {
                hub.publish($0.events, of: $0.workspaceID)
            }
            let heads = EventStore.workspaceHeads()
            for head in try heads.decode(try await pool.query(heads.sql)) {
                hub.open(head.workspaceID, at: head.position)
            }
            let feed = RoomFeed(
                hub: hub, pool: pool, logger: LiveFixture.quiet, limits: limits, encode: EventView.streamed)
            var daemon = try LiveFixture.daemon(
                [:], EventsAPI.catalogue + StreamsAPI.catalogue, LiveFixture.quiet, .memory())
            daemon.add(commit)
            daemon.add(feed)
            let streams = RoomStreams(feed: feed, heartbeat: heartbeat)
            streams.answer(&daemon.router)
            streams.addMetrics(to: daemon.metrics)
            answerEvents(&daemon.router, EventOperations(pool: pool))
            try await LiveFixture.serve(daemon) { port, group in
                try await body(
                    EventFixture(
                        port: port, feed: feed, pool: pool, url: url, commit: commit,
                        shutdown: { await group.triggerGracefulShutdown() }))
            }
            await pool.shutdown()
        }
    }

    /// Begins a graceful shutdown, as SIGTERM does.
    func shutDown() async { await shutdown() }

    private static func configuration(_ url: String, role: String?) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(url: url)
        configuration.role = role
        configuration.searchPath = OrchestratorSchema.name
        configuration.sessionSettings = OrchestratorSchema.sessionSettings
        return configuration
    }
}

// MARK: What a client does

extension EventFixture {
    func follower(of room: ID<Room> = Room.defaultID) throws -> RoomFollower {
        try RoomFollower(port: port, internalKey: Self.key, room: room.rawValue)
    }

    func get(_ path: String, _ headers: [(String, String)] = []) async throws -> HTTPExchange.Answer {
        try await HTTPExchange.send(port: port, "GET", path, headers: headers + [("X-INTERNAL-KEY", Self.key)])
    }

    @discardableResult
    func createTask(
        in room: ID<Room> = Room.defaultID, correlation: String? = nil, message: String = "hello",
        by actor: Principal = Principal(.user, "tester")
    ) async throws -> WorkTask {
        let outcome = try await commit.submit(
            CreateTask(
                workspaceID: Self.workspace, roomID: room,
                request: TaskRequest(
                    agent: "echo", input: JSONValue.object(["message": .string(message)]).bytes, priority: 5,
                    timeoutSeconds: 60, retry: .standard, runAt: nil, idempotencyHash: nil),
                correlationID: correlation, idempotencyKey: nil, traceID: LiveFixture.trace, actor: actor))
        guard case .created(let task) = outcome else { throw Problem(.internal, "expected a new task") }
        return task
    }

    @discardableResult
    func cancel(_ task: WorkTask) async throws -> WorkTask {
        try await commit.submit(
            ChangeTask(
                workspaceID: Self.workspace, roomID: task.roomID, taskID: task.id, version: task.version,
                change: .cancel(reason: nil), actor: Principal(.user, "tester")))
    }

    /// Another room.
    func openRoom() async throws -> ID<Room> {
        let caller = Caller(
            principal: Principal(.user, "tester"), audience: .human, traceID: LiveFixture.trace, requestID: "test")
        return try await RoomOperations(pool: pool, commit: commit).create(
            name: "other", idempotencyKey: nil, in: Self.workspace, by: caller
        ).room.id
    }

    /// The sequences of the default room's stream, as the database has them.
    func storedSequences() async throws -> [Int64] {
        try await pool.query("SELECT stream_seq FROM evt_events WHERE stream_type = 'room' ORDER BY stream_seq")
            .map { try $0.value("stream_seq") }
    }

    /// Runs statements with the rights of the log's owner, which no daemon has.
    func withOwner<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let owner = try await PostgresConnection.connect(
            Self.configuration(url, role: nil), logger: LiveFixture.quiet)
        defer { owner.close() }
        return try await body(owner)
    }

    /// Removes the beginning of the rooms' streams, as if it were no longer kept.
    func forget(before sequence: Int64) async throws {
        try await withOwner { owner in
            _ = try await owner.pipeline([
                "ALTER TABLE evt_events DISABLE TRIGGER USER",
                "DELETE FROM evt_events WHERE stream_type = 'room' AND stream_seq < \(sequence)",
            ])
        }
    }
}
