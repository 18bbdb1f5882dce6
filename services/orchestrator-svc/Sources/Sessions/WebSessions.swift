// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import ServiceKit
import Store

/// The sessions of people who signed in to the dashboard, kept in the database: they hold at every orchestrator, outlive
/// restarts, and are over everywhere the moment somebody signs out.
///
/// Each use is looked up. A dashboard asks a few times a second at most, and what is kept in memory would let in whoever
/// has just been thrown out.
struct WebSessions: SessionKeeper {
    let pool: PostgresPool
    let people: People
    let life: Duration

    /// Opens a session for a person who has shown who they are.
    func open(for person: Person) async throws -> (cookie: SessionCookie, expiresAt: Timestamp) {
        let cookie = SessionCookie()
        guard let seal = people.seal(of: person.name) else {
            throw Problem(.unauthenticated, "Nobody of that name may sign in any more.")
        }
        let expiresAt = try await read(
            WebSessionStore.insert(digest: cookie.token.digest, person: person.name, seal: seal, life: life))
        return (cookie, expiresAt)
    }

    /// Whose session it is, and until when; nil when it is none (any more).
    func find(_ cookie: SessionCookie) async throws -> (person: Person, expiresAt: Timestamp)? {
        guard let row = try await read(WebSessionStore.find(digest: cookie.token.digest)),
            let person = people.person(named: row.person), row.seal == people.seal(of: row.person)
        else { return nil }
        return (person, row.expiresAt)
    }

    func person(of cookie: SessionCookie) async throws -> Person? { try await find(cookie)?.person }

    /// Ends a session; nothing happens when there is none.
    func close(_ cookie: SessionCookie) async throws {
        _ = try await pool.query(WebSessionStore.remove(digest: cookie.token.digest))
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}
