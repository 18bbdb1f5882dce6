// SPDX-License-Identifier: Apache-2.0

/// How to reach a database and how to behave towards it. Printing it does not show the URL, which may hold a password.
package struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    /// `postgres://` or `postgresql://`, with libpq's query parameters (`sslmode`, `sslrootcert`, `host=/socket/dir`, …).
    package var url: String
    /// Connections a pool opens at most.
    package var poolSize = 8
    /// Connections a pool keeps open while its `run()` is running, whether or not anybody asks.
    package var minimumConnections = 1
    /// Callers that may wait for a connection; the next one fails at once.
    package var queueLimit = 1024
    package var applicationName = "tutti"
    /// The role statements run as, when it is not the one that logs in.
    package var role: String?
    /// The schemas to search, comma-separated, as the server writes them.
    package var searchPath: String?
    /// The server ends any statement that takes longer.
    package var statementTimeout: Duration?
    /// Further settings of every session, such as `enable_seqscan`; names and values as in `SET`.
    package var sessionSettings: [String: String] = [:]
    /// The server ends a session that leaves a transaction idle for longer.
    package var idleInTransactionTimeout: Duration?
    /// How long one attempt to connect may take; libpq counts in seconds and takes two at least.
    package var connectTimeout: Duration = .seconds(5)
    /// Prepared statements kept per connection.
    package var statementCacheSize = 256
    /// How long the server may take to react to a cancellation before the connection is given up.
    package var cancelGrace: Duration = .seconds(5)
    /// How long shutdown waits for connections that are in use.
    package var drainTimeout: Duration = .seconds(10)

    package init(url: String) { self.url = url }

    package var description: String { "PostgresConfiguration(application: \(applicationName), pool: \(poolSize))" }
    package var customMirror: Mirror { Mirror(self, children: ["applicationName": applicationName]) }

    /// Throws `.configuration` when the URL cannot be understood; does not connect.
    package func validate() throws(PostgresError) { _ = try ConnectionParameters(self) }
}
