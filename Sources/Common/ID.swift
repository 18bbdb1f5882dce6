// SPDX-License-Identifier: Apache-2.0

/// Something that identifiers name; the prefix says which kind, so that an identifier explains itself in a log line.
package protocol Identified {
    /// The letters before the underscore, such as `task`.
    static var idPrefix: String { get }
}

/// The identity of one `Subject`, so that a run's id can never be passed where a task's is meant.
package struct ID<Subject: Identified>: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The written form: prefix, underscore, ULID.
    package let rawValue: String

    /// Takes over text that is already known to be an identifier of this kind, such as a column's value.
    package init(trusted rawValue: String) { self.rawValue = rawValue }

    /// Reads text from outside; nil when it is not the written form of such an identifier.
    package init?(_ text: String) {
        let prefix = Subject.idPrefix + "_"
        guard text.hasPrefix(prefix), ULID.isValid(text.dropFirst(prefix.count).utf8) else { return nil }
        rawValue = text
    }

    /// A fresh identifier that sorts after every earlier one of this process.
    package static func make() -> ID { ID(trusted: Subject.idPrefix + "_" + ULID.make().text) }

    package var description: String { rawValue }

    package static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }
}
