// SPDX-License-Identifier: Apache-2.0

import Common

extension FuzzTarget {
    /// JSON Schema: compiling and validating. An input is a schema and then values for it, a line each.
    static let schema = FuzzTarget("schema") { bytes in
        let lines = InputLines(bytes, most: 5)
        guard let document = try? JSONValue.parse(lines.bytes(0)) else { return }
        // A text by itself is taken for a pattern, which comes to the deep parts of the pattern parser sooner.
        let source: JSONValue = document.string.map { ["pattern": .string($0)] } ?? document
        let schema: JSONSchema
        do throws(JSONSchemaError) {
            schema = try JSONSchema(source, formats: .assert, limits: SchemaTarget.limits)
        } catch {
            return try SchemaTarget.checkRefusal(error)
        }
        _ = try JSONSchema(JSONValue.parse(source.bytes), formats: .annotate, limits: SchemaTarget.limits)
        for line in 1..<max(1, lines.count) {
            guard let value = try? JSONValue.parse(lines.bytes(line)) else { continue }
            try SchemaTarget.check(schema, source, value)
        }
    }
}

private enum SchemaTarget {
    static let limits = {
        var limits = JSONSchema.Limits.standard
        limits.maximumWork = 200_000
        limits.maximumSubschemas = 1000
        limits.maximumPatternSize = 20_000
        return limits
    }()

    static func checkRefusal(_ error: JSONSchemaError) throws {
        try hold(!error.message.isEmpty, "a schema is refused without a word")
        try hold(error.description.utf8.count < 16_384, "a refusal is longer than anybody reads")
    }

    static func check(_ schema: JSONSchema, _ source: JSONValue, _ value: JSONValue) throws {
        let violations = schema.validate(value)
        try same(schema.isValid(value), violations.isEmpty, "whether a value is valid")
        try hold(violations.count <= limits.maximumProblems, "too many violations are told")
        try same(schema.validate(value), violations, "validating twice")
        for violation in violations {
            try hold(!violation.message.isEmpty && violation.message.utf8.count < 4096, "a violation says nothing")
            try hold(JSONPointer.tokens(violation.instanceLocation) != nil, "a violation is nowhere")
        }
        try checkLogic(source, value, isValid: violations.isEmpty)
    }

    /// What holds for any schema that can stand inside another: one that refers to nothing.
    private static func checkLogic(_ source: JSONValue, _ value: JSONValue, isValid: Bool) throws {
        guard !source.text.utf8.contains(UInt8(ascii: "$")) else { return }
        let compounds: [(JSONValue, expected: Bool)] = [
            (["not": source], !isValid), (["allOf": [true, source, source]], isValid), (["anyOf": [source]], isValid),
            (["oneOf": [source, source]], false), (["if": source, "then": true, "else": false], isValid),
            (["not": ["not": source]], isValid), (["$ref": "#/$defs/a", "$defs": ["a": source]], isValid),
        ]
        for (compound, expected) in compounds {
            // What was just within a limit may be beyond it with more around it.
            guard let schema = try? JSONSchema(compound, formats: .assert, limits: limits) else { continue }
            let violations = schema.validate(value)
            if violations.contains(where: \.isOfLimits) { continue }
            if violations.isEmpty != expected, isAtLimit(source, value) { continue }
            try hold(violations.isEmpty == expected, "\(compound.text) does not agree with the schema in it")
        }
        let listed = try? JSONSchema(["items": source], formats: .assert, limits: limits)
        if let violations = listed?.validate([value]), !violations.contains(where: \.isOfLimits),
            !isAtLimit(source, value)
        {
            try same(violations.isEmpty, isValid, "whether it is valid as an element")
        }
    }

    /// Whether a validation is given up on: then not to be valid says nothing.
    private static func isAtLimit(_ source: JSONValue, _ value: JSONValue) -> Bool {
        guard let schema = try? JSONSchema(source, formats: .assert, limits: limits) else { return true }
        return schema.validate(value).contains(where: \.isOfLimits)
    }
}

extension JSONSchemaViolation {
    fileprivate var isOfLimits: Bool { message.contains("to be checked") || message.contains("to check against") }
}
