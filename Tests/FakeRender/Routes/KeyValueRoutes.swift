// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    private static let keyValue = StoreKind(
        shelf: \.keyValues, name: "key-value", parameter: "keyValueId", member: "keyValue")

    static let keyValues: [Operation] =
        keyValue.operations + [
            Operation(.POST, "/key-value", "create-key-value") { world, call throws(Refusal) in
                let body = try call.object()
                try body.allow([
                    "name", "ownerId", "plan", "region", "environmentId", "maxmemoryPolicy", "ipAllowList",
                ])
                let name = try body.text("name")
                let ownerID = try world.owner(body)
                try world.admit(
                    name: name, among: world.keyValues.values.filter { $0.ownerID == ownerID }.map(\.name))
                var made = FakeKeyValue(
                    id: world.minting.id("red"), name: name, ownerID: ownerID, plan: try body.text("plan"),
                    region: body["region"]?.string ?? "oregon", maxmemoryPolicy: "allkeys_lru", ipAllowList: [],
                    environmentID: try world.environment(body), createdAt: world.now, updatedAt: world.now)
                try made.take(body)
                world.keyValues[made.id] = made
                return FakeAnswer(201, made.json(world, isDetail: true))
            },
            Operation(.PATCH, "/key-value/{keyValueId}", "update-key-value") { world, call throws(Refusal) in
                var found = try keyValue.find(world, call)
                let body = try call.object()
                try body.allow(["name", "plan", "maxmemoryPolicy", "ipAllowList"])
                if let name = body["name"]?.string { found.name = name }
                if let plan = body["plan"]?.string { found.plan = plan }
                try found.take(body)
                found.updatedAt = world.now
                world.keyValues[found.id] = found
                return FakeAnswer(200, found.json(world, isDetail: true))
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
        if let list = body["ipAllowList"] { ipAllowList = list }
    }
}
