// SPDX-License-Identifier: Apache-2.0

package import Common

extension ConfigReport: WireObject {
    package static let fields: [Field<ConfigReport>] = [
        Field("service", "The daemon's name.") { $0.service },
        Field("valid", "Whether a daemon would start with it.") { $0.valid },
        Field("rows", "Every key: failing ones first, then by name.") { $0.rows },
        Field("problems", "What is wrong apart from single keys.") { $0.problems },
        Field("warnings", "Names that look like misspelt keys.") { $0.warnings },
    ]
}

extension ConfigReport.Row: WireObject {
    package static let wireName = "ConfigReportRow"

    package static let fields: [Field<ConfigReport.Row>] = [
        Field("key", "The environment variable.") { $0.key },
        Field("description", "What it is for.") { $0.description },
        Field("required", "Whether a daemon does not start without it.") { $0.required },
        Field("present", "Whether it is set or has a default.") { $0.present },
        Field("source", "Where the value comes from; null when there is none.") { $0.source },
        Field("valid", "Whether the value can be used.") { $0.valid },
        Field("problem", "The rule that is broken; null when none is.") { $0.problem },
        Field("secret", "Whether the value must not be shown.") { $0.secret },
        Field("value", "The value; masked when it is secret, null when it is absent or wrong.") { $0.value },
    ]
}

extension ConfigReport.Source: WireEnum, CaseIterable {
    package static let allCases: [ConfigReport.Source] = [.environment, .file, .default]
}
