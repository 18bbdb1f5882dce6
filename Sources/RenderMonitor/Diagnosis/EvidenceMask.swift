// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation

/// Masks what looks like a credential in a line that is shown as evidence: programs print what they were given.
enum EvidenceMask {
    /// Scalars of a line that are shown.
    private static let longest = 300
    private static let prefixes = [
        "rnd_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "sk_live_", "sk_test_", "xoxb-", "xoxp-",
        "AKIA",
        "eyJ", "npm_", "whsec_",
    ]
    private static let names = [
        "SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL",
    ]
    private static let separators: Set<Character> = [" ", "\"", "'", ",", ";", "(", ")", "<", ">", "`", "|"]

    static func masked(_ text: String) -> String {
        var result = ""
        var word = ""
        var isNextSecret = false
        func finish() {
            guard !word.isEmpty else { return }
            result += isNextSecret ? Redactor.mask : masked(word: word)
            let lower = word.lowercased()
            isNextSecret = lower == "bearer" || lower == "basic"
            word = ""
        }
        for character in text.unicodeScalars.prefix(longest * 4).map(Character.init) {
            if separators.contains(character) {
                finish()
                result.append(character)
            } else {
                word.append(character)
            }
        }
        finish()
        let scalars = result.unicodeScalars
        return scalars.count > longest ? String(scalars.prefix(longest)) + "…" : result
    }

    private static func masked(word: String) -> String {
        if prefixes.contains(where: { word.hasPrefix($0) }), word.utf8.count >= 16 { return Redactor.mask }
        if let scheme = word.range(of: "://"), let at = word[scheme.upperBound...].lastIndex(of: "@") {
            let host = word[word.index(after: at)...]
            return word[..<scheme.upperBound] + Redactor.mask + "@" + host
        }
        guard let split = word.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return word }
        let name = word[..<split].uppercased()
        let value = String(word[word.index(after: split)...])
        guard !value.isEmpty else { return word }
        if names.contains(where: name.contains) { return word[...split] + Redactor.mask }
        return word[...split] + masked(word: value)
    }
}
