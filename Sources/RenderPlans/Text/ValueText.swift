// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// Values of plans as a person may see them: secrets masked, long ones cut, on one line.
enum ValueText {
    static let mask = "(secret)"

    static func of(_ value: PlannedValue, limit: Int) -> String {
        switch value {
        case .plain(let value): cut(text(value), limit)
        case .secret: mask
        case .generated: "(made by Render)"
        case .unresolved(let reference): "(known once \(reference.target) is there: \(reference))"
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text.isEmpty ? "\"\"" : line(withoutCredentials(text))
        case .array(let items) where items.isEmpty: "[]"
        default: line(withoutCredentials(value).text)
        }
    }

    /// Control characters, which could change what a terminal shows, are written as escapes.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\t": line += "\\t"
            case "\r": line += "\\r"
            default:
                let isUnseen = scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
                if isUnseen {
                    line += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    line.unicodeScalars.append(scalar)
                }
            }
        }
        return line
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        text.count <= limit ? text : "\(text.prefix(max(1, limit - 1)))…"
    }

    /// The user and password of every URL masked: an address of a repository may hold a token.
    static func withoutCredentials(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(withoutCredentials(text))
        case .array(let items): .array(items.map(withoutCredentials))
        case .object(let object): .object(JSONObject(object.members.map { ($0.name, withoutCredentials($0.value)) }))
        case .null, .bool, .number: value
        }
    }

    private static func withoutCredentials(_ text: String) -> String {
        var clean = ""
        var rest = Substring(text)
        while let scheme = rest.firstRange(of: "://") {
            clean += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !$0.isWhitespace && !"/?#\"'`".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                clean += "\(mask)@"
                rest = rest[rest.index(after: at)...]
            }
        }
        return clean + rest
    }
}
