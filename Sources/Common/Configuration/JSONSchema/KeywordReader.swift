// SPDX-License-Identifier: Apache-2.0

/// Takes keywords off one schema object and checks the form of their values.
struct KeywordReader {
    let object: JSONObject
    let place: SchemaRegistry.Place
    let location: String
    let dialect: SchemaDialect

    func malformed(_ keyword: String, _ rule: String) -> JSONSchemaError {
        JSONSchemaError(.malformed, at: location(of: keyword), rule)
    }

    func location(of keyword: String) -> String { "\(location)/\(JSONPointer.escape(keyword))" }

    func text(_ keyword: String) throws(JSONSchemaError) -> String? {
        guard let value = object[keyword] else { return nil }
        guard let text = value.string else { throw malformed(keyword, "must be a string") }
        return text
    }

    func number(_ keyword: String) throws(JSONSchemaError) -> JSONNumber? {
        guard let value = object[keyword] else { return nil }
        guard case .number(let number) = value else { throw malformed(keyword, "must be a number") }
        return number
    }

    /// A count of something; one too large for a word is as good as the largest word.
    func count(_ keyword: String) throws(JSONSchemaError) -> Int? {
        guard let number = try number(keyword) else { return nil }
        let decimal = DecimalNumber(number)
        guard !decimal.isNegative, decimal.isInteger else { throw malformed(keyword, "must be an integer, 0 or more") }
        return number.int ?? Int.max
    }

    func flag(_ keyword: String) throws(JSONSchemaError) -> Bool? {
        guard let value = object[keyword] else { return nil }
        guard let flag = value.bool else { throw malformed(keyword, "must be true or false") }
        return flag
    }

    func texts(_ keyword: String) throws(JSONSchemaError) -> [String]? {
        guard let value = object[keyword] else { return nil }
        guard let texts = Self.texts(value) else { throw malformed(keyword, "must be an array of strings") }
        return texts
    }

    static func texts(_ value: JSONValue) -> [String]? {
        guard let elements = value.array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }

    func members(_ keyword: String) throws(JSONSchemaError) -> JSONObject? {
        guard let value = object[keyword] else { return nil }
        guard let members = value.object else { throw malformed(keyword, "must be an object") }
        return members
    }

    func elements(_ keyword: String) throws(JSONSchemaError) -> [JSONValue]? {
        guard let value = object[keyword] else { return nil }
        guard let elements = value.array else { throw malformed(keyword, "must be an array") }
        return elements
    }
}

extension SchemaCompiler {
    /// The node of the subschema that is a keyword's value.
    mutating func subschema(_ keyword: String, _ reader: KeywordReader) -> Int? {
        guard reader.object[keyword] != nil else { return nil }
        return node(registry.place(keyword, under: reader.place))
    }

    /// The nodes of the subschemas that a keyword lists.
    mutating func subschemas(_ keyword: String, _ reader: KeywordReader) throws(JSONSchemaError) -> [Int]? {
        guard let elements = try reader.elements(keyword) else { return nil }
        guard !elements.isEmpty else { throw reader.malformed(keyword, "must not be empty") }
        return elements.indices.map { node(registry.place("\(keyword)/\($0)", under: reader.place)) }
    }

    /// The nodes of the subschemas that a keyword names.
    mutating func namedSubschemas(
        _ keyword: String, _ reader: KeywordReader
    ) throws(JSONSchemaError) -> [(name: String, node: Int)] {
        guard let members = try reader.members(keyword) else { return [] }
        return members.names.map { name in
            (name, node(registry.place("\(keyword)/\(JSONPointer.escape(name))", under: reader.place)))
        }
    }
}
