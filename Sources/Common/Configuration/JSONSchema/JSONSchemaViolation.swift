// SPDX-License-Identifier: Apache-2.0

/// One rule that a value breaks.
package struct JSONSchemaViolation: Sendable, Equatable {
    /// Where in the value, as a JSON Pointer. For `required` it names the member that is missing. Names longer than
    /// 100 characters, which no schema asks for, are cut off with `…`.
    package let instanceLocation: String
    /// The keyword that says no, such as `minimum`.
    package let keyword: String
    /// Where that keyword is written, such as `#/properties/count/minimum`.
    package let schemaLocation: String
    /// The rule in words, such as `must be at least 1`. Never holds anything of the value, which may be a secret.
    package let message: String

    package init(instanceLocation: String, keyword: String, schemaLocation: String, message: String) {
        self.instanceLocation = instanceLocation
        self.keyword = keyword
        self.schemaLocation = schemaLocation
        self.message = message
    }
}

extension Problem {
    /// One refusal that names every violation by the member it is about, `prefix` put before each pointer; nil when
    /// there is nothing to refuse.
    package init?(_ violations: [JSONSchemaViolation], under prefix: String = "", message: String) {
        guard !violations.isEmpty else { return nil }
        self.init(
            .invalid, message,
            fields: violations.map { FieldError(prefix + $0.instanceLocation, $0.message) })
    }
}
