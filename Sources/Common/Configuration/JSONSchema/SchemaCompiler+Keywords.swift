// SPDX-License-Identifier: Apache-2.0

extension SchemaCompiler {
    mutating func compile(_ reader: inout KeywordReader) throws(JSONSchemaError) -> SchemaNode {
        let dialect = reader.dialect
        let checks = dialect.contains(.validation)
        return SchemaNode(
            location: reader.location, resource: reader.place.resource,
            types: checks ? try types(reader) : nil,
            equality: checks ? try equality(reader) : nil,
            numbers: checks ? try numbers(reader) : nil,
            strings: try strings(reader),
            arrays: try arrays(reader),
            objects: try objects(reader),
            inPlace: try inPlace(reader),
            unevaluatedItems: dialect.contains(.unevaluated) ? subschema("unevaluatedItems", reader) : nil,
            unevaluatedProperties: dialect.contains(.unevaluated) ? subschema("unevaluatedProperties", reader) : nil)
    }

    private func types(_ reader: KeywordReader) throws(JSONSchemaError) -> SchemaTypes? {
        guard let value = reader.object["type"] else { return nil }
        guard let names = value.string.map({ [$0] }) ?? KeywordReader.texts(value), !names.isEmpty else {
            throw reader.malformed("type", "must be the name of a type or an array of such names")
        }
        var types: SchemaTypes = []
        for name in names {
            guard let type = SchemaTypes.names.first(where: { $0.name == name })?.type else {
                let known = SchemaTypes.names.map(\.name).joined(separator: ", ")
                throw reader.malformed("type", "must be one of \(known)")
            }
            types.insert(type)
        }
        return types
    }

    private func equality(_ reader: KeywordReader) throws(JSONSchemaError) -> SchemaEquality? {
        let constant = reader.object["const"]
        let choices = try reader.elements("enum")
        guard constant != nil || choices != nil else { return nil }
        let all = (choices ?? []) + [constant].compactMap(\.self)
        return SchemaEquality(
            constant: constant, choices: choices, cost: all.reduce(0) { $0 + ExactEquality.weight($1) },
            numberCount: all.count { $0.typeName == "number" },
            containerCount: all.count { $0.array != nil || $0.object != nil },
            choicesPhrase: SchemaPhrases.choices(choices ?? []))
    }

    private func numbers(_ reader: KeywordReader) throws(JSONSchemaError) -> NumberRules? {
        var limits: [NumberRules.Limit] = []
        for bound in NumberRules.Bound.allCases {
            guard let number = try reader.number(bound.rawValue) else { continue }
            limits.append(
                .init(bound: bound, text: number.text, int: Int(number.text), decimal: DecimalNumber(number)))
        }
        var divisor: DecimalDivisor?
        if let number = try reader.number("multipleOf") {
            divisor = DecimalDivisor(number)
            guard divisor != nil else {
                throw reader.malformed(
                    "multipleOf", "must be above 0 and have no more than \(DecimalDivisor.maximumDigits) digits")
            }
        }
        return limits.isEmpty && divisor == nil ? nil : NumberRules(limits: limits, multipleOf: divisor)
    }

    private mutating func strings(_ reader: KeywordReader) throws(JSONSchemaError) -> StringRules? {
        var rules = StringRules()
        if reader.dialect.contains(.validation) {
            rules.minLength = try reader.count("minLength")
            rules.maxLength = try reader.count("maxLength")
            if let source = try reader.text("pattern") {
                rules.pattern = try pattern(source, at: reader.location(of: "pattern"))
            }
        }
        let isAsserted = reader.dialect.contains(.formatAssertion)
        if isAsserted || reader.dialect.contains(.formatAnnotation) {
            let name = try reader.text("format")
            if isAsserted || formats == .assert { rules.format = name.flatMap(StringFormat.init(rawValue:)) }
        }
        return rules.isEmpty ? nil : rules
    }

    private mutating func arrays(_ reader: KeywordReader) throws(JSONSchemaError) -> ArrayRules? {
        var rules = ArrayRules()
        let checks = reader.dialect.contains(.validation)
        if checks {
            rules.minItems = try reader.count("minItems")
            rules.maxItems = try reader.count("maxItems")
            rules.unique = try reader.flag("uniqueItems") ?? false
        }
        if reader.dialect.contains(.applicator) {
            rules.prefix = try subschemas("prefixItems", reader) ?? []
            rules.items = subschema("items", reader)
            if let node = subschema("contains", reader) {
                rules.contains = .init(
                    node: node, minimum: checks ? try reader.count("minContains") ?? 1 : 1,
                    maximum: checks ? try reader.count("maxContains") : nil)
            }
        }
        return rules.isEmpty ? nil : rules
    }

    private mutating func objects(_ reader: KeywordReader) throws(JSONSchemaError) -> ObjectRules? {
        var rules = ObjectRules()
        if reader.dialect.contains(.validation) {
            rules.minProperties = try reader.count("minProperties")
            rules.maxProperties = try reader.count("maxProperties")
            rules.required = try reader.texts("required") ?? []
            rules.cost = Self.cost(rules.required)
            for (name, value) in try reader.members("dependentRequired")?.members ?? [] {
                guard let required = KeywordReader.texts(value) else {
                    throw reader.malformed("dependentRequired", "must name arrays of strings")
                }
                rules.dependentRequired.append((name, required))
                rules.cost += Self.cost(required + [name])
            }
        }
        if reader.dialect.contains(.applicator) {
            for (name, node) in try namedSubschemas("properties", reader) { rules.properties[name] = node }
            for (source, node) in try namedSubschemas("patternProperties", reader) {
                let location = reader.location(of: "patternProperties")
                rules.patterns.append((try pattern(source, at: location), node))
            }
            rules.additional = subschema("additionalProperties", reader)
            rules.names = subschema("propertyNames", reader)
        }
        return rules.isEmpty ? nil : rules
    }

    /// What looking for members of these names may cost.
    private static func cost(_ names: [String]) -> Int { names.reduce(0) { $0 + 1 + $1.utf8.count / 8 } }

    private mutating func inPlace(_ reader: KeywordReader) throws(JSONSchemaError) -> [InPlaceRule] {
        var rules: [InPlaceRule] = []
        let resource = reader.place.resource
        if let text = try reader.text("$ref") {
            rules.append(.reference(try reference(text, in: resource, at: reader.location(of: "$ref")).node))
        }
        if let text = try reader.text("$dynamicRef") {
            let (node, anchor) = try reference(text, in: resource, at: reader.location(of: "$dynamicRef"))
            if let anchor { lookFor(dynamicAnchor: anchor) }
            rules.append(anchor.map { .dynamicReference(node, anchor: $0) } ?? .reference(node))
        }
        guard reader.dialect.contains(.applicator) else { return rules }
        if let nodes = try subschemas("allOf", reader) { rules.append(.allOf(nodes)) }
        if let nodes = try subschemas("anyOf", reader) { rules.append(.anyOf(nodes)) }
        if let nodes = try subschemas("oneOf", reader) { rules.append(.oneOf(nodes)) }
        if let node = subschema("not", reader) { rules.append(.not(node)) }
        if let condition = subschema("if", reader) {
            rules.append(.condition(if: condition, then: subschema("then", reader), else: subschema("else", reader)))
        }
        let dependent = try namedSubschemas("dependentSchemas", reader)
        if !dependent.isEmpty { rules.append(.dependent(dependent)) }
        return rules
    }
}
