// SPDX-License-Identifier: Apache-2.0

import Logging
import Postgres
import TestKit
import Testing

/// Silent: the tests look at errors, not at the log.
let quiet = Logger(label: "postgres-tests") { _ in SwiftLogNoOpLogHandler() }

/// A connection to the running test's own database.
func withTestConnection<Value>(
    _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresConnection) async throws -> Value
) async throws -> Value {
    var configuration = PostgresConfiguration(url: try TestDatabase.url)
    change(&configuration)
    let connection = try await PostgresConnection.connect(configuration, logger: quiet)
    defer { connection.close() }
    return try await body(connection)
}

/// A pool on the running test's own database, shut down afterwards.
func withTestPool<Value>(
    url: String? = nil, _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresPool) async throws -> Value
) async throws -> Value {
    var configuration = PostgresConfiguration(url: try url ?? TestDatabase.url)
    change(&configuration)
    let pool = PostgresPool(configuration, logger: quiet)
    do {
        let value = try await body(pool)
        await pool.shutdown()
        return value
    } catch {
        await pool.shutdown()
        throw error
    }
}

/// The error that `body` throws; records an issue when it throws none.
func postgresError<Value>(
    _ location: SourceLocation = #_sourceLocation, from body: () async throws -> Value
) async -> PostgresError? {
    do {
        let value = try await body()
        Issue.record("no error, but \(value)", sourceLocation: location)
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
    }
    return nil
}

/// What the server says a backend is doing: `idle`, `active`, `idle in transaction`, or nil when it is gone.
func activity(of pid: Int32, _ observer: PostgresConnection) async throws -> String? {
    let rows = try await observer.query("SELECT state FROM pg_stat_activity WHERE pid = \(pid)")
    return try rows.first?.value("state")
}

/// Waits until a backend waits for a lock.
func awaitBlocked(_ pid: Int32, _ observer: PostgresConnection) async throws {
    try await eventually {
        let rows = try await observer.query(
            "SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active' AND wait_event_type = 'Lock'")
        return !rows.isEmpty
    }
}
