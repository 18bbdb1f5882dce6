// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Signing in to the dashboard, against real daemons.
@Suite(.daemonLogs) struct SessionTests {
    /// A browser that is signed in.
    private struct Browser {
        let cookie: String
        let token: String
        let answer: PlainHTTPClient.Answer

        init(_ answer: PlainHTTPClient.Answer) throws {
            self.answer = answer
            let header = try #require(answer.header("Set-Cookie"))
            cookie = String(header.prefix { $0 != ";" })
            token = try #require(answer.json["csrf_token"]?.string)
        }

        /// As its pages ask; without the token for what only reads.
        func at(_ daemon: DaemonProcess, showing token: String? = nil) -> PlainHTTPClient {
            let client = daemon.anybody.with("Cookie", "other=1; \(cookie)")
            return token.map { client.with("X-CSRF-Token", $0) } ?? client
        }
    }

    private func signIn(
        _ daemon: DaemonProcess, _ user: String, _ password: String
    ) async throws -> PlainHTTPClient.Answer {
        try await daemon.anybody.post("/v1/session", ["user": .string(user), "password": .string(password)])
    }

    private static let people = ["BASIC_AUTH_PEOPLE": "viewer:anna:anna-looks-on,operator:ben:ben-does-work"]

    @Test func `a session works like credentials until it is ended, everywhere`() async throws {
        try await Tutti.with([]) { tutti in
            let one = tutti.orchestrator
            let two = try await tutti.stack.start(.orchestrator, name: "second")
            let answer = try await signIn(one, "admin", tutti.stack.credentials.password)
            #expect(answer.status == 200)
            #expect(answer.json["user"] == "admin" && answer.json["role"] == "administrator")
            let header = try #require(answer.header("Set-Cookie"))
            for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
                #expect(header.contains("; \(attribute)"), "\(attribute)")
            }
            #expect(!header.contains("Secure"))
            let browser = try Browser(answer)
            for daemon in [one, two] {
                #expect(try await browser.at(daemon).get("/tasks").status == 200)
                let session = try await browser.at(daemon).get("/v1/session").json(for: 200)
                #expect(session["csrf_token"]?.string == browser.token && session["user"] == "admin")
            }
            try await tutti.register("nobody")
            let made = try await browser.at(two, showing: browser.token).post(
                "/task", ["agent": "nobody", "input": ["message": "x"]])
            #expect(made.status == 201)
            let id = try #require(made.json["id"]?.string)
            let events = try await one.person.get("/task/\(id)/events").json(for: 200)
            #expect(events["items"]?.array?.first?["actor"] == "user:admin")
            let end = try await browser.at(one, showing: browser.token).send("DELETE", "/v1/session")
            #expect(end.status == 200)
            #expect(end.header("Set-Cookie")?.contains("Max-Age=0") == true)
            for daemon in [one, two] {
                let refusal = try await browser.at(daemon).get("/tasks")
                #expect(refusal.status == 401 && refusal.json["code"] == "session_over")
                // Basic would have the browser ask for a password in the middle of the page.
                #expect(refusal.header("WWW-Authenticate")?.hasPrefix("Session") == true)
                #expect(try await browser.at(daemon).get("/v1/session").json(for: 200)["user"] == .null)
            }
        }
    }

    @Test func `what changes something needs the token, and foreign pages get nowhere`() async throws {
        try await Tutti.with([]) { tutti in
            let daemon = tutti.orchestrator
            let password = tutti.stack.credentials.password
            let browser = try Browser(try await signIn(daemon, "admin", password))
            let other = try Browser(try await signIn(daemon, "admin", password))
            #expect(browser.cookie != other.cookie)
            for token in [nil, "", "x", other.token, browser.token.uppercased()] {
                let answer = try await browser.at(daemon, showing: token).post("/v1/rooms", ["name": "a"])
                #expect(answer.status == 403 && answer.json["code"] == "csrf_refused", "\(token ?? "none")")
            }
            #expect(try await browser.at(daemon).post("/ws/ticket", [:]).status == 403)
            #expect(try await browser.at(daemon, showing: browser.token).post("/ws/ticket", [:]).status == 201)
            let foreign = browser.at(daemon, showing: browser.token).with("Origin", "https://evil.example")
            #expect(try await foreign.get("/tasks").status == 403)
            let signing = try await daemon.anybody.with("Origin", "https://evil.example").post(
                "/v1/session", ["user": "admin", "password": .string(password)])
            #expect(signing.status == 403 && signing.header("Set-Cookie") == nil)
        }
    }

    @Test func `wrong passwords are slowed down, and the log tells none`() async throws {
        try await Tutti.with([]) { tutti in
            let daemon = tutti.orchestrator
            for number in 0..<10 {
                let answer = try await signIn(daemon, "admin", "wrong-\(number)-password")
                #expect(answer.status == 401 && answer.json["code"] == "wrong_credentials")
                #expect(answer.header("Set-Cookie") == nil)
            }
            #expect(try await signIn(daemon, "admin", tutti.stack.credentials.password).status == 429)
            #expect(!daemon.log.contains("wrong-3-password"))
        }
    }

    @Test func `roles decide what the API allows, by cookie as by password`() async throws {
        try await Tutti.with([.echo], settings: Self.people) { tutti in
            let daemon = tutti.orchestrator
            let anna = try Browser(try await signIn(daemon, "anna", "anna-looks-on"))
            let ben = try Browser(try await signIn(daemon, "ben", "ben-does-work"))
            #expect(anna.answer.json["role"] == "viewer")
            #expect(anna.answer.json["permissions"]?.array?.contains("tasks.write") == false)
            #expect(ben.answer.json["permissions"]?.array?.contains("tasks.write") == true)
            let task: JSONValue = ["agent": "echo", "input": ["message": "x"]]
            let basic = BasicCredentials.header(user: "anna", password: Secret("anna-looks-on"))
            for client in [anna.at(daemon, showing: anna.token), daemon.anybody.with("Authorization", basic)] {
                #expect(try await client.get("/tasks").status == 200)
                let refusal = try await client.post("/task", task)
                #expect(refusal.status == 403 && refusal.json["code"] == "permission_missing")
            }
            let work = ben.at(daemon, showing: ben.token)
            #expect(try await work.post("/task", task).status == 201)
            #expect(try await work.post("/v1/workspaces", ["name": "mine"]).status == 403)
            #expect(try await daemon.person.post("/v1/workspaces", ["name": "mine"]).status == 201)
        }
    }

    @Test func `a session lives through a restart, and not through another password`() async throws {
        try await Tutti.with([], settings: Self.people) { tutti in
            let anna = try Browser(try await signIn(tutti.orchestrator, "anna", "anna-looks-on"))
            try await tutti.orchestrator.kill()
            try await tutti.orchestrator.start()
            #expect(try await anna.at(tutti.orchestrator).get("/tasks").status == 200)
            for people in ["viewer:anna:another-word", "viewer:ben:anna-looks-on"] {
                let changed = try await tutti.stack.start(
                    .orchestrator, name: "changed-\(people.count)", settings: ["BASIC_AUTH_PEOPLE": people])
                #expect(try await anna.at(changed).get("/tasks").status == 401, "\(people)")
            }
            let promoted = try await tutti.stack.start(
                .orchestrator, name: "promoted", settings: ["BASIC_AUTH_PEOPLE": "operator:anna:anna-looks-on"])
            #expect(try await anna.at(promoted).get("/v1/session").json(for: 200)["role"] == "operator")
        }
    }

    @Test func `sessions end by themselves, and nobody has more than fifty`() async throws {
        try await Tutti.with([], settings: ["SESSION_HOURS": "0.0003"]) { tutti in
            let daemon = tutti.orchestrator
            let password = tutti.stack.credentials.password
            let browser = try Browser(try await signIn(daemon, "admin", password))
            try await eventually { try await browser.at(daemon).get("/tasks").status == 401 }
            // A browser has dropped the cookie by then; what its pages ask is told as a session that is over.
            let without = try await daemon.anybody.with("X-CSRF-Token", browser.token).get("/tasks")
            #expect(without.json["code"] == "session_over")
            #expect(without.header("WWW-Authenticate")?.hasPrefix("Session") == true)
            let lasting = try await tutti.stack.start(.orchestrator, name: "lasting")
            let first = try Browser(try await signIn(lasting, "admin", password))
            for _ in 0..<50 { _ = try await signIn(lasting, "admin", password) }
            #expect(try await first.at(lasting).get("/tasks").status == 401)
            #expect(try await tutti.number("SELECT count(*) AS n FROM web_sessions") == 50)
        }
    }
}
