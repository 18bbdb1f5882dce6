// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// One connection to the server, usable from any task. It does one thing at a time; callers queue in order.
///
/// Every wait is asynchronous. A cancelled task or a passed deadline cancels the statement on the server, and the
/// connection is usable again afterwards, unless the server does not react: then it is closed.
package final class PostgresConnection: Sendable {
    let link: Link
    private let isInTransaction = Atomic(false)

    init(link: Link) { self.link = link }

    deinit { link.close() }

    /// Connects on a thread of its own. Cancellation ends the wait at once.
    package static func connect(
        _ configuration: PostgresConfiguration, logger: Logger
    ) async throws -> PostgresConnection {
        let link = try await Link.connect(configuration, hooks: Link.Hooks())
        logger.debug("connected to PostgreSQL", metadata: ["backend": "\(link.backendPID)"])
        return PostgresConnection(link: link)
    }

    /// Process id of the server's end, as in `pg_stat_activity`.
    package var backendPID: Int32 { link.backendPID }
    /// Whether the traffic is encrypted.
    package var usesTLS: Bool { link.usesTLS }
    /// False once the connection was lost or closed; it never opens again.
    package var isOpen: Bool { link.isOpen }
    /// Prepared statements held at this moment.
    package var cachedStatementCount: Int { link.cachedStatementCount }

    /// Closes the connection; whatever is under way fails.
    package func close() { link.close() }

    /// Runs one statement, prepared at its first use.
    package func query(_ sql: SQL, deadline: Duration? = nil) async throws -> PostgresRows {
        let results = try await pipeline([sql], deadline: deadline)
        guard let rows = results.first else { throw PostgresError(.misuse, "the statement gave no result") }
        return rows
    }

    /// Runs statements in one round trip and returns their results in order.
    ///
    /// Without `BEGIN` they are one implicit transaction. The first failure aborts the rest and is thrown, with its
    /// `statementIndex`; a transaction that the pipeline itself had opened has been rolled back by then.
    package func pipeline(_ statements: [SQL], deadline: Duration? = nil) async throws -> [PostgresRows] {
        if statements.isEmpty { return [] }
        if let fault = Self.fault(in: statements) { throw fault }
        return try await link.perform(.pipeline(statements), deadline: MonotonicClock.deadline(after: deadline))
    }

    /// Hands a pipeline in without waiting for it. It is sent as soon as all that was handed in before has ended, whatever came
    /// of that. `whenDone` is called once it has ended, on any thread, perhaps before this returns, and must not wait.
    package func start(_ statements: [SQL], whenDone: @escaping @Sendable () -> Void) -> StartedPipeline {
        StartedPipeline(
            link: link,
            operation: link.start(.pipeline(statements), failure: Self.fault(in: statements), whenDone: whenDone))
    }

    private static func fault(in statements: [SQL]) -> PostgresError? {
        statements.first { $0.parameterCount > 65_535 }.map { sql in
            PostgresError(.misuse, "\(sql.parameterCount) parameters are more than the protocol can carry")
        }
    }

    /// Runs the statements in `text`, separated by semicolons and without parameters, as one implicit transaction unless
    /// they say otherwise. Only for text that the program itself wrote.
    package func script(_ text: String, deadline: Duration? = nil) async throws {
        _ = try await link.perform(.script(text), deadline: MonotonicClock.deadline(after: deadline))
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or is cancelled.
    ///
    /// `options` follow `BEGIN` (`ISOLATION LEVEL SERIALIZABLE`, `READ ONLY`). `deadline` bounds each of the
    /// transaction's own statements. An error with `isOutcomeUnknown` says that the answer to `COMMIT` was lost. When the
    /// rollback fails the connection is closed, which makes the server roll back.
    package func transaction<Value>(
        options: SQL = "", deadline: Duration? = nil, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try enterTransaction()
        defer { isInTransaction.store(false, ordering: .releasing) }
        _ = try await query(options.text.isEmpty ? "BEGIN" : "BEGIN \(options)", deadline: deadline)
        let value: Value
        do {
            value = try await body(self)
            if Task.isCancelled { throw PostgresError.cancelled() }
        } catch {
            await rollBack()
            throw error
        }
        try await commit(deadline)
        return value
    }

    /// Runs a transaction in two round trips: `BEGIN` is sent together with `first`, and `COMMIT` with the statements that
    /// `rest` makes of what `first` gave. Returns what `rest` gave beside them.
    ///
    /// Otherwise it is as `transaction`. `rest` is called once; when it throws, everything is rolled back.
    package func transaction<Value>(
        opening first: SQL, deadline: Duration? = nil, _ rest: (PostgresRows) throws -> ([SQL], Value)
    ) async throws -> Value {
        try enterTransaction()
        defer { isInTransaction.store(false, ordering: .releasing) }
        let opened = try await pipeline(["BEGIN", first], deadline: deadline)
        let statements: [SQL]
        let value: Value
        do {
            (statements, value) = try rest(opened[1])
            if Task.isCancelled { throw PostgresError.cancelled() }
        } catch {
            await rollBack()
            throw error
        }
        try await commit(after: statements, deadline)
        return value
    }

    private func enterTransaction() throws(PostgresError) {
        guard
            isInTransaction.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { throw PostgresError(.misuse, "a transaction cannot be opened within a transaction") }
        guard link.isInTransaction else { return }
        isInTransaction.store(false, ordering: .releasing)
        throw PostgresError(.misuse, "the connection has a transaction open already")
    }

    /// Runs `last` and `COMMIT` in one round trip.
    private func commit(after last: [SQL] = [], _ deadline: Duration?) async throws {
        // Shielded: a cancellation between here and the answer would only blur the outcome.
        let limit = MonotonicClock.deadline(after: deadline ?? .seconds(60))
        let tag: String?
        do {
            tag = try await link.perform(.pipeline(last + ["COMMIT"]), deadline: limit, isShielded: true)
                .last?.commandTag
        } catch {
            if link.isOpen { await rollBack() }
            throw error
        }
        // COMMIT of a transaction whose failed statement the body swallowed is answered by ROLLBACK, without an error.
        if tag != "COMMIT" {
            let facts = PostgresError.Facts(sqlState: .inFailedTransaction)
            let message = "nothing was committed: a statement of the transaction had failed"
            throw PostgresError(.server(.inFailedTransaction), message, facts)
        }
    }

    private func rollBack() async {
        guard link.isOpen else { return }
        do {
            let limit = MonotonicClock.deadline(after: .seconds(5))
            _ = try await link.perform(.pipeline(["ROLLBACK"]), deadline: limit, isShielded: true)
        } catch {
            link.close(.connectionLost("a transaction could not be rolled back"))
        }
    }
}

/// A pipeline that a connection was given, and whose results are still to be fetched.
package struct StartedPipeline: Sendable {
    fileprivate let link: Link
    fileprivate let operation: Operation

    /// Whether `results` would not wait.
    package var isDone: Bool { link.isDone(operation) }

    /// What `PostgresConnection.pipeline` returns and throws; to be called once. A cancelled task cancels the statement on the
    /// server.
    package func results() async throws -> [PostgresRows] { try await link.outcome(of: operation) }
}
