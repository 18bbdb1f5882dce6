// SPDX-License-Identifier: Apache-2.0

extension SchemaEvaluation {
    mutating func checkArray(
        _ node: SchemaNode, _ rules: ArrayRules, _ elements: [JSONValue], _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        var isValid = true
        if let least = rules.minItems, elements.count < least {
            isValid = fail(node, "minItems", SchemaPhrases.count("at least", least, "item", "items"))
        }
        if let most = rules.maxItems, elements.count > most {
            isValid = fail(node, "maxItems", SchemaPhrases.count("at most", most, "item", "items"))
        }
        guard isValid || collecting else { return false }
        for (position, child) in zip(elements.indices, rules.prefix) {
            if !descend(.index(position), child, elements[position]) { isValid = false }
        }
        guard isValid || collecting else { return false }
        if let child = rules.items {
            for position in elements.indices.dropFirst(rules.prefix.count) {
                if !descend(.index(position), child, elements[position]) {
                    isValid = false
                    guard collecting else { return false }
                }
            }
            evaluated?.allItems = true
        } else if !rules.prefix.isEmpty, let first = evaluated?.firstItems {
            evaluated?.firstItems = max(first, rules.prefix.count)
        }
        if let contains = rules.contains {
            isValid = checkContains(node, contains, elements, &evaluated) && isValid
        }
        if rules.unique, isValid || collecting, !areUnique(elements) {
            isValid = fail(node, "uniqueItems", "must not have the same item twice")
        }
        return isValid
    }

    private mutating func checkContains(
        _ node: SchemaNode, _ rule: ArrayRules.Contains, _ elements: [JSONValue],
        _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        var count = 0
        for (position, element) in elements.enumerated() {
            guard quietly({ $0.descend(.index(position), rule.node, element) }) else { continue }
            count += 1
            evaluated?.items.insert(position)
            // Who asks only for some need not look at all, unless somebody wants to know which.
            if count >= rule.minimum, rule.maximum == nil, evaluated == nil { break }
        }
        var isValid = true
        if count < rule.minimum {
            isValid = fail(
                node, rule.minimum == 1 ? "contains" : "minContains",
                SchemaPhrases.count("at least", rule.minimum, "item", "items") + " of the kind it must contain")
        }
        if let most = rule.maximum, count > most {
            isValid = fail(
                node, "maxContains",
                SchemaPhrases.count("at most", most, "item", "items") + " of the kind it must contain")
        }
        return isValid
    }

    private mutating func areUnique(_ elements: [JSONValue]) -> Bool {
        guard elements.count > 1, spend(elements.reduce(0) { $0 + ExactEquality.weight($1) } * 8) else { return true }
        var seen = Set<ExactValue>(minimumCapacity: elements.count)
        return elements.allSatisfy { seen.insert(ExactValue(value: $0)).inserted }
    }

    mutating func checkObject(
        _ node: SchemaNode, _ rules: ObjectRules, _ object: JSONObject, _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        guard spend(rules.cost) else { return false }
        var isValid = true
        for name in rules.required where object[exactly: name] == nil {
            isValid = fail(node, "required", at: name, "is required")
        }
        for (name, required) in rules.dependentRequired where object[exactly: name] != nil {
            for other in required where object[exactly: other] == nil {
                isValid = fail(
                    node, "dependentRequired", at: other, "is required when \(SchemaPhrases.cut(name)) is given")
            }
        }
        if let least = rules.minProperties, object.count < least {
            isValid = fail(node, "minProperties", SchemaPhrases.count("at least", least, "member", "members"))
        }
        if let most = rules.maxProperties, object.count > most {
            isValid = fail(node, "maxProperties", SchemaPhrases.count("at most", most, "member", "members"))
        }
        guard rules.looksAtMembers else { return isValid }
        for (position, member) in object.members.enumerated() {
            guard isValid || collecting else { return false }
            if !checkMember(rules, member, position, &evaluated) { isValid = false }
        }
        return isValid
    }

    private mutating func checkMember(
        _ rules: ObjectRules, _ member: (name: String, value: JSONValue), _ position: Int,
        _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        guard spend(1 + member.name.utf8.count / 16) else { return false }
        var isValid = true
        var isKnown = false
        if let child = rules.properties[member.name] {
            isKnown = true
            isValid = descend(.name(member.name), child, member.value)
        }
        for (pattern, child) in rules.patterns where matches(pattern, member.name) {
            isKnown = true
            isValid = descend(.name(member.name), child, member.value) && isValid
        }
        if !isKnown, let child = rules.additional {
            isKnown = true
            isValid = descend(.name(member.name), child, member.value)
        }
        if isKnown { evaluated?.members.insert(position) }
        if let names = rules.names, !descend(.name(member.name), names, .string(member.name)) { isValid = false }
        return isValid
    }

    mutating func checkUnevaluated(
        _ node: SchemaNode, _ value: JSONValue, _ evaluated: inout EvaluatedParts?
    ) -> Bool {
        guard let parts = evaluated else { return true }
        var isValid = true
        switch value {
        case .array(let elements):
            guard let child = node.unevaluatedItems, !parts.allItems else { return true }
            for position in elements.indices.dropFirst(parts.firstItems) where !parts.items.contains(position) {
                if !descend(.index(position), child, elements[position]) { isValid = false }
            }
            evaluated?.allItems = true
        case .object(let object):
            guard let child = node.unevaluatedProperties, !parts.allMembers else { return true }
            for (position, member) in object.members.enumerated() where !parts.members.contains(position) {
                if !descend(.name(member.name), child, member.value) { isValid = false }
            }
            evaluated?.allMembers = true
        default: break
        }
        return isValid
    }
}
