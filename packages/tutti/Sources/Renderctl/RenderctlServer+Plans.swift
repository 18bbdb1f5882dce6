// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension RenderctlServer {
    /// Has a blueprint planned.
    func plan(_ request: PlanRequest) async throws -> ShownPlan {
        try shown(await post("/render/blueprint/plan", request.body))
    }

    /// A plan that was made before.
    func plan(_ id: String) async throws -> ShownPlan {
        try shown(await get("/render/plans/\(HTTPCall.encodeComponent(id))"))
    }

    /// Has a plan carried out; answers the apply's id.
    func apply(_ planID: String, _ request: PlanRequest?) async throws -> String {
        var body: JSONObject = ["plan_id": .string(planID)]
        if let entered = request?.enteredValues, !entered.isEmpty { body["entered"] = .object(entered) }
        let answer = try await post("/render/blueprint/apply", body)
        guard let id = answer["apply"]?["apply_id"]?.string else {
            throw Failure("renderctl-svc's answer about the apply cannot be read")
        }
        return id
    }

    /// What somebody changed since the last apply.
    func drift(name: String, owner: String?) async throws -> ShownPlan {
        var query: [(name: String, value: String)] = [("name", name)]
        if let owner { query.append(("owner_id", owner)) }
        guard let json = try await get("/render/blueprint/drift", query: query).object,
            let drifted = json["drifted"]?.bool, let text = json["text"]?.string
        else { throw Failure("renderctl-svc's answer about drift cannot be read") }
        return ShownPlan(
            id: json["plan_id"]?.string ?? "", text: text, colouredText: Colouring.colour(text), json: json,
            ending: drifted ? Ending.drift : Ending.clean)
    }

    private func shown(_ answer: JSONValue) throws -> ShownPlan {
        guard let json = answer.object, let id = json["plan_id"]?.string, let text = json["text"]?.string,
            let ending = json["outcome"]?.string.flatMap(Ending.of(outcome:))
        else { throw Failure("renderctl-svc's answer about the plan cannot be read; it may be of another version") }
        return ShownPlan(id: id, text: text, colouredText: Colouring.colour(text), json: json, ending: ending)
    }
}

extension PlanRequest {
    fileprivate var body: JSONObject {
        var body: JSONObject = ["blueprint": .string(file.text), "name": .string(name)]
        if file.isNameable { body["file"] = .string(file.path) }
        if let owner { body["owner_id"] = .string(owner) }
        if !entered.isEmpty { body["entered"] = .object(enteredValues) }
        if prunes { body["prune"] = true }
        if prunesEnvironment { body["prune_env"] = true }
        if let pruneCount { body["prune_count"] = JSONValue(pruneCount) }
        if let repository { body["repo"] = .string(repository) }
        if let branch { body["branch"] = .string(branch) }
        return body
    }

    fileprivate var enteredValues: JSONObject {
        JSONObject(
            entered.sorted { $0.key < $1.key }.map { address, values in
                let members = values.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value.reveal())) }
                return (address.description, JSONValue.object(JSONObject(members)))
            })
    }
}
