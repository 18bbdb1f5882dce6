// SPDX-License-Identifier: Apache-2.0

import Foundation
import Postgres
import TestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct TLSTests {
    /// A server that accepts nothing over TCP but TLS with a password; `authority` signed its certificate for localhost.
    private func withServer(_ body: (TestPostgresServer, _ authority: String, _ stranger: String) async throws -> Void)
        async throws
    {
        let server = try await TestPostgresServer.start()
        func file(_ name: String) -> String { "\(server.dataDirectory)/\(name)" }
        func openssl(_ arguments: String...) async throws {
            try await TestPostgresServer.runProcess(["/usr/bin/openssl"] + arguments)
        }
        for authority in ["ca", "other"] {
            try await openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(authority)",
                "-keyout", file("\(authority).key"), "-out", file("\(authority).crt"))
        }
        try await openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", file("server.key"),
            "-out", file("server.csr"))
        try await openssl(
            "x509", "-req", "-days", "2", "-in", file("server.csr"), "-CA", file("ca.crt"), "-CAkey", file("ca.key"),
            "-CAcreateserial", "-out", file("server.crt"))
        try server.giveToServer(file("server.key"))
        try server.giveToServer(file("server.crt"))
        let admin = try await PostgresConnection.connect(PostgresConfiguration(url: server.url()), logger: quiet)
        _ = try await admin.query("CREATE ROLE ada LOGIN PASSWORD 'hunter2'")
        admin.close()
        try server.configure(["ssl": "on"])
        try server.setAuthentication("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256")
        try await server.restart()
        try await body(server, file("ca.crt"), file("other.crt"))
    }

    @Test func `sslmode decides what is trusted`() async throws {
        try await withServer { server, authority, stranger in
            func connect(user: String = "ada:hunter2", _ parameters: String) async throws -> Bool {
                let url = server.loopbackURL(
                    user: user, host: "localhost", parameters: "hostaddr=127.0.0.1&\(parameters)")
                let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: quiet)
                defer { connection.close() }
                #expect(try await connection.query("SELECT \(String(repeating: "x", count: 100_000)) AS x").count == 1)
                let rows = try await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                #expect(try rows[0].value("ssl") == connection.usesTLS)
                return connection.usesTLS
            }
            for parameters in ["sslmode=require", "sslmode=verify-full&sslrootcert=\(authority)"] {
                let usesTLS = try await connect(parameters)
                #expect(usesTLS, "\(parameters)")
            }

            let stranger = await postgresError { try await connect("sslmode=verify-full&sslrootcert=\(stranger)") }
            #expect(stranger?.kind == .connection)
            #expect(stranger?.message.contains("certificate verify failed") == true)
            let plain = await postgresError { try await connect("sslmode=disable") }
            #expect(plain?.sqlState == .invalidAuthorization)
            let wrong = await postgresError { try await connect(user: "ada:wrong-secret", "sslmode=require") }
            #expect(wrong?.sqlState == .invalidPassword)
            #expect(wrong.map { "\($0) \($0.serverMessage ?? "")".contains("wrong-secret") } == false)
        }
    }

    @Test func `load over TLS, cancellation included, gives everybody their own answer`() async throws {
        try await withServer { server, _, _ in
            let url = server.loopbackURL(user: "ada:hunter2", parameters: "sslmode=require")
            try await withTestPool(url: url) { pool in
                try await withThrowingTaskGroup { group in
                    for task in 0..<16 {
                        group.addTask {
                            for round in 0..<40 {
                                let text = String(repeating: "\(task).\(round) ", count: 2000)
                                let rows = try await pool.query("SELECT \(text) AS text")
                                #expect(try rows[0].value("text") == text)
                            }
                            let late = await postgresError {
                                try await pool.query("SELECT pg_sleep(60)", deadline: .milliseconds(30))
                            }
                            #expect(late?.kind == .timeout)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
