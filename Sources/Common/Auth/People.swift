// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// Somebody who may sign in.
package struct Person: Sendable, Hashable {
    package let name: String
    package let role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// Everybody who may sign in, as the configuration names them.
package struct People: Sendable {
    private struct Entry {
        let person: Person
        let credentials: BasicCredentials
        let seal: [UInt8]
    }

    private let entries: [Entry]

    /// One person who may do everything.
    ///
    /// - Parameter internalKey: Makes the seals; see `seal(of:)`.
    package init(administrator name: String, password: Secret<String>, internalKey: Secret<String>) {
        entries = [Self.entry(Person(name: name, role: .administrator), password, internalKey)]
    }

    /// The administrator of `BASIC_AUTH_USER` and `BASIC_AUTH_PASS` and those of `BASIC_AUTH_PEOPLE`. Throws when a name
    /// stands there twice or an entry is malformed.
    package init(_ configuration: Configuration) throws(PeopleError) {
        let internalKey = configuration.secret("INTERNAL_KEY")
        let first = Person(name: configuration.string("BASIC_AUTH_USER"), role: .administrator)
        var entries = [Self.entry(first, configuration.secret("BASIC_AUTH_PASS"), internalKey)]
        for (person, password) in try Self.more(configuration) {
            guard !entries.contains(where: { $0.person.name == person.name }) else {
                throw PeopleError.twice(person.name)
            }
            entries.append(Self.entry(person, password, internalKey))
        }
        self.entries = entries
    }

    /// The passwords of `BASIC_AUTH_PEOPLE`, which logs must not show one by one either.
    package static func passwords(in configuration: Configuration) -> [Secret<String>] {
        ((try? more(configuration)) ?? []).map(\.1)
    }

    private static func more(_ configuration: Configuration) throws(PeopleError) -> [(Person, Secret<String>)] {
        guard let list = configuration.optionalSecret("BASIC_AUTH_PEOPLE") else { return [] }
        var found: [(Person, Secret<String>)] = []
        for text in list.reveal().split(separator: ",", omittingEmptySubsequences: false) {
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let role = Role(rawValue: String(parts[0])), !parts[1].isEmpty, !parts[2].isEmpty
            else { throw PeopleError.malformed(entry: found.count + 1) }
            found.append((Person(name: String(parts[1]), role: role), Secret(String(parts[2]))))
        }
        return found
    }

    private static func entry(_ person: Person, _ password: Secret<String>, _ internalKey: Secret<String>) -> Entry {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("person:\(person.name):\(password.reveal())".utf8),
            using: SymmetricKey(data: Array(internalKey.reveal().utf8)))
        return Entry(
            person: person, credentials: BasicCredentials(user: person.name, password: password), seal: Array(code))
    }

    /// Whose `base64(user:password)` this is; nil when nobody's. Takes the same time for every wrong pair.
    package func person(base64 pair: String) -> Person? {
        entries.reduce(Person?.none) { found, entry in entry.credentials.matches(base64: pair) ? entry.person : found }
    }

    /// The person of that name; nil when there is none (any more).
    package func person(named name: String) -> Person? { entries.first { $0.person.name == name }?.person }

    /// What ties a session to the password it was opened with, and tells nothing of it: another password has another
    /// seal. Nil for somebody unknown.
    package func seal(of name: String) -> [UInt8]? { entries.first { $0.person.name == name }?.seal }
}

/// `BASIC_AUTH_PEOPLE` cannot be used.
package enum PeopleError: Error, CustomStringConvertible, Equatable {
    case twice(String)
    case malformed(entry: Int)

    package var description: String {
        switch self {
        case .twice(let name):
            "BASIC_AUTH_PEOPLE names \(name), who is named before; give everybody a name of their own"
        case .malformed(let entry): "entry \(entry) of BASIC_AUTH_PEOPLE is not role:name:password"
        }
    }
}
