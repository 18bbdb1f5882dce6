// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Domain
import Logging
import ServiceLifecycle

/// Failures are asserted, not read off a log.
let quiet = Logger(label: "engine", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs services for as long as `body` takes, and stops them as SIGTERM would. `stop` does so earlier.
func withServices<Value: Sendable>(
    _ services: [any Service], _ body: @Sendable (_ stop: @escaping @Sendable () async -> Void) async throws -> Value
) async throws -> Value {
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .ignore) }, logger: quiet))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            let value = try await body { await group.triggerGracefulShutdown() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        } catch {
            tasks.cancelAll()
            throw error
        }
    }
}

/// Runs an engine on scripts.
func withEngine(
    _ source: any RunSource, _ transport: any AgentTransport, concurrency: Int = 16, drain: Duration = .seconds(5),
    _ body: @Sendable (_ engine: RunEngine, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
) async throws {
    var settings = RunEngine.Settings()
    settings.concurrency = concurrency
    settings.drain = drain
    settings.pause = .milliseconds(50)
    let engine = RunEngine(source: source, transport: transport, settings: settings, logger: quiet)
    try await withServices([engine]) { stop in try await body(engine, stop) }
}
