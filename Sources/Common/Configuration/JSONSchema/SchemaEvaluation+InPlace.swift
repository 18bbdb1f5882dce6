// SPDX-License-Identifier: Apache-2.0

extension SchemaEvaluation {
    mutating func checkInPlace(
        _ node: SchemaNode, _ rule: InPlaceRule, _ value: JSONValue, _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        switch rule {
        case .reference(let target): return apply(target, to: value, evaluated: &evaluated)
        case .dynamicReference(let target, let anchor):
            return apply(dynamicTarget(target, anchor: anchor), to: value, evaluated: &evaluated)
        case .allOf(let targets):
            var isValid = true
            for target in targets where isValid || collecting {
                if !apply(target, to: value, evaluated: &evaluated) { isValid = false }
            }
            return isValid
        case .anyOf(let targets): return checkAnyOf(node, targets, value, &evaluated)
        case .oneOf(let targets): return checkOneOf(node, targets, value, &evaluated)
        case .not(let target):
            var unused: EvaluatedParts?
            let holds = quietly { $0.apply(target, to: value, evaluated: &unused) }
            return !holds || fail(node, "not", "must not be what is ruled out here")
        case .condition(let condition, let then, let otherwise):
            let holds = attempt(condition, value, &evaluated)
            guard let target = holds ? then : otherwise else { return true }
            return apply(target, to: value, evaluated: &evaluated)
        case .dependent(let schemas):
            guard case .object(let object) = value, spend(schemas.count) else { return exhausted == nil }
            var isValid = true
            for (name, target) in schemas where object[exactly: name] != nil {
                if !apply(target, to: value, evaluated: &evaluated) { isValid = false }
            }
            return isValid
        }
    }

    /// Tries one branch; only a branch that holds leaves marks.
    private mutating func attempt(_ node: Int, _ value: JSONValue, _ evaluated: inout EvaluatedParts?) -> Bool {
        var parts = evaluated == nil ? nil : EvaluatedParts()
        let holds = quietly { $0.apply(node, to: value, evaluated: &parts) }
        if holds, let parts { evaluated?.formUnion(parts) }
        return holds
    }

    private mutating func checkAnyOf(
        _ node: SchemaNode, _ targets: [Int], _ value: JSONValue, _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        var isValid = false
        for target in targets where !isValid || evaluated != nil {
            if attempt(target, value, &evaluated) { isValid = true }
        }
        return isValid || explain(node, "anyOf", targets, value)
    }

    private mutating func checkOneOf(
        _ node: SchemaNode, _ targets: [Int], _ value: JSONValue, _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        var count = 0
        for target in targets where count < 2 {
            if attempt(target, value, &evaluated) { count += 1 }
        }
        switch count {
        case 1: return true
        case 0: return explain(node, "oneOf", targets, value)
        default: return fail(node, "oneOf", "must match only one of \(targets.count) alternatives, but matches more")
        }
    }

    /// Says why no alternative holds: in their own words when those are few, and with the details of the one
    /// alternative that is meant for a value of this type.
    private mutating func explain(
        _ node: SchemaNode, _ keyword: String, _ targets: [Int], _ value: JSONValue
    ) -> Bool {
        guard collecting else { return false }
        let known = found.count
        let meant = targets.filter { program.nodes[$0].types?.allows(value) ?? true }
        if meant.count == 1, let target = meant.first {
            var unused: EvaluatedParts?
            return apply(target, to: value, evaluated: &unused) && found.count == known
        }
        let here = fail(node, keyword, "must match at least one of \(targets.count) alternatives")
        guard targets.count <= 4, let summary = found.last, found.count > known else { return here }
        var reasons: [String] = []
        for target in targets {
            let reason = findings { evaluation in
                var unused: EvaluatedParts?
                return evaluation.apply(target, to: value, evaluated: &unused)
            }
            guard reason.count == 1, reason[0].instanceLocation == summary.instanceLocation else { return here }
            if !reasons.contains(reason[0].message) { reasons.append(reason[0].message) }
        }
        found[found.count - 1] = JSONSchemaViolation(
            instanceLocation: summary.instanceLocation, keyword: keyword, schemaLocation: summary.schemaLocation,
            message: reasons.joined(separator: ", or "))
        return here
    }
}
