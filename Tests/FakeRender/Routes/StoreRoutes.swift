// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

/// What databases and key values have in common.
protocol FakeStore: Sendable {
    var id: String { get }
    var name: String { get }
    var ownerID: String { get }
    var region: String { get }
    var environmentID: String? { get }
    var isSuspended: Bool { get set }
    var createdAt: Timestamp { get }
    var updatedAt: Timestamp { get }
    var connection: JSONValue { get }

    func json(_ world: World, isDetail: Bool) -> JSONValue
}

extension FakeDatabase: FakeStore {}
extension FakeKeyValue: FakeStore {}

/// One kind of store: where the fake keeps it, and how the document names it.
struct StoreKind<Store: FakeStore>: Sendable {
    let shelf: any WritableKeyPath<World, Shelf<Store>> & Sendable
    /// The path, without its slash, and the end of each operation's name.
    let name: String
    /// The name in braces in its paths.
    let parameter: String
    /// What a list calls an item.
    let member: String

    func find(_ world: World, _ call: FakeCall) throws(Refusal) -> Store {
        guard let store = world[keyPath: shelf][call.parameter(parameter)] else { throw .notFound(name) }
        return store
    }

    /// Listing, reading, deleting, suspending and resuming.
    var operations: [Operation] {
        let kind = self
        let path = "/\(name)/{\(parameter)}"
        func suspends(_ isSuspended: Bool) -> Operation.Handler {
            { world, call throws(Refusal) in
                let id = try kind.find(world, call).id
                world[keyPath: kind.shelf].change(id) { $0.isSuspended = isSuspended }
                return FakeAnswer(202)
            }
        }
        return [
            Operation(.GET, "/\(name)", "list-\(name)") { world, call throws(Refusal) in try kind.list(world, call) },
            Operation(.GET, path, "retrieve-\(name)") { world, call throws(Refusal) in
                FakeAnswer(200, try kind.find(world, call).json(world, isDetail: true))
            },
            Operation(.DELETE, path, "delete-\(name)") { world, call throws(Refusal) in
                world[keyPath: kind.shelf][try kind.find(world, call).id] = nil
                return FakeAnswer(204)
            },
            Operation(.GET, "\(path)/connection-info", "retrieve-\(name)-connection-info") {
                world, call throws(Refusal) in
                FakeAnswer(200, try kind.find(world, call).connection)
            },
            Operation(.POST, "\(path)/suspend", "suspend-\(name)", suspends(true)),
            Operation(.POST, "\(path)/resume", "resume-\(name)", suspends(false)),
        ]
    }

    private func list(_ world: World, _ call: FakeCall) throws(Refusal) -> FakeAnswer {
        var items: [(String, JSONValue)] = []
        for store in world[keyPath: shelf].values {
            let suspended = store.isSuspended ? "suspended" : "not_suspended"
            guard call.admits("name", store.name), call.admits("region", store.region),
                call.admits("suspended", suspended), call.admits("ownerId", store.ownerID),
                call.admits("environmentId", store.environmentID),
                try call.admits(created: store.createdAt, updated: store.updatedAt)
            else { continue }
            items.append((store.id, store.json(world, isDetail: false)))
        }
        return try Paging(call).answer(items, as: member)
    }
}
