// SPDX-License-Identifier: Apache-2.0

/// A daemon's valid configuration, to be read once into a typed struct of its own.
///
/// To ask for an undeclared key, for a key as another type than the schema's, or for a secret as plain text is a
/// programmer error and ends the process with the key's name.
package struct Configuration: Sendable {
    package let service: String
    /// How the configuration came about, without secrets.
    package let report: ConfigReport
    private let values: Secret<[String: JSONValue]>
    private let keys: [String: ConfigKey]

    init(service: String, report: ConfigReport, values: [String: JSONValue]) {
        self.service = service
        self.report = report
        self.values = Secret(values)
        keys = Dictionary(uniqueKeysWithValues: ConfigSchema.keys(of: service).map { ($0.name, $0) })
    }

    private func value(_ key: String, _ kind: ConfigKey.Kind, isSecret: Bool = false) -> JSONValue? {
        guard let declared = keys[key] else { preconditionFailure("\(service) has no key \(key)") }
        let isReadable = declared.kind == kind || kind == .number && declared.kind == .integer
        precondition(isReadable, "\(key) of \(service) is read as \(kind) but declared as \(declared.kind)")
        precondition(declared.isSecret == isSecret, "\(key) of \(service) is \(isSecret ? "not " : "")a secret")
        return values.reveal()[key]
    }

    private func needed<Value>(_ value: Value?, _ key: String) -> Value {
        guard let value else { preconditionFailure("\(key) of \(service) may be absent; read it as optional") }
        return value
    }

    /// A key that is required or has a default.
    package func string(_ key: String) -> String { needed(optionalString(key), key) }

    package func optionalString(_ key: String) -> String? { value(key, .string)?.string }

    /// A key that is required or has a default.
    package func int(_ key: String) -> Int { needed(optionalInt(key), key) }

    package func optionalInt(_ key: String) -> Int? { value(key, .integer)?.int }

    /// A number, or an integer taken as one; required or with a default.
    package func double(_ key: String) -> Double { needed(value(key, .number)?.double, key) }

    /// A key that is required or has a default.
    package func bool(_ key: String) -> Bool { needed(value(key, .boolean)?.bool, key) }

    /// The parts of a list; none when it is absent.
    package func strings(_ key: String) -> [String] { (value(key, .list)?.array ?? []).compactMap(\.string) }

    /// A number of seconds as a duration; required or with a default.
    package func seconds(_ key: String) -> Duration { .seconds(double(key)) }

    /// A key that is marked as a secret, and required.
    package func secret(_ key: String) -> Secret<String> { needed(optionalSecret(key), key) }

    package func optionalSecret(_ key: String) -> Secret<String>? {
        value(key, .string, isSecret: true)?.string.map { Secret($0) }
    }
}
