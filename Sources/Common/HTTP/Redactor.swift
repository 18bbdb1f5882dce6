// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Masks registered secrets wherever they occur in text; stands in front of every sink of logs. Safe from any thread.
///
/// It knows a secret as it is, percent-encoded and in base64. Secrets shorter than four bytes are not masked: they would
/// turn up in innocent text everywhere and so be given away by the masks around it.
package final class Redactor: Sendable {
    /// What stands in a secret's place.
    package static let mask = "••••"
    private static let shortest = 4

    private struct Patterns: Sendable {
        /// Longest first, so that a secret which contains another is masked whole.
        var all: [[UInt8]] = []
        /// Whether a pattern begins with that byte: most positions are passed over by this one look.
        var begins = [Bool](repeating: false, count: 256)

        mutating func add(_ pattern: [UInt8]) {
            guard let first = pattern.first, pattern.count >= shortest, !all.contains(pattern) else { return }
            all.append(pattern)
            all.sort { $0.count > $1.count }
            begins[Int(first)] = true
        }
    }

    private let patterns = Mutex(Patterns())

    package init(_ secrets: [Secret<String>] = []) {
        for secret in secrets { register(secret) }
    }

    /// From now on `secret` is masked, for as long as this redactor lives.
    package func register(_ secret: Secret<String>) {
        let text = secret.reveal()
        let base64 = Data(text.utf8).base64EncodedString()
        patterns.withLock { patterns in
            patterns.add(Array(text.utf8))
            patterns.add(Array(HTTPCall.encodeComponent(text).utf8))
            // The last characters depend on what follows the secret, so they are not part of the pattern.
            patterns.add(Array(base64.utf8.prefix(text.utf8.count / 3 * 4)))
        }
    }

    /// `text` with every registered secret replaced by the mask.
    package func redact(_ text: String) -> String {
        let patterns = patterns.withLock { $0 }
        guard !patterns.all.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var clean: [UInt8] = []
        var copied = 0
        var position = 0
        while position < bytes.count {
            guard patterns.begins[Int(bytes[position])],
                let match = patterns.all.first(where: { bytes[position...].starts(with: $0) })
            else {
                position += 1
                continue
            }
            clean.append(contentsOf: bytes[copied..<position])
            clean.append(contentsOf: Self.mask.utf8)
            position += match.count
            copied = position
        }
        guard copied > 0 else { return text }
        clean.append(contentsOf: bytes[copied...])
        return String(decoding: clean, as: UTF8.self)
    }

    /// `value` with every secret masked in its strings and in the names of its members.
    package func redact(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool: value
        case .number(let number): redact(number.text) == number.text ? value : .string(Self.mask)
        case .string(let text): .string(redact(text))
        case .array(let elements): .array(elements.map(redact))
        case .object(let object): .object(redact(object))
        }
    }

    /// As `redact` of the whole object.
    package func redact(_ object: JSONObject) -> JSONObject {
        JSONObject(object.members.map { (redact($0.name), redact($0.value)) })
    }
}
