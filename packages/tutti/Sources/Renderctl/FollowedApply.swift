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
    /// By deploy, the service's name.
    private let services: [String: String]
    private let server: RenderctlServer
    private let owner: String?
    /// By deploy, as it was seen last.
    private(set) var states: [String: (service: String, status: String, hasFailed: Bool)] = [:]

    /// - Parameter applies: What came of an apply and of those that succeeded it.
    init(of applies: [JSONObject], at server: RenderctlServer) {
        self.server = server
        owner = applies.last?["owner_id"]?.string
        var services: [String: String] = [:]
        for step in applies.flatMap({ $0["steps"]?.array ?? [] }) {
            guard let deploy = step["result"]?["deploy_id"]?.string, let resource = step["resource"]?.string else {
                continue
            }
            services[deploy] = resource.hasPrefix("service/") ? String(resource.dropFirst("service/".count)) : resource
        }
        self.services = services
    }

    /// Whether all of them are live in the end.
    mutating func follow(every pause: Duration = .seconds(5)) async throws -> Bool {
        var open = services
        while !open.isEmpty {
            for (deploy, service) in open.sorted(by: { $0.value < $1.value }) {
                guard let last = try await lastDeploy(of: service) else { continue }
                // A newer one has taken its place, which is how Render ends what is out of date.
                let isOther = last["id"]?.string != deploy
                let status = isOther ? "superseded" : last["status"]?.string ?? "unknown"
                if states[deploy]?.status != status { Terminal.note("service/\(service): deploy \(deploy): \(status)") }
                states[deploy] = (service, status, !isOther && last["failed"]?.bool == true)
                if isOther || last["in_progress"]?.bool == false { open[deploy] = nil }
            }
            if !open.isEmpty { try await Task.sleep(for: pause) }
        }
        return !states.values.contains { $0.hasFailed }
    }

    private func lastDeploy(of service: String) async throws -> JSONValue? {
        var query: [(name: String, value: String)] = [("name", service), ("limit", "200")]
        if let owner { query.append(("owner_id", owner)) }
        let page = try await server.watch("/render/services", query: query)
        return page["services"]?.array?.first { $0["name"]?.string == service }?["last_deploy"]
    }
}
