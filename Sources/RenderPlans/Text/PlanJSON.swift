// SPDX-License-Identifier: Apache-2.0

import Blueprints
package import Common

extension Plan {
    /// The plan as JSON, with the same content as its text: what programs read, so members are only ever added.
    ///
    /// `version` 1, `id`, `owner_id`, `blueprint`, `offline`, `exit_code`, `blocked`, `only_drift`, `counts` (`create`,
    /// `update`, `adopt`, `prune`, `noop`, `blocked`, `deploys`), `actions` and `diagnostics`. An action has `resource`,
    /// `kind`, `name`, `verb`, `layer`, `depends_on`, `deploy` (none, deploy_only, build), `changes`, and where there is one
    /// `service_type`, `live_id`, `block` and `position`. A change has `target`, `reason`, `deploy`, `costs`, `interrupts`,
    /// `deferred`, `old` and `new` (null for none) and maybe `position`. A value has a `kind`: `plain` with its `value`,
    /// `secret`, `generated`, or `unresolved` with its `reference`. A position has `line` and `column`.
    package var json: JSONObject {
        [
            "version": 1, "id": .string(id), "owner_id": .string(ownerID), "blueprint": .string(blueprint),
            "offline": .bool(basis.live?.isOffline == true), "exit_code": JSONValue(exitCode.rawValue),
            "blocked": .bool(isBlocked), "only_drift": .bool(hasOnlyDrift), "counts": .object(counts.json),
            "actions": .array(actions.map { .object($0.json) }),
            "diagnostics": .array(diagnostics.map { .object($0.json) }),
        ]
    }
}

extension PlanCounts {
    /// By the names of verbs, with `blocked` and `deploys`.
    package var json: JSONObject {
        [
            "create": JSONValue(create), "update": JSONValue(update), "adopt": JSONValue(adopt),
            "prune": JSONValue(prune), "noop": JSONValue(noop), "blocked": JSONValue(blocked),
            "deploys": JSONValue(deploys),
        ]
    }
}

extension PlanAction {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "resource": .string(address.description), "kind": .string(address.kind.rawValue),
            "name": .string(address.name), "verb": .string(verb.rawValue), "layer": JSONValue(layer),
            "depends_on": .array(dependsOn.map { .string($0.description) }), "deploy": .string(deploy.rawValue),
            "changes": .array(changes.map { .object($0.json) }),
        ]
        object["service_type"] = serviceType.map { .string($0.rawValue) }
        object["live_id"] = liveID.map { .string($0) }
        object["block"] = block.map { .string($0) }
        if !toEnter.isEmpty { object["to_enter"] = .array(toEnter.map { .string($0) }) }
        object["position"] = position?.json
        return object
    }
}

extension FieldChange {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "target": .string(target.description), "reason": .string(reason.rawValue), "old": old?.json ?? .null,
            "new": new?.json ?? .null, "deploy": .string(deploy.rawValue), "costs": .bool(costs),
            "interrupts": .bool(interrupts), "deferred": .bool(isDeferred),
        ]
        object["position"] = position?.json
        return object
    }
}

extension PlannedValue {
    /// Its kind, and what of it may be seen.
    package var json: JSONValue {
        switch self {
        case .plain(let value): ["kind": "plain", "value": ValueText.withoutCredentials(value)]
        case .secret: ["kind": "secret"]
        case .generated: ["kind": "generated"]
        case .unresolved(let reference): ["kind": "unresolved", "reference": .string(reference.description)]
        }
    }
}

extension StaleField {
    /// `resource`, `path`, and `old` and `new` as in plans.
    package var json: JSONObject {
        [
            "resource": .string(resource.description), "path": .string(path), "old": old?.json ?? .null,
            "new": new?.json ?? .null,
        ]
    }
}

extension Diagnostic {
    /// `severity`, `code`, `path`, `message` and `position`.
    package var json: JSONObject {
        [
            "severity": .string(severity.rawValue), "code": .string(code), "path": .string(path),
            "message": .string(message), "position": position.json,
        ]
    }
}

extension SourcePosition {
    fileprivate var json: JSONValue { ["line": JSONValue(line), "column": JSONValue(column)] }
}
