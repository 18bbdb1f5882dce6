// SPDX-License-Identifier: Apache-2.0

import Common

/// Masks what looks like a credential in a line that is shown: programs print what they were given.
enum EvidenceMask {
    /// Scalars of a line that are shown.
    private static let longest = 300
    private static let prefixes = [
        "rnd_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_live_", "sk_test_",
        "rk_live_",
        "xoxb-", "xoxp-", "xoxa-", "xapp-", "AKIA", "ASIA", "AIza", "ya29.", "SG.", "hf_", "pypi-", "dop_v1_",
        "dckr_pat_",
        "AVNS_", "eyJ", "npm_", "whsec_",
    ]
    private static let names = [
        "SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "API_KEY", "API-KEY", "APIKEY", "PRIVATE_KEY",
        "ACCESS_KEY", "ACCOUNTKEY", "CREDENTIAL", "SIGNATURE",
    ]
    /// What a name may end in besides, as a whole word of it.
    private static let lastWords: Set<String> = ["KEY", "SIG", "AUTH", "DSN"]
    private static let separators: Set<Character> = [" ", "\"", "'", ",", ";", "(", ")", "<", ">", "`", "|", "{", "}"]

    /// What the word behind a separator may be.
    private enum Next {
        case anything
        /// The value of a name, unless more than quotes and a sign stands between them.
        case secret
        /// A name was said; it is a value's only when `:` or `=` comes next.
        case secretBehindSign
    }

    static func masked(_ text: String) -> String {
        var result = ""
        var word = ""
        var next = Next.anything
        func finish() {
            guard !word.isEmpty else { return }
            defer { word = "" }
            if next == .secretBehindSign {
                guard let first = word.first, first == ":" || first == "=" else {
                    next = .anything
                    return finish()
                }
                result.append(first)
                word.removeFirst()
                if word.first == "=" { result.append(word.removeFirst()) }
                next = .secret
                return finish()
            }
            if next == .secret {
                // `Authorization: Bearer …`: the scheme is none.
                if isScheme(word) { return result += word }
                result += Redactor.mask
                next = .anything
                return
            }
            result += masked(word: word)
            next = expected(behind: word)
        }
        for character in text.unicodeScalars.prefix(longest * 4).map(Character.init) {
            if separators.contains(character) {
                finish()
                if next == .secretBehindSign, ![" ", "\"", "'"].contains(character) { next = .anything }
                result.append(character)
            } else {
                word.append(character)
            }
        }
        finish()
        let scalars = result.unicodeScalars
        return scalars.count > longest ? String(scalars.prefix(longest)) + "…" : result
    }

    private static func isScheme(_ word: String) -> Bool { ["bearer", "basic"].contains(word.lowercased()) }

    private static func expected(behind word: String) -> Next {
        if isScheme(word) { return .secret }
        guard let last = word.last else { return .anything }
        if last == ":" || last == "=" { return isNamed(String(word.dropLast())) ? .secret : .anything }
        guard isNamed(word) else { return .anything }
        return word.hasPrefix("--") ? .secret : .secretBehindSign
    }

    /// Prose speaks of keys, too: apart from its value only a name that leaves no doubt counts.
    private static func isNamed(_ name: String) -> Bool { names.contains(where: name.uppercased().contains) }

    private static func isSecret(name: String) -> Bool {
        let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }
        return isNamed(name) || words.last.map { lastWords.contains(String($0)) } ?? false
    }

    private static func masked(word: String) -> String {
        if prefixes.contains(where: { word.hasPrefix($0) }), word.utf8.count >= 16 { return Redactor.mask }
        if let scheme = word.firstRange(of: "://"), let at = word[scheme.upperBound...].lastIndex(of: "@") {
            let host = word[word.index(after: at)...]
            return word[..<scheme.upperBound] + Redactor.mask + "@" + host
        }
        guard let split = word.firstIndex(where: { $0 == "=" || $0 == ":" || $0 == "&" }) else {
            return isRandom(word) ? Redactor.mask : word
        }
        let value = String(word[word.index(after: split)...])
        guard !value.isEmpty else { return word }
        if word[split] != "&", isSecret(name: String(word[..<split])) { return word[...split] + Redactor.mask }
        return masked(word: String(word[..<split])) + String(word[split]) + masked(word: value)
    }

    /// Whether no person would have chosen it: long, of both cases and several digits, and no path.
    private static func isRandom(_ word: String) -> Bool {
        guard word.utf8.count >= 32, !word.contains("."), word.filter({ $0 == "/" }).count < 2 else { return false }
        return word.contains(where: \.isUppercase) && word.contains(where: \.isLowercase)
            && word.filter(\.isNumber).count >= 3
    }
}
