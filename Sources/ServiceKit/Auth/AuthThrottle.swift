// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation
import Synchronization

/// Makes guessing of credentials slow: after ten wrong ones within a minute, unless said otherwise, an address must wait
/// out the minute.
///
/// Kinds of credentials are counted apart, so that somebody who guesses passwords beside a daemon of ours does not lock
/// the daemon out. The table is bounded; when it is full of addresses that are all still guessing, the oldest goes.
package final class AuthThrottle: Sendable {
    package enum Credential: Hashable, Sendable {
        case password, internalKey, token
        /// Of what is sent to one hook.
        case signature(of: String)
    }

    private struct Key: Hashable {
        let address: String
        let credential: Credential
    }

    private struct Window {
        let start: ContinuousClock.Instant
        var failures = 0
    }

    private let limit: Int
    private let period: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let windows = Mutex<[Key: Window]>([:])

    package init(
        failures limit: Int = 10, within period: Duration = .seconds(60), capacity: Int = 10_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.limit = limit
        self.period = period
        self.capacity = capacity
        self.now = now
    }

    /// Throws `rateLimited` while the address may not try, right or wrong.
    package func check(_ address: String, _ credential: Credential) throws(Problem) {
        let wait: Duration? = windows.withLock { windows in
            guard !windows.isEmpty else { return nil }
            let key = Key(address: Self.network(address), credential: credential)
            guard let window = windows[key], window.failures >= limit else { return nil }
            let left = period - (now() - window.start)
            if left <= .zero { windows[key] = nil }
            return left > .zero ? left : nil
        }
        guard let wait else { return }
        throw Problem(
            .rateLimited, "Too many wrong credentials came from your address. Wait before you try again.",
            retryAfter: wait)
    }

    /// Counts one wrong credential.
    package func fail(_ address: String, _ credential: Credential) {
        let key = Key(address: Self.network(address), credential: credential)
        let now = now()
        windows.withLock { windows in
            if let window = windows[key], now - window.start < period {
                windows[key]?.failures += 1
                return
            }
            if windows.count >= capacity {
                windows = windows.filter { now - $0.value.start < period }
                if windows.count >= capacity, let oldest = windows.min(by: { $0.value.start < $1.value.start }) {
                    windows[oldest.key] = nil
                }
            }
            windows[key] = Window(start: now, failures: 1)
        }
    }

    /// How many addresses are being watched.
    package var count: Int { windows.withLock { $0.count } }

    /// An IPv4 address itself; of an IPv6 address the /64, as a customer has at least that many.
    static func network(_ address: String) -> String {
        guard address.contains(":") else { return address }
        var binary = in6_addr()
        guard unsafe inet_pton(AF_INET6, address, &binary) == 1 else { return address }
        let bytes = unsafe withUnsafeBytes(of: &binary) { unsafe Array($0) }
        return Hex.text(bytes.prefix(8))
    }
}
