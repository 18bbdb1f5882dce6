// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    private static let database = StoreKind(
        shelf: \.databases, name: "postgres", parameter: "postgresId", member: "postgres")

    static let databases: [Operation] =
        database.operations + [
            Operation(.POST, "/postgres", "create-postgres") { world, call throws(Refusal) in
                let database = try world.newDatabase(try call.object())
                world.databases[database.id] = database
                return FakeAnswer(201, database.json(world, isDetail: true))
            },
            Operation(.PATCH, "/postgres/{postgresId}", "update-postgres") { world, call throws(Refusal) in
                var found = try database.find(world, call)
                try world.patch(&found, try call.object())
                world.databases[found.id] = found
                return FakeAnswer(200, found.json(world, isDetail: true))
            },
            Operation(.POST, "/postgres/{postgresId}/restart", "restart-postgres") { world, call throws(Refusal) in
                _ = try database.find(world, call)
                return FakeAnswer(202)
            },
        ]
}

extension World {
    fileprivate mutating func newDatabase(_ body: JSONObject) throws(Refusal) -> FakeDatabase {
        try body.allow([
            "databaseName", "databaseUser", "datadogAPIKey", "datadogSite", "name", "enableHighAvailability",
            "environmentId", "ownerId", "plan", "diskSizeGB", "enableDiskAutoscaling", "region", "ipAllowList",
            "parameterOverrides", "readReplicas", "version",
        ])
        let name = try body.text("name")
        let ownerID = try owner(body)
        try admit(name: name, among: databases.values.filter { $0.ownerID == ownerID }.map(\.name))
        let version = try body.text("version")
        guard (11...18).contains(Int(version) ?? 0) else { throw .invalid("version must be from 11 to 18") }
        let base = String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
        return FakeDatabase(
            id: minting.id("dpg") + "-a", name: name, ownerID: ownerID, plan: try body.text("plan"),
            region: body["region"]?.string ?? "oregon", version: version,
            databaseName: body["databaseName"]?.string ?? "\(base)_\(minting.text(4))",
            databaseUser: body["databaseUser"]?.string ?? "\(base)_user", password: Secret(minting.text(32)),
            diskSizeGB: try diskSize(body) ?? 1, isDiskAutoscaling: body["enableDiskAutoscaling"]?.bool ?? false,
            isHighlyAvailable: body["enableHighAvailability"]?.bool ?? false, ipAllowList: body["ipAllowList"] ?? [],
            readReplicas: try replicas(body["readReplicas"]?.array ?? [], keeping: []),
            parameterOverrides: body["parameterOverrides"], environmentID: try environment(body), createdAt: now,
            updatedAt: now)
    }

    fileprivate mutating func patch(_ database: inout FakeDatabase, _ body: JSONObject) throws(Refusal) {
        try body.allow([
            "name", "plan", "diskSizeGB", "enableDiskAutoscaling", "enableHighAvailability", "datadogAPIKey",
            "datadogSite", "ipAllowList", "parameterOverrides", "readReplicas",
        ])
        if let size = try diskSize(body) {
            guard size >= database.diskSizeGB else { throw .invalid("the storage of a database can only grow") }
            database.diskSizeGB = size
        }
        if let name = body["name"]?.string { database.name = name }
        if let plan = body["plan"]?.string { database.plan = plan }
        if let flag = body["enableDiskAutoscaling"]?.bool { database.isDiskAutoscaling = flag }
        if let flag = body["enableHighAvailability"]?.bool { database.isHighlyAvailable = flag }
        if let list = body["ipAllowList"] { database.ipAllowList = list }
        if let overrides = body["parameterOverrides"] { database.parameterOverrides = overrides }
        // Trap: replicas that are not named go, and an empty list takes all of them away.
        if let replicas = body["readReplicas"]?.array {
            database.readReplicas = try self.replicas(replicas, keeping: database.readReplicas)
        }
        database.updatedAt = now
    }

    private func diskSize(_ body: JSONObject) throws(Refusal) -> Int? {
        guard let size = try body.count("diskSizeGB") else { return nil }
        guard size == 1 || size.isMultiple(of: 5) else { throw .invalid("diskSizeGB must be 1 or a multiple of 5") }
        return size
    }

    private mutating func replicas(
        _ values: [JSONValue], keeping old: [JSONObject]
    ) throws(Refusal) -> [JSONObject] {
        var replicas: [JSONObject] = []
        for value in values {
            guard var replica = value.object else { throw .invalid("readReplicas must be objects") }
            try replica.allow(["name", "parameterOverrides"], in: "readReplicas.")
            let name = try replica.text("name")
            let kept = old.first { $0["name"]?.string == name }?["id"]
            replica["id"] = kept ?? .string(minting.id("dpg") + "-b")
            replicas.append(replica)
        }
        return replicas
    }
}
