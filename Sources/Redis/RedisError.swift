// SPDX-License-Identifier: Apache-2.0

/// What went wrong between us and Redis. It may be logged: a server's error is told by its code alone, because its text
/// may repeat what was sent, a password included.
package struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The place where it went wrong, which decides what a caller can do about it.
    package enum Kind: Sendable, Hashable {
        /// The URL cannot be used.
        case configuration
        /// There is no connection, or it broke. What was sent over it may have been done.
        case connection
        /// The server refused the command, with this code.
        case server(String)
        /// No answer came in time. What was asked for may have been done.
        case timeout
        /// Too many callers are waiting.
        case busy
        /// The calling task was cancelled.
        case cancelled
        /// The client was stopped by this program.
        case closed
        /// What answered is no Redis server, or answers something else than it was asked.
        case misunderstanding
    }

    package let kind: Kind
    /// One sentence that is safe to log.
    package let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The server's refusal of `command`, which is the command's name and nothing else of it.
    static func refused(_ command: String, code: String) -> RedisError {
        RedisError(.server(code), "the server refused \(command) with \(code)")
    }

    package var description: String { "RedisError: \(message)" }
}
