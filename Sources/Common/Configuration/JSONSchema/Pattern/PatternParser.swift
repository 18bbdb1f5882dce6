// SPDX-License-Identifier: Apache-2.0

/// Reads the pattern syntax of ECMA-262 with the `u` flag.
///
/// Where that flag is stricter than the patterns found in the wild, what has one possible meaning is let through: a
/// needless backslash before punctuation (`\-`, `\@`), and braces and `]` that stand for themselves.
struct PatternParser {
    private static let maximumNesting = 100

    let scalars: [Unicode.Scalar]
    var position = 0
    private(set) var sets: [ScalarSet] = []
    private var nesting = 0

    init(_ source: String) throws(PatternError) {
        scalars = Array(source.unicodeScalars.prefix(Pattern.maximumLength + 1))
        guard scalars.count <= Pattern.maximumLength else {
            throw PatternError(
                offset: Pattern.maximumLength, message: "pattern is longer than \(Pattern.maximumLength)",
                isUnsupported: true)
        }
    }

    mutating func parse() throws(PatternError) -> PatternTree {
        let tree = try parseChoice()
        guard position == scalars.count else { throw failure("unmatched )") }
        return tree
    }

    func failure(_ message: String) -> PatternError { PatternError(offset: position, message: message) }

    /// A pattern that is fine but cannot be matched here.
    func unsupported(_ message: String) -> PatternError {
        PatternError(offset: position, message: message, isUnsupported: true)
    }

    /// Takes in a set; repetitions of it will share the one copy.
    mutating func keep(_ set: ScalarSet) -> PatternTree {
        sets.append(set)
        return .set(sets.count - 1)
    }

    var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    mutating func skip(_ text: String) -> Bool {
        let wanted = text.unicodeScalars
        guard scalars[position...].prefix(wanted.count).elementsEqual(wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func parseChoice() throws(PatternError) -> PatternTree {
        nesting += 1
        guard nesting <= Self.maximumNesting else { throw failure("groups nest too deeply") }
        var branches = [try parseSequence()]
        while skip("|" as Unicode.Scalar) { branches.append(try parseSequence()) }
        nesting -= 1
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func parseSequence() throws(PatternError) -> PatternTree {
        var terms: [PatternTree] = []
        while let scalar = next, scalar != "|", scalar != ")" { terms.append(try parseTerm()) }
        return terms.count == 1 ? terms[0] : .sequence(terms)
    }

    private mutating func parseTerm() throws(PatternError) -> PatternTree {
        let atom = try parseAtom()
        guard let (least, most) = try parseQuantifier() else { return atom }
        switch atom {
        case .start, .end, .wordBoundary: throw failure("nothing to repeat")
        default: break
        }
        _ = skip("?" as Unicode.Scalar)
        if try parseQuantifier() != nil { throw failure("nothing to repeat") }
        return .repetition(atom, least: least, most: most)
    }

    private mutating func parseAtom() throws(PatternError) -> PatternTree {
        guard let scalar = next else { throw failure("unexpected end") }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return keep(ScalarSet.lineTerminators.negated)
        case "(": return try parseGroup()
        case "[": return keep(try parseClass())
        case "\\": return try parseEscape()
        case "*", "+", "?":
            position -= 1
            throw failure("nothing to repeat")
        case "{":
            position -= 1
            if try parseQuantifier() != nil { throw failure("nothing to repeat") }
            position += 1
            return .scalar(scalar.value)
        default: return .scalar(scalar.value)
        }
    }

    private mutating func parseGroup() throws(PatternError) -> PatternTree {
        if skip("?" as Unicode.Scalar) {
            if next == "=" || next == "!" || skip("<=") || skip("<!") {
                throw unsupported("look-around is not supported")
            }
            if skip("<" as Unicode.Scalar) {
                let start = position
                while let scalar = next, scalar != ">" {
                    guard scalar.properties.isIDContinue || scalar == "$" else { throw failure("malformed group name") }
                    position += 1
                }
                guard position > start, skip(">" as Unicode.Scalar) else { throw failure("malformed group name") }
            } else if !skip(":" as Unicode.Scalar) {
                throw failure("unknown kind of group")
            }
        }
        let tree = try parseChoice()
        guard skip(")" as Unicode.Scalar) else { throw failure("unmatched (") }
        return tree
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`; braces of any other form stand for themselves.
    private mutating func parseQuantifier() throws(PatternError) -> (least: Int, most: Int?)? {
        if skip("*" as Unicode.Scalar) { return (0, nil) }
        if skip("+" as Unicode.Scalar) { return (1, nil) }
        if skip("?" as Unicode.Scalar) { return (0, 1) }
        let start = position
        guard skip("{" as Unicode.Scalar), let least = parseCount() else {
            position = start
            return nil
        }
        var most: Int? = least
        if skip("," as Unicode.Scalar) { most = next == "}" ? nil : parseCount() ?? -1 }
        guard most != -1, skip("}" as Unicode.Scalar) else {
            position = start
            return nil
        }
        if let most, most < least { throw failure("repetition counts are out of order") }
        return (least, most)
    }

    /// Digits; a count too large to unfold is held at one that is refused later.
    private mutating func parseCount() -> Int? {
        let start = position
        var count = 0
        while let scalar = next, ("0"..."9").contains(scalar) {
            count = min(count * 10 + Int(scalar.value - 0x30), Pattern.maximumSize + 1)
            position += 1
        }
        return position > start ? count : nil
    }
}
