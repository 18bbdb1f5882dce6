// SPDX-License-Identifier: Apache-2.0

/// A compiled JSON Schema of draft 2020-12: made once, asked many times, from any task.
///
/// Schemas and values may both come from strangers. Compiling is bounded by `Limits`, references are looked up only in
/// documents the caller hands over, and one validation never costs more than `Limits.maximumWork` steps.
package struct JSONSchema: Sendable {
    /// What `format` does.
    package enum FormatMode: Sendable {
        /// A note to the reader, as the specification says unless a metaschema asks for more.
        case annotate
        /// A rule, for the formats this validator knows; unknown names are still only notes.
        case assert
    }

    /// How far untrusted schemas and values may go.
    package struct Limits: Sendable {
        /// Subschemas in use, counted over all documents.
        package var maximumSubschemas = 10_000
        /// Instructions of all its patterns together, counted repetitions unfolded.
        package var maximumPatternSize = 100_000
        /// How deep one evaluation may nest: each property, element and reference is a level. This many levels take
        /// less than 1 MiB of stack in release builds and 4 MiB in debug builds.
        package var maximumDepth = 600
        /// Violations reported before the rest is left out.
        package var maximumProblems = 50
        /// Steps of one validation: subschemas applied, values compared, characters matched against patterns.
        package var maximumWork = 20_000_000

        package init() {}

        /// For request bodies, task inputs and tool arguments.
        package static let standard = Limits()
    }

    let program: SchemaProgram

    /// Compiles the schema at `entry`, a fragment such as `#/$defs/input`, of `document`.
    ///
    /// `documents` maps absolute URIs to the only other documents that references may reach, besides the 2020-12
    /// metaschemas, which are always there. The same `documents` may hold metaschemas named by `$schema`.
    package init(
        _ document: JSONValue, entry: String = "#", resolving documents: [String: JSONValue] = [:],
        formats: FormatMode = .annotate, limits: Limits = .standard
    ) throws(JSONSchemaError) {
        var compiler = try SchemaCompiler(document, resolving: documents, formats: formats, limits: limits)
        program = try compiler.compile(entry: entry)
    }

    /// Every way in which `value` breaks the schema, up to the limit; empty when it is valid.
    package func validate(_ value: JSONValue) -> [JSONSchemaViolation] {
        // Most values are valid: looking for the first failure needs no bookkeeping about where it is.
        var trial = SchemaEvaluation(program: program, collecting: false)
        if trial.accepts(value) { return [] }
        if let refusal = trial.refusal { return [refusal] }
        var evaluation = SchemaEvaluation(program: program, collecting: true)
        return evaluation.violations(of: value)
    }

    /// Whether `value` satisfies the schema; stops at the first failure.
    package func isValid(_ value: JSONValue) -> Bool {
        var evaluation = SchemaEvaluation(program: program, collecting: false)
        return evaluation.accepts(value)
    }
}
