// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// What may be done to rooms.
package struct RoomOperations: Sendable {
    private let pool: PostgresPool
    private let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// Makes a room, or finds the one that was made with the same key; `isReplay` tells which.
    package func create(
        name: String, idempotencyKey: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (room: Room, isReplay: Bool) {
        let making = try await commit.submit(
            CreateRoom(
                workspaceID: workspaceID, name: name,
                idempotency: Idempotency(idempotencyKey, of: ["name": .string(name)]), actor: caller.principal,
                traceID: caller.traceID))
        return (try await room(making.id, in: workspaceID), making.isReplay)
    }

    /// Renames a room, archives or restores it, if its version is still the one that the caller has seen.
    package func change(
        _ id: ID<Room>, name: String?, isArchived: Bool?, ifVersion: Int?, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> Room {
        try await commit.submit(
            ChangeRoom(
                workspaceID: workspaceID, roomID: id, name: name, isArchived: isArchived, ifVersion: ifVersion,
                actor: caller.principal, traceID: caller.traceID))
    }

    package func room(_ id: ID<Room>, in workspaceID: ID<Workspace>) async throws -> Room {
        let statement = RoomStore.room(id, in: workspaceID)
        guard let room = try statement.decode(try await pool.query(statement.sql)) else {
            throw Problem.notFound("room", id.rawValue)
        }
        return room
    }

    /// Rooms by id, oldest first; `next` is where to go on.
    package func list(
        isArchived: Bool, in workspaceID: ID<Workspace>, after cursor: ID<Room>?, limit: Int
    ) async throws -> (rooms: [Room], next: ID<Room>?) {
        let statement = RoomStore.list(in: workspaceID, isArchived: isArchived, after: cursor, limit: limit + 1)
        let (rooms, last) = try statement.decode(try await pool.query(statement.sql)).page(limit)
        return (rooms, last?.id)
    }
}
