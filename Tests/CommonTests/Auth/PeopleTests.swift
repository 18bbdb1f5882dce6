// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct PeopleTests {
    private static let key = "an internal key of enough characters"

    private func people(_ more: String? = nil, password: String = "a password", key: String = Self.key) throws -> People
    {
        var environment = [
            "BASIC_AUTH_PASS": password, "INTERNAL_KEY": key, "ORCHESTRATOR_SVC_URL": "http://127.0.0.1:1",
        ]
        environment["BASIC_AUTH_PEOPLE"] = more
        return try People(try ensureConfig("echo-agent-svc", environment: environment))
    }

    private func pair(_ user: String, _ password: String) throws -> String {
        let header = BasicCredentials.header(user: user, password: Secret(password))
        return try #require(AuthorizationHeader(header).basic)
    }

    @Test func `everybody is let in by their own password as what they are`() throws {
        let people = try people("viewer:anna:anna's-words,operator:ben:with:colons:in")
        #expect(people.person(base64: try pair("admin", "a password")) == Person(name: "admin", role: .administrator))
        #expect(people.person(base64: try pair("anna", "anna's-words")) == Person(name: "anna", role: .viewer))
        #expect(people.person(base64: try pair("ben", "with:colons:in")) == Person(name: "ben", role: .operator))
        for (user, password) in [("anna", "a password"), ("admin", "anna's-words"), ("ben", "with"), ("carl", "")] {
            #expect(people.person(base64: try pair(user, password)) == nil, "\(user)")
        }
        #expect(people.person(named: "ben")?.role == .operator)
        #expect(people.person(named: "carl") == nil)
    }

    @Test(arguments: [
        "anna", "viewer:anna", "viewer:anna:short", "boss:anna:long enough", "viewer::long enough",
        "viewer:anna:long enough,", "viewer:an na:long-enough", "viewer:anna:long-enough,viewer:ben:x",
    ])
    func `what is no list of people is refused before anything starts`(list: String) throws {
        #expect(throws: (any Error).self) { try people(list) }
    }

    @Test func `nobody has two roles, and the refusal tells no password`() throws {
        let error = #expect(throws: PeopleError.self) { try self.people("viewer:admin:other-words") }
        #expect(error == .twice("admin"))
        #expect(error?.description.contains("other-words") == false)
        #expect(throws: PeopleError.self) { try people("viewer:anna:other-words,operator:anna:more-words") }
    }

    @Test func `a seal holds as long as the password, and for nobody else`() throws {
        let seal = try #require(try people().seal(of: "admin"))
        #expect(try people("viewer:anna:anna-words").seal(of: "admin") == seal)
        #expect(try people("viewer:anna:anna-words").seal(of: "anna") != seal)
        #expect(try people(password: "another one").seal(of: "admin") != seal)
        #expect(try people(key: String(Self.key.reversed())).seal(of: "admin") != seal)
        #expect(try people().seal(of: "anna") == nil)
    }

    @Test func `roles grow, and a viewer changes nothing`() {
        #expect(Role.viewer.permissions.isStrictSubset(of: Role.operator.permissions))
        #expect(Role.operator.permissions.isStrictSubset(of: Role.administrator.permissions))
        #expect(Role.administrator.permissions == Set(Permission.allCases))
        let changing = Role.viewer.permissions.filter { !$0.rawValue.hasSuffix(".read") && $0 != .openStreams }
        #expect(changing == [])
    }
}
