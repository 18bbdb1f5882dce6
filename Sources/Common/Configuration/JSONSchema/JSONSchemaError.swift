// SPDX-License-Identifier: Apache-2.0

/// Why a document is not a schema we can use.
package struct JSONSchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What sort of fault it is.
    package enum Reason: String, Sendable, CaseIterable {
        /// A keyword's value has the wrong form.
        case malformed
        /// A reference leads nowhere among the documents at hand.
        case unresolvedReference
        /// References lead back to themselves without going deeper into the value.
        case endlessReference
        /// `$schema` names a dialect other than 2020-12, or one that needs an unknown vocabulary.
        case unsupportedDialect
        /// A regular expression is malformed, or needs what cannot be matched in linear time.
        case unsupportedPattern
        /// The schema goes beyond a limit.
        case tooLarge
    }

    package let reason: Reason
    /// Where in the schema, such as `#/properties/name/pattern`.
    package let location: String
    /// One sentence that names the rule.
    package let message: String

    package init(_ reason: Reason, at location: String, _ message: String) {
        self.reason = reason
        self.location = location
        self.message = message
    }

    package var description: String { "\(location): \(message)" }
}
