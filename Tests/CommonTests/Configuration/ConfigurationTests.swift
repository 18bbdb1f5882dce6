// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

@Suite struct ConfigurationTests {
    private static let key = String(repeating: "k", count: 32)

    private static let echo = [
        "BASIC_AUTH_PASS": "correct horse", "INTERNAL_KEY": key, "ORCHESTRATOR_SVC_URL": "http://127.0.0.1:8080",
    ]

    private static let orchestrator = [
        "BASIC_AUTH_PASS": "correct horse", "INTERNAL_KEY": key, "LOGGING_SVC_URL": "http://127.0.0.1:8081",
        "DATABASE_URL": "postgres://tutti:pass@127.0.0.1/tutti",
        "EVENT_SIGNING_KEY": Data(repeating: 7, count: 32).base64EncodedString(),
    ]

    private func failure(_ service: String, _ environment: [String: String], file: String? = nil) -> ConfigError? {
        do throws(ConfigError) {
            _ = try ensureConfig(service, environment: environment, file: file)
            return nil
        } catch {
            return error
        }
    }

    private func problems(_ service: String, _ environment: [String: String]) -> [String: String] {
        let rows = buildConfigReport(service, environment: environment).rows
        return Dictionary(uniqueKeysWithValues: rows.compactMap { row in row.problem.map { (row.key, $0) } })
    }

    @Test func `the least environment is enough, defaults fill the rest`() throws {
        let configuration = try ensureConfig("echo-agent-svc", environment: Self.echo)
        #expect(configuration.string("HOST") == "127.0.0.1")
        #expect(configuration.int("PORT") == 8082)
        #expect(configuration.string("LOG_LEVEL") == "info")
        #expect(configuration.string("BASIC_AUTH_USER") == "admin")
        #expect(configuration.secret("BASIC_AUTH_PASS").reveal() == "correct horse")
        #expect(configuration.strings("WS_ALLOWED_ORIGINS") == [])
        #expect(configuration.int("MAX_BODY_BYTES") == 1_048_576)
        #expect(configuration.seconds("REQUEST_TIMEOUT_SECONDS") == .seconds(30))
        #expect(configuration.optionalString("AGENT_ENDPOINT_URL") == nil)
        #expect(configuration.optionalString("ORCHESTRATOR_SVC_URL") == "http://127.0.0.1:8080")
        #expect(configuration.report.valid)
    }

    @Test(arguments: ConfigSchema.services)
    func `every daemon takes the same common environment`(service: String) throws {
        let environment = Self.orchestrator.merging(Self.echo) { first, _ in first }
        let configuration = try ensureConfig(service, environment: environment)
        #expect(configuration.secret("INTERNAL_KEY").reveal() == Self.key)
    }

    @Test func `text becomes what the key's type asks for`() throws {
        var environment = Self.orchestrator
        environment["PORT"] = "0"
        environment["HEAD_SIGNING_SECONDS"] = "0.25"
        environment["REQUEST_TIMEOUT_SECONDS"] = "1e1"
        environment["WS_ALLOWED_ORIGINS"] = " https://a.example , http://localhost:5173,, "
        environment["TRUSTED_PROXIES"] = "::1,10.0.0.1"
        let configuration = try ensureConfig("orchestrator-svc", environment: environment)
        #expect(configuration.int("PORT") == 0)
        #expect(configuration.seconds("HEAD_SIGNING_SECONDS") == .milliseconds(250))
        #expect(configuration.double("REQUEST_TIMEOUT_SECONDS") == 10)
        #expect(configuration.strings("WS_ALLOWED_ORIGINS") == ["https://a.example", "http://localhost:5173"])
        #expect(configuration.strings("TRUSTED_PROXIES") == ["::1", "10.0.0.1"])
        #expect(configuration.string("DESKTOP_RUNNER_MODE") == "embedded")
        #expect(configuration.optionalSecret("DATABASE_OWNER_URL") == nil)
    }

    @Test func `every problem is reported at once, by key, with the rule`() {
        let environment = [
            "PORT": "80a", "HOST": "not a host", "LOG_LEVEL": "loud", "MAX_BODY_BYTES": "1.5", "INTERNAL_KEY": "short",
            "WS_ALLOWED_ORIGINS": "https://a.example,*", "TRUSTED_PROXIES": "proxy", "SHUTDOWN_GRACE_SECONDS": "soon",
            "DATABASE_URL": "mysql://root@db/x", "LOGGING_SVC_URL": "127.0.0.1:8081", "WORKER_CONCURRENCY": "0",
            "EVENT_SIGNING_KEY": "AAAA", "DESKTOP_RUNNER_MODE": "hybrid",
        ]
        #expect(
            problems("orchestrator-svc", environment) == [
                "BASIC_AUTH_PASS": "is required",
                "DATABASE_URL": "must match the pattern ^postgres(ql)?://",
                "DESKTOP_RUNNER_MODE": #"must be one of "embedded", "external""#,
                "EVENT_SIGNING_KEY": "must match the pattern ^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
                "HOST": "must be an IPv4 address, or must be an IPv6 address, or must be a host name",
                "INTERNAL_KEY": "must have at least 32 characters",
                "LOGGING_SVC_URL": "must match the pattern ^https?://[^/?#]; must be an absolute URI",
                "LOG_LEVEL":
                    #"must be one of "trace", "debug", "info", "notice", "warning", "error", "critical""#,
                "MAX_BODY_BYTES": "must be an integer",
                "PORT": "must be an integer",
                "SHUTDOWN_GRACE_SECONDS": "must be a number",
                "TRUSTED_PROXIES": "part 1 must be an IPv4 address, or must be an IPv6 address",
                "WORKER_CONCURRENCY": "must be at least 1",
                "WS_ALLOWED_ORIGINS": "part 2 must match the pattern ^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
            ])
    }

    @Test func `the error is one message with every problem and no value`() throws {
        var environment = Self.orchestrator
        environment["INTERNAL_KEY"] = "hunter2-key"
        environment["DATABASE_URL"] = "mysql://root:hunter2@db/x"
        environment["PORT"] = "hunter2"
        environment["WORKER_CONCURENCY"] = "hunter2"
        environment["BASIC_AUTH_PASS"] = nil
        let error = try #require(failure("orchestrator-svc", environment))
        let text = error.description
        for key in ["INTERNAL_KEY", "DATABASE_URL", "PORT", "BASIC_AUTH_PASS"] { #expect(text.contains("\n  \(key) ")) }
        #expect(text.contains("did you mean WORKER_CONCURRENCY?"))
        #expect(!text.contains("hunter2"))
        #expect(!"\(error.report)".contains("hunter2"))
        #expect(!error.report.json.text.contains("hunter2"))
        #expect(ConfigError.exitCode == 78)
    }

    @Test func `one of the two signing keys is needed`() throws {
        var environment = Self.orchestrator
        environment["EVENT_SIGNING_KEY"] = nil
        #expect(problems("orchestrator-svc", environment) == ["EVENT_SIGNING_KEY": "is required"])
        environment["EVENT_SIGNING_KEY_FILE"] = "/run/secrets/seed"
        let configuration = try ensureConfig("orchestrator-svc", environment: environment)
        #expect(configuration.optionalSecret("EVENT_SIGNING_KEY") == nil)
        #expect(configuration.optionalString("EVENT_SIGNING_KEY_FILE") == "/run/secrets/seed")
    }

    @Test func `empty text counts as absent`() {
        var environment = Self.echo
        environment["PORT"] = ""
        environment["INTERNAL_KEY"] = ""
        #expect(problems("echo-agent-svc", environment) == ["INTERNAL_KEY": "is required"])
        let port = buildConfigReport("echo-agent-svc", environment: environment).rows.first { $0.key == "PORT" }
        #expect(port?.source == .default)
        #expect(port?.value == "8082")
    }

    @Test func `the report names each key, its source and what is wrong, failing first`() throws {
        var environment = Self.orchestrator
        environment["PORT"] = "70000"
        environment["LOGGING_SVC_URL"] = "http://user:hunter2@127.0.0.1:8081"
        let report = buildConfigReport("orchestrator-svc", environment: environment)
        #expect(!report.valid)
        #expect(report.rows.first?.key == "PORT")
        #expect(report.rows.dropFirst().map(\.key) == report.rows.dropFirst().map(\.key).sorted())
        #expect(Set(report.rows.map(\.key)) == Set(ConfigSchema.keys(of: "orchestrator-svc").map(\.name)))

        let rows = try #require(report.json["rows"]?.array)
        func row(_ key: String) -> JSONValue? { rows.first { $0["key"]?.string == key } }
        #expect(row("PORT")?["problem"] == "must be at most 65535")
        #expect(row("PORT")?["value"]?.isNull == true)
        #expect(row("PORT")?["valid"] == false)
        #expect(row("DATABASE_URL")?["value"] == "••••")
        #expect(row("DATABASE_URL")?["secret"] == true)
        #expect(row("DATABASE_URL")?["source"] == "environment")
        #expect(row("LOGGING_SVC_URL")?["value"] == "••••")
        #expect(row("LOG_LEVEL")?["value"] == "info")
        #expect(row("LOG_LEVEL")?["source"] == "default")
        #expect(row("LOG_LEVEL")?["required"] == false)
        #expect(row("DATABASE_OWNER_URL")?["present"] == false)
        #expect(row("DATABASE_OWNER_URL")?["source"]?.isNull == true)
        #expect(report.json["valid"] == false)
        #expect(!report.json.text.contains("hunter2"))
    }

    @Test func `a configuration does not print its secrets`() throws {
        let configuration = try ensureConfig("echo-agent-svc", environment: Self.echo)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("correct horse"))
            #expect(!text.contains(Self.key))
        }
    }

    @Test func `an undeclared key or a wrong type ends the process`() async {
        await #expect(processExitsWith: .failure) { try Self.read("NO_SUCH_KEY") }
        await #expect(processExitsWith: .failure) { try Self.read("INTERNAL_KEY") }
        await #expect(processExitsWith: .failure) { try Self.read("PORT") }
        await #expect(processExitsWith: .failure) { try Self.read("AGENT_ENDPOINT_URL") }
        await #expect(processExitsWith: .success) { try Self.read("HOST") }
    }

    private static func read(_ key: String) throws {
        _ = try ensureConfig("echo-agent-svc", environment: echo).string(key)
    }

    @Test func `misspelt keys are pointed out without failing`() {
        var environment = Self.echo
        for name in ["LOG_LEVLE", "LOGLEVEL", "HOSTS", "LOG_RETENTION_DAYS", "PATH", "HOME"] { environment[name] = "x" }
        let report = buildConfigReport("echo-agent-svc", environment: environment)
        #expect(report.valid)
        #expect(
            report.warnings == [
                "HOSTS is not a key; did you mean HOST?", "LOGLEVEL is not a key; did you mean LOG_LEVEL?",
                "LOG_LEVLE is not a key; did you mean LOG_LEVEL?",
            ])
    }
}
