// SPDX-License-Identifier: Apache-2.0

/// Why a call of Render's API brought nothing usable. Holds no token, no query string and no value of a variable.
package enum RenderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The API refused it: its status, its code and its words, redacted.
    case refused(status: Int, code: String?, message: String)
    /// Too many calls, and waiting did not help.
    case rateLimited(retryAfter: Duration?)
    /// Not reachable, no answer in time, or 5xx, after the repeats that were allowed; nothing was changed by it, or what
    /// was may be repeated.
    case unavailable(String)
    /// A POST that may have happened: look for what it would have made before doing it again.
    case outcomeUnknown(String)
    /// An answer that cannot be read, and where.
    case malformed(String)

    package var isNotFound: Bool {
        guard case .refused(let status, _, _) = self else { return false }
        return status == 404 || status == 410
    }

    package var description: String {
        switch self {
        case .refused(let status, let code, let message):
            "Render refused it with \(status)\(code.map { " (\($0))" } ?? ""): \(message)"
        case .rateLimited(let retryAfter):
            "Render's limit of calls is used up\(retryAfter.map { "; it asks for a pause of \($0)" } ?? "")"
        case .unavailable(let what): "Render is not available: \(what)"
        case .outcomeUnknown(let what): "whether it happened is not known: \(what)"
        case .malformed(let place): "Render's answer cannot be read: \(place)"
        }
    }
}
