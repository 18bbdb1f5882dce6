// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Synchronization

/// Tickets that open one WebSocket each, for clients that cannot send headers: a browser's credentials need not be put into
/// an address then.
///
/// Only their hashes are kept. Every one is compared at each use, so that the time tells nothing.
final class Tickets: Sendable {
    private struct Issued {
        let digest: SecretDigest
        let caller: Caller
        let end: ContinuousClock.Instant
    }

    private let capacity: Int
    private let life: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let issued = Mutex<[Issued]>([])

    init(
        capacity: Int, life: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.capacity = capacity
        self.life = life
        self.now = now
    }

    /// Those that are neither used nor known to be too old.
    var count: Int { issued.withLock { $0.count } }

    /// A ticket for whoever `caller` is. Throws `rateLimited` while too many are unused.
    func issue(for caller: Caller) throws(Problem) -> TicketView {
        // 256 bits of the system's generator.
        var random = SystemRandomNumberGenerator()
        let text = Hex.text((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let now = now()
        let ticket = Issued(
            digest: SecretDigest(of: text), caller: caller, end: now + life)
        let isKept = issued.withLock { issued in
            issued.removeAll { $0.end <= now }
            guard issued.count < capacity else { return false }
            issued.append(ticket)
            return true
        }
        guard isKept else {
            throw Problem(
                .rateLimited, "Too many tickets are unused. Use them, or wait until they expire.",
                code: "too_many_tickets", retryAfter: life)
        }
        return TicketView(ticket: Secret(text), expiresAt: .now() + life)
    }

    /// Whose ticket this is; it is then used up. Nil for one that is unknown, used or too old.
    func redeem(_ ticket: String, trace: TraceContext) -> Caller? {
        let now = now()
        let found = issued.withLock { issued -> Issued? in
            issued.removeAll { $0.end <= now }
            let place = issued.indices.reduce(Int?.none) { found, place in
                issued[place].digest.matches(ticket.utf8) ? place : found
            }
            return place.map { issued.remove(at: $0) }
        }
        return found.map { issued in
            Caller(
                principal: issued.caller.principal, audience: issued.caller.audience, role: issued.caller.role,
                traceID: trace.traceID, requestID: trace.requestID ?? trace.spanID)
        }
    }
}
