// SPDX-License-Identifier: Apache-2.0

/// A file that describes what should be on Render, read into the one internal form.
package struct Blueprint: Sendable {
    package enum Dialect: String, Sendable {
        /// Render's own `render.yaml`.
        case render
        /// The shape of Render's API: `type: web_service`, `serviceDetails`, a map of `env`.
        case api
    }

    package let dialect: Dialect
    /// In the order of the file, each address once.
    package let resources: [Resource]
    /// In the order of the file.
    package let diagnostics: [Diagnostic]

    package init(dialect: Dialect, resources: [Resource], diagnostics: [Diagnostic]) {
        self.dialect = dialect
        self.resources = resources
        self.diagnostics = diagnostics
    }

    /// Whether it can be planned: nothing in it is an error.
    package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }

    package func resource(at address: ResourceAddress) -> Resource? { resources.first { $0.address == address } }
}
