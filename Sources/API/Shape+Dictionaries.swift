// SPDX-License-Identifier: Apache-2.0

package import Common

extension Shape {
    /// An object with names of the caller's choosing: at most `max`, each fitting `key`.
    package static func dictionary<Element: Sendable>(
        _ key: TextPattern, longest: Int, of element: Shape<Element>, min: Int = 0, max: Int
    ) -> Shape<[String: Element]> where Value == [String: Element] {
        Shape(
            schema: { components in
                var schema: JSONObject = [
                    "type": "object", "additionalProperties": .object(element.schema(&components)),
                    "propertyNames": ["pattern": .string(key.source), "maxLength": JSONValue(longest)],
                ]
                if min > 0 { schema["minProperties"] = JSONValue(min) }
                schema["maxProperties"] = JSONValue(max)
                return schema
            },
            placeholder: { [:] }
        ) { value, pointer, refusals in
            guard let object = value.expect(\.object, "an object", pointer, &refusals) else { return nil }
            guard (min...max).contains(object.count) else {
                refusals.add(pointer, "must have \(min) to \(max) members, not \(object.count)")
                return nil
            }
            var read: [String: Element] = [:]
            for member in object.members {
                guard member.name.unicodeScalars.count <= longest, key.matches(member.name) else {
                    // Who mixes up names and values must not find a value in a message.
                    refusals.add(pointer, "has a name that is not \(key.words), or is longer than \(longest)")
                    return nil
                }
                let place = "\(pointer)/\(JSONPointer.escape(member.name))"
                read[member.name] = element.read(member.value, place, &refusals)
            }
            return read.count == object.count ? read : nil
        }
    }
}

extension Shape where Value == Secret<String> {
    /// Text that is not to be shown again.
    package static func secret(max: Int) -> Shape<Secret<String>> {
        Shape<String>.string(.text, max: max).map(placeholder: Secret(""), words: "text") { Secret($0) }
    }
}

extension TextPattern {
    /// The name of an environment variable, as Render takes it.
    package static let variable = TextPattern(
        "^[A-Za-z_.-][A-Za-z0-9_.-]{0,254}$",
        words: "the name of a variable: letters, digits, `_`, `-` and `.`, no digit first"
    ) { text in
        guard (1...255).contains(text.utf8.count), let first = text.utf8.first, !(48...57).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
        }
    }

    /// An identifier of Render's, such as `srv-…`, `tea-…`.
    package static let renderID = TextPattern(
        "^[a-z]{2,8}-[A-Za-z0-9_-]{1,80}$", words: "an identifier of Render's such as srv-d1a2b3"
    ) { text in
        guard let dash = text.firstIndex(of: "-") else { return false }
        let prefix = text[..<dash].utf8
        let rest = text[text.index(after: dash)...].utf8
        return (2...8).contains(prefix.count) && prefix.allSatisfy { (97...122).contains($0) }
            && (1...80).contains(rest.count)
            && rest.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }

    /// The name that somebody gives a blueprint: whose ledger and lock it uses.
    package static let blueprintName = TextPattern(
        "^[a-z0-9][a-z0-9._-]{0,62}$", words: "1 to 63 lowercase letters, digits, `.`, `_` and `-`, no sign first"
    ) { text in
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first,
            (97...122).contains(first) || (48...57).contains(first)
        else { return false }
        return text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte)
                || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
        }
    }

    /// The identifier of a plan: a hash over what it was made from.
    package static let planID = TextPattern(
        "^plan_[A-Za-z0-9]{8,128}$", words: "an identifier such as plan_5f3a…"
    ) { text in
        let rest = text.utf8.dropFirst(5)
        return text.hasPrefix("plan_") && (8...128).contains(rest.count)
            && rest.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            }
    }

    /// What a blueprint calls a resource with variables, such as `service/web-api`.
    package static let resourceAddress = TextPattern(
        #"^(service|env-group)/[^\u0000]{1,200}$"#, words: "an address such as service/web-api or env-group/shared"
    ) { text in
        guard let slash = text.firstIndex(of: "/"), ["service", "env-group"].contains(text[..<slash]) else {
            return false
        }
        let name = text[text.index(after: slash)...]
        return (1...200).contains(name.unicodeScalars.count) && !name.utf8.contains(0)
    }
}
