// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let keyValues: [Operation] = [
        Operation(.GET, "/key-value", "list-key-value") { world, call throws(Refusal) in
            var items: [(String, JSONValue)] = []
            for keyValue in world.keyValues.values {
                guard call.admits("name", keyValue.name), call.admits("region", keyValue.region),
                    call.admits("ownerId", keyValue.ownerID),
                    call.admits("environmentId", keyValue.environmentID),
                    try call.admits(created: keyValue.createdAt, updated: keyValue.updatedAt)
                else { continue }
                items.append((keyValue.id, keyValue.json(world, isDetail: false)))
            }
            return try Paging(call).answer(items, as: "keyValue")
        },
        Operation(.POST, "/key-value", "create-key-value") { world, call throws(Refusal) in
            let body = try call.object()
            try body.allow([
                "name", "ownerId", "plan", "region", "environmentId", "maxmemoryPolicy", "persistenceMode",
                "ipAllowList",
            ])
            let name = try body.text("name")
            let ownerID = try world.owner(body)
            try world.admit(
                name: name, among: world.keyValues.values.filter { $0.ownerID == ownerID }.map(\.name))
            var keyValue = FakeKeyValue(
                id: world.minting.id("red"), name: name, ownerID: ownerID, plan: try body.text("plan"),
                region: body["region"]?.string ?? "oregon", maxmemoryPolicy: "allkeys_lru", ipAllowList: [],
                environmentID: try world.environment(body), createdAt: world.now, updatedAt: world.now)
            try keyValue.take(body)
            world.keyValues[keyValue.id] = keyValue
            return FakeAnswer(201, keyValue.json(world, isDetail: true))
        },
        Operation(.GET, "/key-value/{keyValueId}", "retrieve-key-value") { world, call throws(Refusal) in
            FakeAnswer(200, try world.keyValue(call).json(world, isDetail: true))
        },
        Operation(.PATCH, "/key-value/{keyValueId}", "update-key-value") { world, call throws(Refusal) in
            var keyValue = try world.keyValue(call)
            let body = try call.object()
            try body.allow(["name", "plan", "maxmemoryPolicy", "persistenceMode", "ipAllowList"])
            if let name = body["name"]?.string { keyValue.name = name }
            if let plan = body["plan"]?.string { keyValue.plan = plan }
            try keyValue.take(body)
            keyValue.updatedAt = world.now
            world.keyValues[keyValue.id] = keyValue
            return FakeAnswer(200, keyValue.json(world, isDetail: true))
        },
        Operation(.DELETE, "/key-value/{keyValueId}", "delete-key-value") { world, call throws(Refusal) in
            world.keyValues[try world.keyValue(call).id] = nil
            return FakeAnswer(204)
        },
        Operation(.GET, "/key-value/{keyValueId}/connection-info", "retrieve-key-value-connection-info") {
            world, call throws(Refusal) in
            FakeAnswer(200, try world.keyValue(call).connection)
        },
        Operation(.POST, "/key-value/{keyValueId}/suspend", "suspend-key-value") { world, call throws(Refusal) in
            world.keyValues.change(try world.keyValue(call).id) { $0.isSuspended = true }
            return FakeAnswer(202)
        },
        Operation(.POST, "/key-value/{keyValueId}/resume", "resume-key-value") { world, call throws(Refusal) in
            world.keyValues.change(try world.keyValue(call).id) { $0.isSuspended = false }
            return FakeAnswer(202)
        },
    ]
}

extension FakeKeyValue {
    private static let policies = [
        "noeviction", "allkeys_lfu", "allkeys_lru", "allkeys_random", "volatile_lfu", "volatile_lru",
        "volatile_random", "volatile_ttl",
    ]

    /// Takes over what creation and patches share.
    fileprivate mutating func take(_ body: JSONObject) throws(Refusal) {
        if let policy = body["maxmemoryPolicy"]?.string {
            guard Self.policies.contains(policy) else { throw .invalid("maxmemoryPolicy is not known") }
            maxmemoryPolicy = policy
        }
        if let mode = body["persistenceMode"]?.string { persistenceMode = mode }
        if let list = body["ipAllowList"] { ipAllowList = list }
    }
}

extension World {
    fileprivate func keyValue(_ call: FakeCall) throws(Refusal) -> FakeKeyValue {
        guard let keyValue = keyValues[call.parameter("keyValueId")] else { throw .notFound("key-value") }
        return keyValue
    }
}
