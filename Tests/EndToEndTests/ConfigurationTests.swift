// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit
import Testing

@Suite(.daemonLogs) struct ConfigurationTests {
    @Test(arguments: Program.allCases)
    func `a daemon with a bad configuration says all that is wrong and exits 78`(program: Program) async throws {
        try await DaemonStack.with(database: "postgres://nobody@127.0.0.1:1/none") { stack in
            let secrets = ["s3-p4", "k3y-too-short", "mysql://root:hunter2@db/tutti"]
            let portFile = "/tmp/tutti-port-\(UUID().uuidString)"
            var changes = [
                "BASIC_AUTH_PASS": secrets[0], "INTERNAL_KEY": secrets[1], "PORT": "99999", "LOG_LEVEL": "loud",
                "SHUTDOWN_GRACE_SECONDS": "soon", "MAX_BODY_BYTES": "1.5", "TRUSTED_PROXIES": "127.0.0.1,proxy",
                "WS_ALLOWED_ORIGINS": "ftp://example.org", "PORT_FILE": portFile,
            ]
            var wrong = Set(changes.keys).subtracting(["PORT_FILE"])
            if program == .echo || program == .engine {
                changes["ORCHESTRATOR_SVC_URL"] = ""
                wrong.insert("ORCHESTRATOR_SVC_URL")
            } else {
                changes["DATABASE_URL"] = secrets[2]
                wrong.insert("DATABASE_URL")
            }
            if program == .orchestrator {
                changes["EVENT_SIGNING_KEY"] = "bm90IDMyIGJ5dGVz"
                wrong.insert("EVENT_SIGNING_KEY")
            }
            let (ending, output) = try await stack.run(program, changes: changes)
            #expect(ending == .exited(78), "\(output)")
            for key in wrong { #expect(output.contains(key), "\(key) is not named in: \(output)") }
            for secret in secrets + ["hunter2", "bm90IDMyIGJ5dGVz"] { #expect(!output.contains(secret), "\(output)") }
            #expect(!output.contains("\"level\""), "nothing but the report is printed: \(output)")
            #expect(!FileManager.default.fileExists(atPath: portFile), "it must not have listened")
        }
    }

    @Test(arguments: Program.allCases)
    func `a daemon without any configuration names what it needs`(program: Program) async throws {
        try await DaemonStack.with(database: "postgres://nobody@127.0.0.1:1/none") { stack in
            let nothing = stack.environment().keys.filter { $0 != "PATH" }.map { ($0, "") }
            let (ending, output) = try await stack.run(program, changes: Dictionary(uniqueKeysWithValues: nothing))
            #expect(ending == .exited(78))
            let needed: [Program: [String]] = [
                .orchestrator: ["DATABASE_URL", "EVENT_SIGNING_KEY", "LOGGING_SVC_URL"], .logging: ["DATABASE_URL"],
                .echo: ["ORCHESTRATOR_SVC_URL"], .engine: ["ORCHESTRATOR_SVC_URL"], .renderctl: ["DATABASE_URL"],
            ]
            for key in (needed[program] ?? []) + ["BASIC_AUTH_PASS", "INTERNAL_KEY"] {
                #expect(output.contains(key), "\(key) is not named in: \(output)")
            }
        }
    }

    @Test func `a daemon whose port is taken says so and exits 1`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let renderctl = try await tutti.stack.start(.renderctl)
            let engine = try await tutti.stack.start(.engine)
            for daemon in [tutti.logging, tutti.orchestrator, tutti.echo, renderctl, engine] {
                let (ending, output) = try await tutti.stack.run(
                    daemon.program, changes: ["PORT": String(daemon.port)])
                #expect(ending == .exited(1), "\(output)")
                let line = output.split(separator: "\n").last { $0.contains("critical") } ?? ""
                #expect(line.contains("127.0.0.1:\(daemon.port) is in use by another process"), "\(output)")
                #expect(try await daemon.readiness() == 200, "the first one is not disturbed")
            }
        }
    }

    @Test func `the report of a running daemon masks its secrets`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let renderctl = try await tutti.stack.start(.renderctl)
            let engine = try await tutti.stack.start(.engine)
            for daemon in [tutti.logging, tutti.orchestrator, tutti.echo, renderctl, engine] {
                let answer = try await daemon.person.get("/config/validate")
                #expect(answer.status == 200)
                #expect(answer.json["valid"] == true)
                let rows = try #require(answer.json["rows"]?.array)
                #expect(Set(rows.map { $0.text("key") }).isSuperset(of: ["BASIC_AUTH_PASS", "INTERNAL_KEY", "PORT"]))
                let secrets = [
                    tutti.stack.credentials.password, tutti.stack.credentials.internalKey,
                    tutti.stack.credentials.signingKey, tutti.stack.databaseURL,
                ]
                for secret in secrets {
                    #expect(!answer.text.contains(secret))
                    #expect(!daemon.log.contains(secret))
                }
            }
        }
    }
}
