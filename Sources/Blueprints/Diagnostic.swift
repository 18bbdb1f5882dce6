// SPDX-License-Identifier: Apache-2.0

/// Something to say about a blueprint, at one place of it. Never repeats the value of an environment variable.
package struct Diagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable, CaseIterable {
        /// The file is refused.
        case error
        /// Render knows it, but no call of its API reaches it; the plan names it and changes nothing for it.
        case unsupported
        /// It was understood, though it is not written as Render's format has it.
        case warning
    }

    package let severity: Severity
    /// Stable and machine-readable, such as `unknown_field`.
    package let code: String
    /// Where in the document's structure, such as `services[0].envVars[2].value`.
    package let path: String
    /// What is wrong and what to write instead, in a sentence.
    package let message: String
    package let position: SourcePosition

    package init(
        _ severity: Severity, _ code: String, path: String, _ message: String, at position: SourcePosition
    ) {
        self.severity = severity
        self.code = code
        self.path = path
        self.message = message
        self.position = position
    }
}
