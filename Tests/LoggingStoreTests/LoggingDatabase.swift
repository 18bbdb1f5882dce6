// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Logging
import Postgres
import Store
import TestKit

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A database with the schema of logging-svc, and what a daemon makes of it.
struct LoggingDatabase: Sendable {
    let url: String
    /// Runs as the role that running daemons have.
    let pool: PostgresPool

    init(url: String) {
        self.url = url
        var configuration = PostgresConfiguration(url: url)
        configuration.role = LoggingSchema.appRole
        configuration.searchPath = LoggingSchema.name
        configuration.poolSize = 4
        configuration.sessionSettings = LoggingSchema.sessionSettings
        pool = PostgresPool(configuration, logger: silent)
    }

    func pages(scanLimit: Int = 1000) -> LogPages { LogPages(pool: pool, scanLimit: scanLimit) }

    /// Runs statements as the owner of the schema.
    func asOwner(_ statements: [SQL]) async throws -> [PostgresRows] {
        var configuration = PostgresConfiguration(url: url)
        configuration.searchPath = LoggingSchema.name
        let connection = try await PostgresConnection.connect(configuration, logger: silent)
        defer { connection.close() }
        return try await connection.pipeline(statements)
    }

    /// Runs a statement as the running role.
    func run<Output>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }

    /// Runs `body` with a lane that stores frames and a tail that hands them on.
    func withLane<Value: Sendable>(
        _ limits: LogIngest.Limits = LogIngest.Limits(), tail tailLimits: LogTail.Limits = LogTail.Limits(),
        _ body: @Sendable (LogIngest, LogTail) async throws -> Value
    ) async throws -> Value {
        let tail = LogTail(pages: pages(), limits: tailLimits, logger: silent) { Array($0.message.utf8) }
        let lane = LogIngest(pool: pool, limits: limits, logger: silent) { tail.committed($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await lane.run() }
            group.addTask { await tail.run() }
            let value = try await body(lane, tail)
            lane.close()
            tail.close()
            try await group.waitForAll()
            return value
        }
    }
}

/// A fresh, prepared database.
func withLoggingDatabase<Value: Sendable>(
    _ body: @Sendable (LoggingDatabase) async throws -> Value
) async throws -> Value {
    try await withDatabase { url in try await withLogging(at: url, body) }
}

/// The database at `url`, prepared.
func withLogging<Value: Sendable>(
    at url: String, _ body: @Sendable (LoggingDatabase) async throws -> Value
) async throws -> Value {
    try await LoggingSchema.preparation.run(owner: url, app: url, logger: silent)
    let database = LoggingDatabase(url: url)
    do {
        let value = try await body(database)
        await database.pool.shutdown()
        return value
    } catch {
        await database.pool.shutdown()
        throw error
    }
}

/// Rows of frames made from JSON, all of which must be good.
func rows(_ frames: JSONValue...) -> LogRows {
    LogBody(JSONValue.array(frames).bytes, form: .json, arrival: .now()).rows
}

/// A frame with a message and whatever else matters.
func frame(_ message: String, level: String = "info", service: String = "test", _ more: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = ["level": .string(level), "service": .string(service), "message": .string(message)]
    for member in more.members { object[member.name] = member.value }
    return .object(object)
}
