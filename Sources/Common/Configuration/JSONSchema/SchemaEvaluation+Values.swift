// SPDX-License-Identifier: Apache-2.0

extension SchemaEvaluation {
    mutating func checkEquality(_ node: SchemaNode, _ equality: SchemaEquality, _ value: JSONValue) -> Bool {
        guard spend(equality.cost + ownCost(equality, value)) else { return false }
        var isValid = true
        if let constant = equality.constant, !ExactEquality.same(constant, value) {
            isValid = fail(node, "const", SchemaPhrases.constant(constant))
        }
        if let choices = equality.choices, !choices.contains(where: { ExactEquality.same($0, value) }) {
            isValid = fail(node, "enum", equality.choicesPhrase)
        }
        return isValid
    }

    /// What the value itself adds to the cost of a comparison.
    private func ownCost(_ equality: SchemaEquality, _ value: JSONValue) -> Int {
        switch value {
        case .number(let number): equality.numberCount * (number.text.utf8.count / 4)
        case .array, .object: equality.containerCount == 0 ? 0 : equality.containerCount * ExactEquality.weight(value)
        case .null, .bool, .string: 0
        }
    }

    mutating func checkNumber(_ node: SchemaNode, _ rules: NumberRules, _ number: JSONNumber) -> Bool {
        var isValid = true
        let int = Int(number.text)
        // Taking a number apart costs something only when it is long or compared with a fraction.
        lazy var decimal = DecimalNumber(number)
        for limit in rules.limits {
            let order: Int
            if let int, let bound = limit.int {
                order = int < bound ? -1 : int == bound ? 0 : 1
            } else {
                spend(number.text.utf8.count / 3)
                order = decimal < limit.decimal ? -1 : decimal == limit.decimal ? 0 : 1
            }
            let holds =
                switch limit.bound {
                case .minimum: order >= 0
                case .exclusiveMinimum: order > 0
                case .maximum: order <= 0
                case .exclusiveMaximum: order < 0
                }
            if !holds { isValid = fail(node, limit.bound.rawValue, SchemaPhrases.limit(limit)) }
        }
        if let divisor = rules.multipleOf {
            spend(number.text.utf8.count / 4)
            if !divisor.divides(decimal) {
                isValid = fail(node, "multipleOf", "must be a multiple of \(SchemaPhrases.cut(divisor.text))")
            }
        }
        return isValid
    }

    mutating func checkString(_ node: SchemaNode, _ rules: StringRules, _ text: String) -> Bool {
        var isValid = true
        if rules.minLength != nil || rules.maxLength != nil {
            spend(text.utf8.count / 8)
            let length = text.unicodeScalars.count
            if let least = rules.minLength, length < least {
                isValid = fail(
                    node, "minLength", SchemaPhrases.count("at least", least, "character", "characters"))
            }
            if let most = rules.maxLength, length > most {
                isValid = fail(node, "maxLength", SchemaPhrases.count("at most", most, "character", "characters"))
            }
        }
        if let pattern = rules.pattern, !matches(pattern, text) {
            isValid = fail(node, "pattern", SchemaPhrases.pattern(pattern))
        }
        if let format = rules.format {
            spend(text.utf8.count / 2)
            if !format.accepts(text) { isValid = fail(node, "format", format.phrase) }
        }
        return isValid
    }
}
