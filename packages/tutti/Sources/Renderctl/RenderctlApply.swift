// SPDX-License-Identifier: Apache-2.0

import Common

/// Has an apply carried out by renderctl-svc and watches it.
struct RenderctlApply: Sendable {
    let server: RenderctlServer
    /// Whether the deploys are waited for.
    let waits: Bool

    func start(_ plan: ShownPlan, _ request: PlanRequest?) async throws -> ShownApply {
        let id = try await server.apply(plan.id, request)
        Terminal.note("renderctl-svc carries it out as \(id)")
        return try await follow(id)
    }

    /// Watches until it has ended. Who stops watching does not stop the apply.
    func follow(_ id: String) async throws -> ShownApply {
        let (server, waits) = (server, waits)
        do {
            return try await Interruption.guarding {
                var apply = FollowedApply(id, at: server)
                let views = try await apply.follow()
                var deploys = FollowedDeploys(of: views, at: server)
                let areLive = waits ? try await deploys.follow() : true
                return ShownApply(
                    views, deploys: deploys.states.map { ($0.key, $0.value.service, $0.value.status) }, areLive: areLive
                )
            }
        } catch is CancellationError {
            throw Failure(
                "it goes on without being watched: renderctl-svc carries it out",
                hints: ["Watch it again: tutti render apply --follow \(id)"])
        }
    }
}

/// What came of an apply.
struct ShownApply {
    let text: String
    let json: JSONObject
    let ending: Int32
}

extension ShownApply {
    /// Of renderctl-svc's answers about an apply and those that succeeded it: the last one tells how it went.
    init(_ views: [JSONObject], deploys: [(id: String, service: String, status: String)], areLive: Bool) {
        let view = views.last ?? [:]
        let earlier = views.dropLast().compactMap { $0["apply_id"]?.string }
        let status = view["status"]?.string ?? "unknown"
        let title =
            switch status {
            case "succeeded": "Applied"
            case "failed": "Applied in part"
            default: status.prefix(1).uppercased() + status.dropFirst()
            }
        let counts = (view["counts"]?.object?.members ?? []).compactMap { member in
            member.value.int.flatMap { $0 == 0 ? nil : "\($0) \(member.name)" }
        }
        var lines = ["\(title): \(counts.isEmpty ? "nothing to do" : "steps: " + counts.joined(separator: ", "))"]
        for id in earlier {
            lines.append("  took up what was left of \(id), which was interrupted")
        }
        for step in view["steps"]?.array ?? [] {
            guard let key = step["key"]?.string else { continue }
            switch step["state"]?.string {
            case "failed": lines.append("  ! \(key) failed: \(step["message"]?.string ?? "no reason given")")
            case "skipped":
                lines.append("  ! \(key) skipped because of \(step["because"]?.string ?? "another resource")")
            default: break
            }
        }
        for deploy in deploys.sorted(by: { $0.service < $1.service }) {
            lines.append("  > service/\(deploy.service) deploy \(deploy.id): \(deploy.status)")
        }
        if let message = view["message"]?.string { lines.append(message) }
        text = lines.joined(separator: "\n") + "\n"
        var json = view
        if !earlier.isEmpty { json["took_up"] = .array(earlier.map { .string($0) }) }
        if !deploys.isEmpty {
            json["deploys"] = .array(
                deploys.map {
                    ["deploy_id": .string($0.id), "service": .string($0.service), "status": .string($0.status)]
                })
        }
        self.json = json
        ending = status == "succeeded" && areLive ? Ending.clean : Ending.error
    }
}
