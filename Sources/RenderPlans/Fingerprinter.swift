// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common
import Crypto

/// Makes of a value a text that tells whether it is still the same, and nothing else about it.
///
/// HMAC-SHA256 under a key that only the caller has: whoever reads a ledger cannot try out passwords against it. The
/// resource and the path are part of what is hashed, so that equal secrets in two places do not look equal.
package struct Fingerprinter: Sendable {
    private let key: SymmetricKey

    /// At least 16 bytes that stay the same as long as the ledger does; another key makes everything look changed.
    package init(key: Secret<[UInt8]>) { self.key = SymmetricKey(data: key.reveal()) }

    /// Of a field, after it was brought into its canonical form; nil is what is not there.
    package func fingerprint(_ value: JSONValue?, of field: Field, on resource: ResourceAddress) -> String {
        fingerprint(CanonicalField.value(field, value, of: resource.kind), of: resource, at: field.rawValue)
    }

    /// Of a variable of a service or group.
    package func fingerprint(_ value: Secret<String>, ofVariable key: String, on resource: ResourceAddress) -> String {
        fingerprint(.string(value.reveal()), of: resource, at: ChangeTarget.variable(key).description)
    }

    /// Of any value at a path of a resource.
    package func fingerprint(_ value: JSONValue, of resource: ResourceAddress, at path: String) -> String {
        digest(["value", .string(resource.description), .string(path), value])
    }

    /// Of what was written to a target, as the ledger keeps it.
    package func fingerprint(_ value: PlannedValue, of target: ChangeTarget, on resource: ResourceAddress) -> String {
        switch (target, value) {
        case (_, .generated), (_, .unresolved): return LedgerMark.generated
        case (.variable(let key), .secret(let value)): return fingerprint(value, ofVariable: key, on: resource)
        case (_, .secret(let value)):
            return fingerprint(.string(value.reveal()), of: resource, at: target.description)
        case (.field(let field), .plain(let value)): return fingerprint(value, of: field, on: resource)
        case (.placement, .plain(let value)):
            // An environment may be named as an address or by its name.
            let prefix = "\(ResourceKind.environment.rawValue)/"
            let name = value.string.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
            return fingerprint(name.map { .string($0) } ?? value, of: resource, at: target.description)
        case (.variable, .plain(let value)), (.group, .plain(let value)):
            return fingerprint(value, of: resource, at: target.description)
        }
    }

    /// 32 hexadecimal digits over any value: members of objects in whatever order, numbers in whatever spelling.
    func digest(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        Self.append(value, to: &bytes)
        let code = HMAC<SHA256>.authenticationCode(for: bytes, using: key)
        return Hex.text(Array(code).prefix(16))
    }

    /// Every part is led by its kind and length, so that no two values have the same bytes.
    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(UInt8(ascii: "z"))
        case .bool(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
        case .number(let number): append("n", number.int.map(String.init) ?? number.text, to: &bytes)
        case .string(let text): append("s", text, to: &bytes)
        case .array(let items):
            append("a", String(items.count), to: &bytes)
            for item in items { append(item, to: &bytes) }
        case .object(let object):
            append("o", String(object.count), to: &bytes)
            for member in object.members.sorted(by: { $0.name < $1.name }) {
                append("m", member.name, to: &bytes)
                append(member.value, to: &bytes)
            }
        }
    }

    private static func append(_ kind: Character, _ text: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "\(kind)\(text.utf8.count):".utf8)
        bytes.append(contentsOf: text.utf8)
    }
}
