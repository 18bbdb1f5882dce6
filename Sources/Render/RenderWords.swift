// SPDX-License-Identifier: Apache-2.0

import Common

/// What Render says about a call that it refuses, fit to be shown: short, in one line, and without secrets.
struct RenderWords: Sendable {
    let code: String?
    let message: String

    private static let longest = 500
    /// As much of a secret as may be repeated by chance; short words are part of many values.
    private static let fragment = 12

    /// `secrets` are those that the call itself sent, besides the token.
    init(_ answer: HTTPAnswer, redactor: Redactor, secrets: [Secret<String>]) {
        let own = Redactor(secrets)
        func clean(_ text: String) -> String {
            let text = Self.maskKeys(own.redact(redactor.redact(text)))
            guard !Self.holds(text, partOf: secrets) else { return "(words left out: they hold a part of a value)" }
            return Self.oneLine(text)
        }
        let object = (try? JSONValue.parse(answer.body))?.object
        code = object?["code"]?.string.map(clean)
        let words = object?["message"]?.string ?? object?["error"]?.string
        // A body that is no JSON is taken as it is, since proxies answer in words of their own.
        let text = clean(words ?? (object == nil ? String(decoding: answer.body.prefix(8192), as: UTF8.self) : ""))
        message = text.isEmpty ? "(no words)" : text
    }

    /// Masks whatever looks like one of Render's keys, whoever's it is.
    static func maskKeys(_ text: String) -> String {
        text.replacing(/rnd_[A-Za-z0-9_\-]+/) { _ in Redactor.mask }
    }

    /// One line without control characters, cut to size.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let isGap = scalar.properties.generalCategory == .control || scalar.properties.isWhitespace
            if isGap, line.isEmpty || line.last == " " { continue }
            guard count < longest else { return line + "…" }
            // Formatting characters could reorder what a person reads.
            guard scalar.properties.generalCategory != .format else { continue }
            line.unicodeScalars.append(isGap ? " " : scalar)
            count += 1
        }
        return line.last == " " ? String(line.dropLast()) : line
    }

    /// Whether a piece of a secret stands in the text, such as a value that the far side has cut off.
    private static func holds(_ text: String, partOf secrets: [Secret<String>]) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= fragment else { return false }
        for secret in secrets {
            let value = Array(secret.reveal().utf8)
            guard value.count >= fragment else { continue }
            let pieces = Set((0...(value.count - fragment)).map { value[$0..<($0 + fragment)] })
            if (0...(bytes.count - fragment)).contains(where: { pieces.contains(bytes[$0..<($0 + fragment)]) }) {
                return true
            }
        }
        return false
    }
}

extension JSONValue {
    /// The values of variables and the contents of files in a body that is sent: what must not come back in an error.
    var sentSecrets: [Secret<String>] {
        switch self {
        case .object(let object):
            object.members.flatMap { name, value -> [Secret<String>] in
                if ["value", "content"].contains(name), let text = value.string { return [Secret(text)] }
                return value.sentSecrets
            }
        case .array(let elements): elements.flatMap(\.sentSecrets)
        default: []
        }
    }
}
