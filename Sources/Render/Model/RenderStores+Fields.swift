// SPDX-License-Identifier: Apache-2.0

import Common

extension RenderDatabase {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), ownerID: try fields.ownerID(),
            environmentID: try fields.optionalText("environmentId"), plan: try fields.optionalText("plan"),
            region: try fields.optionalText("region"), version: try fields.optionalText("version"),
            databaseName: try fields.optionalText("databaseName"),
            databaseUser: try fields.optionalText("databaseUser"),
            diskSizeGB: try fields.optionalInt("diskSizeGB"),
            isDiskAutoscaling: try fields.optionalBool("diskAutoscalingEnabled") ?? false,
            isHighlyAvailable: try fields.optionalBool("highAvailabilityEnabled") ?? false,
            readReplicas: try (fields.optionalObjects("readReplicas") ?? []).map { try $0.text("name") },
            ipAllowList: try fields.optionalObjects("ipAllowList")?.map { try AllowedAddresses($0) },
            status: try fields.optionalText("status"),
            isSuspended: try fields.optionalText("suspended") == "suspended",
            createdAt: try fields.optionalText("createdAt") ?? "",
            updatedAt: try fields.optionalText("updatedAt") ?? "")
    }
}

extension RenderKeyValue {
    init(_ fields: RenderFields) throws {
        let options = try fields.optionalObject("options")
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), ownerID: try fields.ownerID(),
            environmentID: try fields.optionalText("environmentId"), plan: try fields.optionalText("plan"),
            region: try fields.optionalText("region"),
            maxmemoryPolicy: try options?.optionalText("maxmemoryPolicy") ?? fields.optionalText("maxmemoryPolicy"),
            persistenceMode: try options?.optionalText("persistenceMode") ?? fields.optionalText("persistenceMode"),
            ipAllowList: try fields.optionalObjects("ipAllowList")?.map { try AllowedAddresses($0) },
            status: try fields.optionalText("status"), createdAt: try fields.optionalText("createdAt") ?? "",
            updatedAt: try fields.optionalText("updatedAt") ?? "")
    }
}

extension ConnectionInfo {
    init(_ fields: RenderFields) throws {
        self.init(
            internalConnectionString: Secret(try fields.text("internalConnectionString")),
            pooledConnectionString: try fields.optionalText("internalConnectionPoolString").map { Secret($0) },
            password: try fields.optionalText("password").map { Secret($0) })
    }
}

extension RenderEnvGroup {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), ownerID: try fields.ownerID(),
            environmentID: try fields.optionalText("environmentId"),
            serviceIDs: try (fields.optionalObjects("serviceLinks") ?? []).map { try $0.text("id") },
            createdAt: try fields.optionalText("createdAt") ?? "",
            updatedAt: try fields.optionalText("updatedAt") ?? "")
    }
}

extension RenderProject {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), ownerID: try fields.ownerID(),
            environmentIDs: try fields.texts("environmentIds"), createdAt: try fields.optionalText("createdAt") ?? "")
    }
}

extension RenderEnvironment {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), projectID: try fields.text("projectId"),
            isNetworkIsolated: try fields.optionalBool("networkIsolationEnabled") ?? false,
            protection: try fields.optionalText("protectedStatus") ?? "unprotected")
    }
}

extension RenderOwner {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), name: try fields.text("name"), type: try fields.optionalText("type") ?? "")
    }
}

extension RenderFields {
    /// Some resources tell the owner's id, some the owner.
    fileprivate func ownerID() throws -> String {
        if let id = try optionalText("ownerId") { return id }
        return try object("owner").text("id")
    }

    /// One variable; its value is a secret from here on.
    func envVar() throws -> (key: String, value: Secret<String>) {
        (try text("key"), Secret(try optionalText("value") ?? ""))
    }
}
