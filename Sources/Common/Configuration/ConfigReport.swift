// SPDX-License-Identifier: Apache-2.0

/// What a daemon's configuration is made of and what is wrong with it; holds no secret, so it may be shown.
package struct ConfigReport: Sendable, Equatable {
    /// Where a value came from.
    package enum Source: String, Sendable { case environment, file, `default` }

    /// One key.
    package struct Row: Sendable, Equatable {
        package let key: String
        package let description: String
        package let required: Bool
        package let present: Bool
        package let source: Source?
        /// The rule that is broken, such as `must be at least 1`; nil when all is well.
        package let problem: String?
        package let secret: Bool
        /// The value as text: a mask for secrets and for addresses with credentials in them, nil for values that are
        /// absent or wrong.
        package let value: String?

        package var valid: Bool { problem == nil }
    }

    package let service: String
    /// Failing keys first, then by name.
    package let rows: [Row]
    /// What is wrong apart from single keys, such as a file that cannot be read.
    package let problems: [String]
    /// Names that look like misspelt keys.
    package let warnings: [String]

    package var valid: Bool { problems.isEmpty && rows.allSatisfy(\.valid) }

    /// What takes the place of a secret.
    static let mask = Secret("").description

    /// As `GET /config/validate` answers it.
    package var json: JSONValue {
        [
            "service": .string(service), "valid": .bool(valid),
            "rows": .array(rows.map(\.json)),
            "problems": .array(problems.map { .string($0) }),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}

extension ConfigReport.Row {
    fileprivate var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "key": .string(key), "description": .string(description), "required": .bool(required),
            "present": .bool(present), "source": text(source?.rawValue), "valid": .bool(valid),
            "problem": text(problem), "secret": .bool(secret), "value": text(value),
        ]
    }
}

extension ConfigReport {
    /// Reads the report of another daemon; nil for anything else.
    package init?(_ value: JSONValue) {
        guard let service = value["service"]?.string, let rows = value["rows"]?.array,
            let problems = value["problems"]?.array, let warnings = value["warnings"]?.array
        else { return nil }
        let read = rows.compactMap(Row.init)
        guard read.count == rows.count else { return nil }
        self.init(
            service: service, rows: read, problems: problems.compactMap(\.string),
            warnings: warnings.compactMap(\.string))
    }
}

extension ConfigReport.Row {
    fileprivate init?(_ value: JSONValue) {
        guard let key = value["key"]?.string, let description = value["description"]?.string,
            let required = value["required"]?.bool, let present = value["present"]?.bool,
            let secret = value["secret"]?.bool
        else { return nil }
        self.init(
            key: key, description: description, required: required, present: present,
            source: value["source"]?.string.flatMap(ConfigReport.Source.init(rawValue:)),
            problem: value["problem"]?.string, secret: secret, value: value["value"]?.string)
    }
}

/// A configuration a daemon cannot start with.
package struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The exit code for it: `EX_CONFIG` of sysexits.
    package static let exitCode: Int32 = 78

    package let report: ConfigReport

    /// Every problem in one message for the operator, several lines, never with a value in it.
    package var description: String {
        var lines = ["\(report.service) cannot start, its configuration is not valid:"]
        lines += report.problems.map { "  \($0)" }
        for row in report.rows {
            guard let problem = row.problem else { continue }
            lines.append("  \(row.key) \(problem). \(row.description)")
        }
        lines += report.warnings.map { "  note: \($0)" }
        lines.append("Every key is described in .env.example.")
        return lines.joined(separator: "\n")
    }
}
