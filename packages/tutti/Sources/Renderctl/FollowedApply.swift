// SPDX-License-Identifier: Apache-2.0

import Common

/// An apply that renderctl-svc carries out, watched from here.
struct FollowedApply {
    let server: RenderctlServer
    let id: String
    private var told: [String: String] = [:]

    init(_ id: String, at server: RenderctlServer) {
        self.id = id
        self.server = server
    }

    /// Tells of every step as it ends, until the apply has ended, and with it every apply that carries out what was left of one
    /// that was interrupted; answers what came of each, in their order.
    mutating func follow(every pause: Duration = .milliseconds(500)) async throws -> [JSONObject] {
        var ended: [JSONObject] = []
        var id = id
        while true {
            guard let view = try await server.watch("/render/applies/\(HTTPCall.encodeComponent(id))").object else {
                throw Failure("renderctl-svc's answer about \(id) cannot be read")
            }
            for step in view["steps"]?.array ?? [] { tell(step) }
            guard view["status"]?.string != "running" else {
                try await Task.sleep(for: pause)
                continue
            }
            ended.append(view)
            guard let successor = view["succeeded_by"]?.string else { return ended }
            Terminal.note("\(id) was interrupted; \(successor) carries out what was left of it")
            // Its steps may have the keys of those before.
            (id, told) = (successor, [:])
        }
    }

    private mutating func tell(_ step: JSONValue) {
        guard let key = step["key"]?.string, let state = step["state"]?.string, told[key] != state else { return }
        told[key] = state
        switch state {
        case "begun": break
        case "failed": Terminal.note("\(key): failed: \(step["message"]?.string ?? "no reason given")")
        case "skipped": Terminal.note("\(key): skipped because of \(step["because"]?.string ?? "another resource")")
        default: Terminal.note("\(key): \(state)")
        }
    }
}

/// The deploys that an apply has started, watched until none can change by itself any more.
struct FollowedDeploys {
    private struct Started {
        let service: String
        /// Which of the apply's deploys it is, in the order of their begin.
        let place: Int
    }

    private let deploys: [String: Started]
    /// When the apply began; a deploy that was asked for later is newer than what was there before it.
    private let startedAt: Timestamp?
    private let server: RenderctlServer
    private let owner: String?
    /// By deploy, as it was seen last.
    private(set) var states: [String: (service: String, status: String, hasFailed: Bool)] = [:]
    /// renderctl-svc keeps what Render said of deploys that have ended for half a minute; what is not shown in twice that time
    /// is not there.
    private static let patience = Duration.seconds(60)

    /// - Parameter applies: What came of an apply and of those that succeeded it.
    init(of applies: [JSONObject], at server: RenderctlServer) {
        self.server = server
        owner = applies.last?["owner_id"]?.string
        startedAt = applies.compactMap { $0["started_at"]?.string.flatMap(Timestamp.init) }.min()
        var deploys: [String: Started] = [:]
        for step in applies.flatMap({ $0["steps"]?.array ?? [] }) {
            guard let deploy = step["result"]?["deploy_id"]?.string, let resource = step["resource"]?.string else {
                continue
            }
            let service = resource.hasPrefix("service/") ? String(resource.dropFirst("service/".count)) : resource
            deploys[deploy] = Started(service: service, place: deploys.count)
        }
        self.deploys = deploys
    }

    /// Whether all of them are live in the end.
    mutating func follow() async throws -> Bool {
        var open = deploys
        var pause = Duration.seconds(1)
        let begun = ContinuousClock.now
        while !open.isEmpty {
            for (deploy, started) in open.sorted(by: { $0.value.place < $1.value.place }) {
                let last = try await lastDeploy(of: started.service)
                if last?["id"]?.string == deploy {
                    note(deploy, last?["status"]?.string ?? "unknown", hasFailed: last?["failed"]?.bool == true)
                    if last?["in_progress"]?.bool == false { open[deploy] = nil }
                } else if let last, isNewer(last, than: deploy) {
                    // Which is how Render ends what is out of date.
                    note(deploy, "superseded")
                    open[deploy] = nil
                } else if ContinuousClock.now - begun > Self.patience {
                    note(deploy, "not to be found", hasFailed: true)
                    open[deploy] = nil
                }
            }
            guard !open.isEmpty else { break }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
        return !states.values.contains { $0.hasFailed }
    }

    private mutating func note(_ deploy: String, _ status: String, hasFailed: Bool = false) {
        let service = deploys[deploy]?.service ?? ""
        if states[deploy]?.status != status { Terminal.note("service/\(service): deploy \(deploy): \(status)") }
        states[deploy] = (service, status, hasFailed)
    }

    /// Whether another deploy has taken the place of this one, and is not what was there before.
    private func isNewer(_ last: JSONValue, than deploy: String) -> Bool {
        if states[deploy] != nil { return true }
        if let own = deploys[deploy], let other = last["id"]?.string.flatMap({ deploys[$0] }) {
            return other.place > own.place
        }
        guard let startedAt, let created = last["created_at"]?.string.flatMap(Timestamp.init) else { return true }
        return created > startedAt
    }

    private func lastDeploy(of service: String) async throws -> JSONValue? {
        var query: [(name: String, value: String)] = [("name", service), ("limit", "200")]
        if let owner { query.append(("owner_id", owner)) }
        let page = try await server.watch("/render/services", query: query)
        let found = page["services"]?.array?.first { $0["name"]?.string == service }?["last_deploy"]
        return found?.object == nil ? nil : found
    }
}
