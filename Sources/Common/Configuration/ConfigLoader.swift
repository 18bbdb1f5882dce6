// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The configuration of `service` from the environment and, below it, the file at the path `file` in `.env` form.
///
/// Text becomes what the key's type asks for, defaults are filled in, and the whole is held against the schema; the
/// error names every problem at once. Text that is empty counts as absent, so the file or the default holds. An
/// integer is digits with an optional minus, a number is written as in JSON, a boolean is `true` or `false`, and a
/// list is split at commas, blanks around its parts and empty parts dropped.
package func ensureConfig(
    _ service: String, environment: [String: String], file: String? = nil
) throws(ConfigError) -> Configuration {
    let (report, values) = ConfigLoader(service, environment: environment, file: file).load()
    guard report.valid else { throw ConfigError(report: report) }
    return Configuration(service: service, report: report, values: values)
}

/// As `ensureConfig`, but only tells what it finds, for an operator who asks before starting a daemon.
package func buildConfigReport(
    _ service: String, environment: [String: String], file: String? = nil
) -> ConfigReport {
    ConfigLoader(service, environment: environment, file: file).load().report
}

/// Brings together the schema, the environment and the file.
private struct ConfigLoader {
    private struct Found {
        let source: ConfigReport.Source
        let value: JSONValue
    }

    private let service: String
    private let environment: [String: String]
    private let file: EnvironmentFile
    private let keys: [ConfigKey]

    init(_ service: String, environment: [String: String], file: String?) {
        self.service = service
        self.environment = environment
        self.file = file.map(EnvironmentFile.reading) ?? EnvironmentFile(text: "", name: "")
        keys = ConfigSchema.keys(of: service)
    }

    func load() -> (report: ConfigReport, values: [String: JSONValue]) {
        var found: [String: Found] = [:]
        for key in keys { found[key.name] = find(key) }
        let values = found.mapValues(\.value)
        let object = JSONObject(keys.compactMap { key in values[key.name].map { (key.name, $0) } })
        var problems: [String: [String]] = [:]
        for violation in ConfigSchema.schema(of: service).validate(.object(object)) {
            let tokens = JSONPointer.tokens(violation.instanceLocation) ?? []
            problems[tokens.first ?? "", default: []].append(sentence(violation, tokens))
        }
        let known = Set(keys.map(\.name))
        let rows = keys.map { key in row(key, found[key.name], problems[key.name]) }
        let others = problems.filter { !known.contains($0.key) }.values.joined()
        let report = ConfigReport(
            service: service, rows: rows.filter { !$0.valid } + rows.filter(\.valid),
            problems: file.problems + others.sorted(), warnings: warnings())
        return (report, values)
    }

    private func find(_ key: ConfigKey) -> Found? {
        if let text = environment[key.name], !text.isEmpty {
            return Found(source: .environment, value: coerce(text, to: key.kind))
        }
        if let text = file.values[key.name], !text.isEmpty {
            return Found(source: .file, value: coerce(text, to: key.kind))
        }
        return key.defaultValue.map { Found(source: .default, value: $0) }
    }

    /// The text as a value of that kind; left as text when it is none, for the schema to say what is wrong.
    private func coerce(_ text: String, to kind: ConfigKey.Kind) -> JSONValue {
        switch kind {
        case .string: return .string(text)
        case .boolean: return text == "true" ? true : text == "false" ? false : .string(text)
        case .integer, .number:
            guard case .number(let number)? = try? JSONValue.parse(text), kind == .number || Int(text) != nil else {
                return .string(text)
            }
            return .number(number)
        case .list:
            let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return .array(parts.filter { !$0.isEmpty }.map { .string($0) })
        }
    }

    private func sentence(_ violation: JSONSchemaViolation, _ tokens: [String]) -> String {
        guard tokens.count > 1, let position = Int(tokens[1]) else { return violation.message }
        return "part \(position + 1) \(violation.message)"
    }

    private func row(_ key: ConfigKey, _ found: Found?, _ problems: [String]?) -> ConfigReport.Row {
        ConfigReport.Row(
            key: key.name, description: key.description, required: key.isRequired, present: found != nil,
            source: found?.source, problem: problems?.joined(separator: "; "), secret: key.isSecret,
            value: problems == nil ? found.map { shown($0.value, isSecret: key.isSecret) } : nil)
    }

    private func shown(_ value: JSONValue, isSecret: Bool) -> String {
        let text =
            switch value {
            case .array(let parts): parts.map { $0.string ?? $0.text }.joined(separator: ",")
            default: value.string ?? value.text
            }
        return isSecret || holdsCredentials(text) ? ConfigReport.mask : text
    }

    /// Whether an address in the text has something before an `@`.
    private func holdsCredentials(_ text: String) -> Bool {
        text.split(separator: ",").contains { part in
            URIReference(String(part)).authority?.utf8.contains(UInt8(ascii: "@")) ?? false
        }
    }

    private func warnings() -> [String] {
        let everything = Set(ConfigSchema.services.flatMap { ConfigSchema.keys(of: $0).map(\.name) })
        let given = Set(environment.keys).union(file.values.keys).subtracting(everything)
        return given.sorted().compactMap { name in
            keys.first { EditDistance.isOne(name, $0.name) }.map { "\(name) is not a key; did you mean \($0.name)?" }
        }
    }
}

/// Whether two names are one slip of the finger apart.
enum EditDistance {
    /// One byte added, left out, changed, or swapped with its neighbour.
    static func isOne(_ left: String, _ right: String) -> Bool {
        let (short, long) = left.utf8.count <= right.utf8.count ? (left, right) : (right, left)
        let a = Array(short.utf8)
        let b = Array(long.utf8)
        guard b.count - a.count <= 1, let start = b.indices.first(where: { $0 >= a.count || a[$0] != b[$0] }) else {
            return false
        }
        if a.count < b.count { return a[start...].elementsEqual(b[(start + 1)...]) }
        if a[(start + 1)...].elementsEqual(b[(start + 1)...]) { return true }
        return start + 1 < a.count && a[start] == b[start + 1] && a[start + 1] == b[start]
            && a[(start + 2)...].elementsEqual(b[(start + 2)...])
    }
}
