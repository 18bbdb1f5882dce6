// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What became of a request that makes something at most once.
package enum Making<Subject: Identified>: Sendable {
    case made(ID<Subject>)
    /// Made earlier with the same idempotency key.
    case existing(ID<Subject>)

    package var id: ID<Subject> {
        switch self {
        case .made(let id), .existing(let id): id
        }
    }

    package var isReplay: Bool {
        if case .existing = self { true } else { false }
    }
}

extension Command {
    /// Notes what was made; what had been made before needs no note.
    func note<Subject>(of making: Making<Subject>) -> [UInt8]? {
        if case .made(let id) = making { Array(id.rawValue.utf8) } else { nil }
    }

    /// What this very command has made, whose answer was lost.
    func making<Subject>(from memo: [UInt8]?) -> Making<Subject> {
        .made(ID(trusted: String(decoding: memo ?? [], as: UTF8.self)))
    }
}

/// Makes a room, or finds the one that was made with the same idempotency key.
package struct CreateRoom: Command {
    package let workspaceID: ID<Workspace>
    package let name: String
    /// With the hash of the request.
    package let idempotency: Idempotency?
    package let actor: Principal
    package let traceID: String
    private let roomID = ID<Room>.make()

    package init(
        workspaceID: ID<Workspace>, name: String, idempotency: Idempotency?, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.name = name
        self.idempotency = idempotency
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.workspace(workspaceID), .room(roomID)]
        needs.opened = [.room(roomID)]
        if let idempotency { needs.rows.rooms.want(idempotencyKey: idempotency.key) }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Making<Room> {
        if let idempotency, let earlier = state.rows.rooms.row(withIdempotencyKey: idempotency.key) {
            guard earlier.idempotencyHash == idempotency.hash else {
                throw .reusedKey("/idempotency_key", ["room_id": .string(earlier.id.rawValue)])
            }
            return .existing(earlier.id)
        }
        var context = state.context(.room(roomID), by: actor, traceID: traceID)
        context.idempotencyKey = idempotency?.key
        try state.record(.created(name: name, idempotencyHash: idempotency?.hash), on: roomID, in: \.rooms, context)
        return .made(roomID)
    }

    package func memo(of outcome: Making<Room>) -> [UInt8]? { note(of: outcome) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Making<Room> { making(from: memo) }
}

/// What makes sending a request again harmless: the caller's key, and what the request was.
package struct Idempotency: Sendable, Equatable {
    package let key: String
    /// SHA-256 of the canonical request without the key.
    package let hash: [UInt8]

    package init(key: String, hash: [UInt8]) {
        self.key = key
        self.hash = hash
    }

    /// Nil without a key.
    init?(_ key: String?, of request: JSONObject) {
        guard let key else { return nil }
        self.init(key: key, hash: request.fingerprint)
    }
}
