// SPDX-License-Identifier: Apache-2.0

/// One node of a document, with everything that its text said and nothing that a schema of YAML would make of it.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }

    let content: Content
    let position: SourcePosition
    /// How many nodes it is, with whatever aliases in it stand for.
    let weight: Int

    /// Whether nothing is written, or the plain words for nothing.
    var isNull: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return scalar.isNull
    }

    var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }

    var entries: [YAMLEntry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    /// The value under a key of a mapping.
    subscript(key: String) -> YAMLNode? { entry(key)?.value }

    func entry(_ key: String) -> YAMLEntry? { entries?.first { $0.key == key } }
}

/// A key of a mapping with its value; each key once, what `<<` brings in behind those that are written.
struct YAMLEntry: Sendable {
    let key: String
    let position: SourcePosition
    let value: YAMLNode
}

/// A scalar by its source text: `off`, `3.10`, `010` and `1_000` are what they were.
struct YAMLScalar: Sendable {
    /// As written when plain; unescaped or folded when quoted or a block.
    let text: String
    /// Written without quotes, and not as a block: YAML would take it for a number, a truth or nothing if it looks so.
    let isPlain: Bool

    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// What YAML 1.1 or 1.2 would take a plain scalar for, when not for text.
    enum Look: String { case number = "a number", truth = "true or false" }

    /// `on`, `off`, `yes` and `no` are text: only the older YAML reads them otherwise.
    var look: Look? {
        guard isPlain, let first = text.utf8.first else { return nil }
        switch first {
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "T"), UInt8(ascii: "F"):
            return ["true", "false", "True", "False", "TRUE", "FALSE"].contains(text) ? .truth : nil
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"):
            return isNumber ? .number : nil
        default: return nil
        }
    }

    private var isNumber: Bool {
        var digits = Substring(text)
        if digits.first == "-" || digits.first == "+" { digits = digits.dropFirst() }
        if digits.hasPrefix("0x") || digits.hasPrefix("0o") { return Int(digits.dropFirst(2), radix: 16) != nil }
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(digits) { return true }
        guard digits.utf8.contains(where: { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return false }
        guard digits.utf8.allSatisfy({ Self.numeric.contains($0) }) else { return false }
        return Double(digits.filter { $0 != "_" }) != nil
    }

    private static let numeric = Set("0123456789._eE+-".utf8)
}
