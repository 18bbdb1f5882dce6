// SPDX-License-Identifier: Apache-2.0

/// Why text is not a pattern we match.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Unicode scalars from the beginning of the pattern to the fault.
    package let offset: Int
    package let message: String
    /// Whether ECMA-262 allows the pattern, and only this matcher does not.
    package let isUnsupported: Bool

    init(offset: Int, message: String, isUnsupported: Bool = false) {
        self.offset = offset
        self.message = message
        self.isUnsupported = isUnsupported
    }

    package var description: String { "\(message) at \(offset)" }
}

/// A regular expression of ECMA-262 in Unicode mode, matched in time linear in the text, whatever the pattern.
///
/// The machine walks all alternatives side by side, so no pattern makes it go back and try again. What needs going back
/// — back-references and look-around — is refused, as are patterns that unfold to more than `maximumSize` steps, and
/// `\p{Script=…}`, whose tables we do not carry.
package struct Pattern: Sendable {
    /// Instructions of one pattern after its counted repetitions are unfolded.
    package static let maximumSize = 10_000
    /// Scalars in the source.
    package static let maximumLength = 4_096

    package let source: String
    let program: PatternProgram

    package init(_ source: String) throws(PatternError) {
        var parser = try PatternParser(source)
        let tree = try parser.parse()
        self.source = source
        program = try PatternProgram(tree, sets: parser.sets)
    }

    /// Whether the pattern is found anywhere in `text`.
    package func matches(_ text: String) -> Bool {
        var budget = Int.max
        return matches(text, budget: &budget) ?? false
    }

    /// As `matches(_:)`, taking its steps off `budget`; nil when that runs out first.
    func matches(_ text: String, budget: inout Int) -> Bool? {
        var machine = PatternMachine(program: program)
        return machine.search(text, budget: &budget)
    }
}

/// The tree of a pattern. Lazy and greedy repetitions are one, as only whether there is a match matters.
indirect enum PatternTree {
    case empty
    case scalar(UInt32)
    /// One of the scalars of the set with that number.
    case set(Int)
    case start
    case end
    case wordBoundary(Bool)
    case sequence([PatternTree])
    case choice([PatternTree])
    case repetition(PatternTree, least: Int, most: Int?)
}
