// SPDX-License-Identifier: Apache-2.0

import CLibPQ
import Glibc

/// libpq's keywords and values for a configuration: what the URL says, over what we think sensible.
struct ConnectionParameters: Sendable {
    let values: [(keyword: String, value: String)]

    /// A dead peer is noticed after 10 + 3 × 5 seconds of silence, or 20 seconds after something sent stays unanswered.
    private static let defaults = [
        "connect_timeout": "5",
        "gssencmode": "disable",
        "keepalives": "1",
        "keepalives_count": "3",
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "tcp_user_timeout": "20000",
    ]

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        var all = Self.defaults
        let seconds = Int(MonotonicClock.nanoseconds(of: configuration.connectTimeout) / 1_000_000_000)
        all["connect_timeout"] = String(max(seconds, 2))
        all["application_name"] = configuration.applicationName
        all.merge(try Self.parse(configuration.url)) { _, stated in stated }
        all["client_encoding"] = "UTF8"

        var options = all["options"].map { [$0] } ?? []
        func setting(_ name: String, _ value: String?) {
            if let value { options.append("-c \(name)=\(Self.escape(value))") }
        }
        setting("role", configuration.role)
        setting("search_path", configuration.searchPath)
        setting("statement_timeout", configuration.statementTimeout.map(Self.milliseconds))
        setting("idle_in_transaction_session_timeout", configuration.idleInTransactionTimeout.map(Self.milliseconds))
        for (name, value) in configuration.sessionSettings.sorted(by: { $0.key < $1.key }) { setting(name, value) }
        if !options.isEmpty { all["options"] = options.joined(separator: " ") }
        values = all.map { ($0.key, $0.value) }
    }

    /// What the URL states. The parser's own complaint quotes the URL, password and all, so it is not passed on.
    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw PostgresError(.configuration, "the database URL must begin with postgres:// or postgresql://")
        }
        guard let parsed = unsafe PQconninfoParse(url, nil) else {
            throw PostgresError(.configuration, "the database URL is malformed or has an unknown parameter")
        }
        defer { unsafe PQconninfoFree(parsed) }
        var stated: [String: String] = [:]
        var option = unsafe parsed
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe stated[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return stated
    }

    /// In `options` a space separates and a backslash escapes.
    private static func escape(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            if character == " " || character == "\\" { text += "\\" }
            text.append(character)
        }
    }

    /// At least 1, for 0 would switch the timeout off.
    private static func milliseconds(_ duration: Duration) -> String {
        String(max(MonotonicClock.nanoseconds(of: duration) / 1_000_000, 1))
    }

    /// Connects, which blocks: only for a thread of its own.
    func connect(hooks: Link.Hooks, limits: Link.Limits) -> Result<Link, PostgresError> {
        let keywords = unsafe self.values.map { unsafe strdup($0.keyword) } + [nil]
        let values = unsafe self.values.map { unsafe strdup($0.value) } + [nil]
        defer { unsafe (keywords + values).forEach { unsafe free($0) } }
        let connection = unsafe PQconnectdbParams(
            keywords.map { unsafe UnsafePointer($0) }, values.map { unsafe UnsafePointer($0) }, 0)
        guard let pointer = unsafe connection else {
            return .failure(.connectionLost("there is no memory for a connection"))
        }
        guard unsafe PQstatus(pointer) == CONNECTION_OK else {
            defer { unsafe PQfinish(pointer) }
            return .failure(Self.failure(unsafe String(cString: PQerrorMessage(pointer))))
        }
        return .success(Link(unsafe ConnectionHandle(pointer), hooks: hooks, limits: limits))
    }

    /// libpq gives a failed connection no SQLSTATE, only text; the first line names host and cause, never a password.
    private static func failure(_ text: String) -> PostgresError {
        let line = text.split(separator: "\n").joined(separator: "; ")
        let causes: [(String, SQLState)] = [
            ("password authentication failed", .invalidPassword),
            ("no pg_hba.conf entry", .invalidAuthorization),
            ("Peer authentication failed", .invalidAuthorization),
            ("no password supplied", .invalidPassword),
            ("the database system is", .cannotConnectNow),
            ("too many clients", .tooManyConnections),
            ("remaining connection slots", .tooManyConnections),
            ("certificate verify failed", .connectionException),
        ]
        var facts = PostgresError.Facts(serverMessage: line, isConnectionLost: true)
        facts.sqlState = causes.first { line.contains($0.0) }?.1
        if facts.sqlState == nil, line.contains("FATAL"), line.contains("does not exist") {
            facts.sqlState = line.contains("database \"") ? .invalidCatalogName : .invalidAuthorization
        }
        return PostgresError(.connection, "cannot connect: \(line)", facts)
    }
}
