// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// `web_sessions`: who is signed in to the dashboard. They are no part of the record: what somebody does is recorded with
/// their name, whatever they showed.
package enum WebSessionStore {
    /// A session as it is kept.
    package struct Row: Sendable, Equatable {
        package let person: String
        /// Of the person's password when they signed in; see `People.seal`.
        package let seal: [UInt8]
        package let expiresAt: Timestamp
    }

    /// Sessions of one person at a time; the oldest goes for another one.
    package static let mostPerPerson = 50

    /// Keeps a session, and drops those that have ended and what is too much of this person.
    package static func insert(digest: [UInt8], person: String, seal: [UInt8], life: Duration) -> Statement<Timestamp> {
        Statement(
            """
            WITH ended AS (
                DELETE FROM web_sessions WHERE digest IN (
                    SELECT digest FROM web_sessions WHERE expires_at < now() ORDER BY expires_at LIMIT 1000)
            ), too_many AS (
                DELETE FROM web_sessions WHERE digest IN (
                    SELECT digest FROM web_sessions WHERE person = \(person) ORDER BY person DESC, created_at DESC
                    OFFSET \(mostPerPerson - 1))
            )
            INSERT INTO web_sessions (digest, person, seal, expires_at)
            VALUES (\(digest), \(person), \(seal), now() + make_interval(secs => \(life.seconds)))
            RETURNING expires_at
            """
        ) { rows in try rows[0].value("expires_at") }
    }

    /// The session of that token, unless it has ended.
    package static func find(digest: [UInt8]) -> Statement<Row?> {
        Statement("SELECT person, seal, expires_at FROM web_sessions WHERE digest = \(digest) AND expires_at > now()") {
            rows in
            try rows.first.map { row in
                Row(
                    person: try row.value("person"), seal: try row.value("seal"),
                    expiresAt: try row.value("expires_at"))
            }
        }
    }

    package static func remove(digest: [UInt8]) -> SQL { "DELETE FROM web_sessions WHERE digest = \(digest)" }
}
