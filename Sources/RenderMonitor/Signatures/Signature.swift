// SPDX-License-Identifier: Apache-2.0

/// One way in which builds and deploys fail, as data: how it is told, what it means and what helps.
package struct Signature: Sendable {
    /// How near to the root of a failure a signature is; of several findings the nearest is the cause.
    package enum Rank: Int, Sendable, Comparable {
        /// Nothing else can have worked.
        case root
        case cause
        /// A step of the build ended with an error, in words that say no more: what comes behind it follows from it.
        case step
        /// A step that found its input missing: the cause when what made the input went well.
        case consequence
        /// Says that it failed and nothing of why.
        case generic
        /// Worth telling beside a cause, never one.
        case remark

        package static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    /// What may be done about it without a person.
    package enum Remedy: Sendable, Hashable {
        /// `FixDecision` looks for values.
        case setting
        /// Another build from a cleared cache.
        case clearCache
        /// Only told, with what to do.
        case person
    }

    package let id: String
    package let rank: Rank
    /// Where it counts; empty for everywhere.
    package let phases: Set<BuildPhase>
    /// Types of services that it counts for; empty for all.
    package let kinds: Set<String>
    /// One of these is in every line that matches: most lines are passed over by this look.
    package let needles: [String]
    package let pattern: String
    /// What the line names, by the literal text around it: the first that fits counts.
    package let captures: [Capture]
    /// What has happened.
    package let cause: String
    /// What a person would do.
    package let advice: String
    package let remedy: Remedy

    init(
        _ id: String, _ rank: Rank, in phases: Set<BuildPhase> = [], of kinds: Set<String> = [], needles: [String],
        pattern: String, captures: [Capture] = [], cause: String, advice: String, remedy: Remedy = .person
    ) {
        self.id = id
        self.rank = rank
        self.phases = phases
        self.kinds = kinds
        self.needles = needles
        self.pattern = pattern
        self.captures = captures
        self.cause = cause
        self.advice = advice
        self.remedy = remedy
    }
}

/// Text between two literals. The matcher has no groups, and needs none for this.
package struct Capture: Sendable, Hashable {
    let after: String
    /// Up to the first of these; empty for the end of the line.
    let before: [String]

    init(after: String, before: [String] = []) {
        self.after = after
        self.before = before
    }

    /// Nil when the line does not have it, or nothing is between.
    func text(in line: String) -> String? {
        guard let start = line.range(of: after) else { return nil }
        let rest = line[start.upperBound...]
        guard !before.isEmpty else { return rest.isEmpty ? nil : String(rest) }
        let ends = before.compactMap { rest.range(of: $0)?.lowerBound }
        guard let end = ends.min(), end > rest.startIndex else { return nil }
        return String(rest[..<end])
    }
}

extension String {
    fileprivate func range(of literal: String) -> Range<Index>? { self[...].range(of: literal) }
}

extension Substring {
    /// By bytes: two spellings of one character are two here.
    fileprivate func range(of literal: String) -> Range<Index>? {
        utf8.firstRange(of: literal.utf8)
    }
}
