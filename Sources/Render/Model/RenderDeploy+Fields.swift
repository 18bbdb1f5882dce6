// SPDX-License-Identifier: Apache-2.0

extension RenderDeploy {
    init(_ fields: RenderFields) throws {
        let commit = try fields.optionalObject("commit")
        self.init(
            id: try fields.text("id"), status: DeployStatus(rawValue: try fields.optionalText("status") ?? "unknown"),
            trigger: try fields.optionalText("trigger"), commitID: try commit?.optionalText("id"),
            commitMessage: try commit?.optionalText("message"),
            imageRef: try fields.optionalObject("image")?.optionalText("ref"),
            createdAt: try fields.optionalText("createdAt"), startedAt: try fields.optionalText("startedAt"),
            finishedAt: try fields.optionalText("finishedAt"))
    }
}

extension RenderLogLine {
    init(_ fields: RenderFields) throws {
        self.init(
            id: try fields.text("id"), message: try fields.text("message"), timestamp: try fields.text("timestamp"))
    }
}

extension RenderServiceEvent {
    init(_ fields: RenderFields) throws {
        let details = try fields.optionalObject("details")
        self.init(
            id: try fields.text("id"), type: try fields.text("type"), timestamp: try fields.text("timestamp"),
            deployID: try details?.optionalText("deployId"), buildID: try details?.optionalText("buildId"),
            status: try details.flatMap(Self.status), reason: try details?.optionalReason("reason"),
            message: try details?.optionalText("message"))
    }

    /// Builds and deploys also have a `status`, which is a number that nobody explains; the words stand elsewhere.
    private static func status(_ details: RenderFields) throws -> String? {
        for name in ["deployStatus", "buildStatus", "preDeployStatus"] {
            if let status = try details.optionalText(name) { return status }
        }
        guard let status = try details.optionalText("status"), Int(status) == nil else { return nil }
        return status
    }
}

extension EventReason {
    /// Of builds and deploys the reason holds a failure; of servers and jobs it is one.
    fileprivate init(_ fields: RenderFields) throws {
        let isWrapped = ["failure", "buildFailed", "newBuild", "newDeploy"].contains(where: fields.has)
        self.init(
            failure: isWrapped
                ? try fields.optionalObject("failure").map { try Failure($0) } : try Failure(ifAny: fields),
            buildFailedID: try fields.optionalObject("buildFailed")?.optionalText("id"),
            isSuperseded: fields.has("newBuild") || fields.has("newDeploy"))
    }
}

extension EventReason.Failure {
    fileprivate init(_ fields: RenderFields) throws {
        let memory = try fields.optionalObject("oomKilled")
        self.init(
            nonZeroExit: try fields.optionalInt("nonZeroExit"),
            isEarlyExit: try fields.optionalBool("earlyExit") ?? false,
            oomKilled: memory != nil, memoryLimit: try memory?.optionalText("memoryLimit"),
            timedOutSeconds: try fields.optionalInt("timedOutSeconds"),
            timedOutReason: try fields.optionalText("timedOutReason"), unhealthy: try fields.optionalText("unhealthy"),
            isEvicted: try fields.optionalBool("evicted") ?? false,
            evictionReason: try fields.optionalText("evictionReason"))
    }

    /// Nil when nothing is known to have failed.
    fileprivate init?(ifAny fields: RenderFields) throws {
        let failure = try Self(fields)
        guard failure != Self() else { return nil }
        self = failure
    }
}

extension RenderFields {
    /// A reason may also be a mere word, as restarts have it; that is none of a failure.
    fileprivate func optionalReason(_ name: String) throws -> EventReason? {
        guard let fields = try? optionalObject(name) else { return nil }
        return try EventReason(fields)
    }
}
