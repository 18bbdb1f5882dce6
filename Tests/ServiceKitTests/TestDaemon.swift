// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import ServiceKit
import ServiceLifecycle
import TestKit

/// A daemon with real sockets, run for as long as a test uses it.
struct TestDaemon: Sendable {
    static let password = "a password for tests"
    static let key = "an internal key of enough characters"
    static let person = ("Authorization", BasicCredentials.header(user: "admin", password: Secret(password)))
    static let service = ("X-INTERNAL-KEY", key)

    let client: HTTPTestClient
    let daemon: Daemon
    let sink: LogSink
    private let group: ServiceGroup

    var lines: [JSONValue] { sink.lines.map { (try? JSONValue.parse($0)) ?? .string($0) } }

    /// Begins a graceful shutdown, as SIGTERM does.
    func shutDown() async { await group.triggerGracefulShutdown() }

    static func configuration(_ environment: [String: String] = [:]) throws -> Configuration {
        let base = [
            "PORT": "0", "BASIC_AUTH_PASS": password, "INTERNAL_KEY": key, "ORCHESTRATOR_SVC_URL": "http://127.0.0.1:1",
        ]
        return try ensureConfig("echo-agent-svc", environment: base.merging(environment) { $1 })
    }

    static func make(
        _ catalogue: [AnyEndpoint] = [], environment: [String: String] = [:], throttle: AuthThrottle = AuthThrottle(),
        sink: LogSink = .memory()
    ) throws -> Daemon {
        let logger = Logger(label: "test") { label in
            JSONLogHandler(label: label, service: "echo-agent-svc", level: .debug, sink: sink)
        }
        return try Daemon(
            try configuration(environment), summary: "For tests.", catalogue: catalogue, logger: logger, sink: sink,
            redactor: Redactor([Secret(password), Secret(key)]), throttle: throttle)
    }

    static func run(
        _ catalogue: [AnyEndpoint] = [], environment: [String: String] = [:], throttle: AuthThrottle = AuthThrottle(),
        wire: (inout Daemon) -> Void = { _ in }, _ body: (TestDaemon) async throws -> Void
    ) async throws {
        let sink = LogSink.memory(redacting: Redactor([Secret(password), Secret(key)]))
        var daemon = try make(catalogue, environment: environment, throttle: throttle, sink: sink)
        let logger = daemon.logger
        wire(&daemon)
        let server = try daemon.makeServer()
        let group = ServiceGroup(
            configuration: .init(services: (daemon.services + [server]).map { .init(service: $0) }, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let port = try await eventually { server.port }
                let client = HTTPTestClient(port: port)
                try await body(TestDaemon(client: client, daemon: daemon, sink: sink, group: group))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
