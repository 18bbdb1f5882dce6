// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// A blueprint of Render's dialect, planned against a model account again and again.
struct Scene {
    var account: ModelAccount
    var options: PlanOptions
    private(set) var blueprint: Blueprint

    /// Plans and applies `text` once, unless told otherwise.
    init(
        _ text: String, options: PlanOptions = PlanOptions(repository: "https://github.com/acme/app"),
        credentials: [String] = [], isApplied: Bool = true
    ) throws {
        account = ModelAccount(credentials: credentials)
        self.options = options
        blueprint = Blueprint.read(Array(text.utf8))
        #expect(blueprint.isValid, "\(blueprint.diagnostics)")
        if isApplied { account.apply(plan(), of: blueprint, options: options) }
    }

    func plan() -> Plan { PlanCompiler.testing(options).plan(blueprint, live: account.live, applied: account.applied) }

    /// The plan for another text.
    mutating func plan(_ text: String) -> Plan {
        blueprint = Blueprint.read(Array(text.utf8))
        #expect(blueprint.isValid, "\(blueprint.diagnostics)")
        return plan()
    }

    mutating func apply() { account.apply(plan(), of: blueprint, options: options) }

    mutating func change(_ address: String, _ body: (inout LiveResource) -> Void) throws {
        let key = try #require(account.live.resources.keys.first { $0.description == address })
        var live = try #require(account.live.resources[key])
        body(&live)
        account.live.resources[key] = live
    }
}

extension Plan {
    func action(_ address: String) throws -> PlanAction {
        try #require(actions.first { $0.address.description == address })
    }

    func change(_ address: String, _ target: String) throws -> FieldChange {
        try #require(action(address).changes.first { $0.target.description == target })
    }

    /// `update service/web: ~plan edited, +env.A created` and so on, without what stays.
    var summary: [String] {
        actions.filter { $0.verb != .noop }.map { action in
            let changes = action.changes.map { change in
                let sign = change.old == nil ? "+" : change.new == nil ? "-" : "~"
                return "\(sign)\(change.target) \(change.reason.rawValue)"
            }
            return "\(action.verb.rawValue) \(action.address): \(changes.joined(separator: ", "))"
        }
    }
}

extension Plan {
    var jsonText: String { JSONValue.object(json).text }
}

extension DriftReport {
    var jsonText: String { JSONValue.object(json).text }
}

extension StaleField {
    var jsonText: String { JSONValue.object(json).text }
}
