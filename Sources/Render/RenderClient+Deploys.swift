// SPDX-License-Identifier: Apache-2.0

import Common

extension RenderClient {
    /// The newest first, at most `limit`.
    package func deploys(service id: String, limit: Int) async throws -> [RenderDeploy] {
        try await list(RenderCall(.listDeploys, id), member: "deploy", limit: limit) { try RenderDeploy($0) }
    }

    package func deploy(_ id: String, service: String) async throws -> RenderDeploy {
        try RenderDeploy(await object(RenderCall(.retrieveDeploy, service, id)))
    }

    /// Ends a deploy that is under way, and gives what it has become; Render refuses for one that is over and for cron jobs.
    package func cancelDeploy(_ id: String, service: String) async throws -> RenderDeploy {
        try RenderDeploy(await object(RenderCall(.cancelDeploy, service, id)))
    }

    /// Nil when Render has queued it behind another and gives no deploy yet.
    ///
    /// A deploy that builds nothing cannot clear the cache or take another commit.
    package func createDeploy(
        service id: String, clearCache: Bool, mode: DeployMode, commitID: String? = nil
    ) async throws -> RenderDeploy? {
        var body: JSONObject = [:]
        switch mode {
        case .deployOnly:
            guard !clearCache, commitID == nil else {
                throw RenderError.refused(
                    status: 400, code: nil,
                    message: "a deploy of the last build can neither clear the build cache nor take another commit")
            }
            body["deployMode"] = .string(mode.rawValue)
        case .buildAndDeploy:
            // The API takes no mode beside the members of a build, and building is what it does without one.
            body["clearCache"] = clearCache ? "clear" : "do_not_clear"
            if let commitID { body["commitId"] = .string(commitID) }
        }
        let call = RenderCall(.createDeploy, id, body: .object(body), purpose: "deploy of service \(id)")
        let answer = try await send(call)
        guard answer.status != 202, !answer.body.isEmpty else { return nil }
        return try created(call) {
            try RenderDeploy(RenderFields(Self.json(answer, of: call), at: "\(call.operation.rawValue)#"))
        }
    }

    /// The newest first, at most `limit`, of the given types (all when there are none) and no older than `since`; without
    /// `since` the API goes back an hour.
    package func events(
        service id: String, types: [String], since: String?, limit: Int
    ) async throws -> [RenderServiceEvent] {
        var query: [(name: String, value: String)] = []
        if let since { query.append(("startTime", since)) }
        // The API's description allows one type; several are picked out here.
        if types.count == 1 { query.append(("type", types[0])) }
        let call = RenderCall(.listEvents, id, query: query)
        let size = types.count > 1 ? Self.pageLimit : nil
        return try await list(call, member: "event", limit: limit, pageSize: size) { fields in
            try types.isEmpty || types.contains(fields.text("type")) ? RenderServiceEvent(fields) : nil
        }
    }

    /// Lines of type build or app between two RFC 3339 times, at most `limit`, the last ones when there are more, in whatever
    /// order the API has them.
    package func logs(
        ownerID: String, resource: String, type: String, from: String, to: String, limit: Int
    ) async throws -> [RenderLogLine] {
        var lines: [RenderLogLine] = []
        var known: Set<String> = []
        var window = (from: from, to: to)
        for _ in 0..<limits.pages {
            let call = RenderCall(
                .listLogs,
                query: [
                    ("ownerId", ownerID), ("resource", resource), ("type", type), ("startTime", window.from),
                    ("endTime", window.to), ("direction", "backward"), ("limit", "\(min(Self.pageLimit, limit))"),
                ])
            let page = try await object(call)
            let before = lines.count
            // The ends of two windows meet, so a line may come twice.
            for line in try (page.optionalObjects("logs") ?? []).map({ try RenderLogLine($0) })
            where lines.count < limit && known.insert(line.id).inserted {
                lines.append(line)
            }
            guard try page.optionalBool("hasMore") ?? false, lines.count < limit, lines.count > before else { break }
            let next = (from: try page.text("nextStartTime"), to: try page.text("nextEndTime"))
            guard next != window else { break }
            window = next
        }
        return lines
    }
}
