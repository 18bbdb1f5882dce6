// SPDX-License-Identifier: Apache-2.0

/// Which groups of keywords a schema resource speaks, as its metaschema's `$vocabulary` says.
struct SchemaDialect: OptionSet, Sendable {
    let rawValue: Int

    static let applicator = SchemaDialect(rawValue: 1)
    static let unevaluated = SchemaDialect(rawValue: 2)
    static let validation = SchemaDialect(rawValue: 4)
    static let formatAnnotation = SchemaDialect(rawValue: 8)
    static let formatAssertion = SchemaDialect(rawValue: 16)
    /// Vocabularies that only describe, and so have no part in whether a value is valid.
    static let descriptions = SchemaDialect(rawValue: 32)

    /// What the 2020-12 metaschema asks for.
    static let standard: SchemaDialect = [.applicator, .unevaluated, .validation, .formatAnnotation, .descriptions]

    private static let known: [String: SchemaDialect] = [
        "core": [], "applicator": .applicator, "unevaluated": .unevaluated, "validation": .validation,
        "format-annotation": .formatAnnotation, "format-assertion": .formatAssertion, "meta-data": .descriptions,
        "content": .descriptions,
    ]

    /// Reads a metaschema's `$vocabulary`; the error's words go to the schema that named that metaschema.
    static func reading(_ metaschema: JSONValue, at location: String) throws(JSONSchemaError) -> SchemaDialect {
        guard let vocabularies = metaschema["$vocabulary"]?.object else { return .standard }
        var dialect: SchemaDialect = []
        for (uri, isRequired) in vocabularies.members {
            if uri.hasPrefix(Metaschemas.vocabularies),
                let vocabulary = known[String(uri.dropFirst(Metaschemas.vocabularies.count))]
            {
                dialect.insert(vocabulary)
            } else if isRequired.bool == true {
                throw JSONSchemaError(.unsupportedDialect, at: location, "needs the unknown vocabulary \(uri)")
            }
        }
        return dialect
    }
}
