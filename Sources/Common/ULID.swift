// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A 128-bit identifier that sorts by the millisecond it was made in, written as 26 Crockford base-32 characters.
///
/// Identifiers made by one process ascend strictly, so "newest first" can be read off an index on them.
package struct ULID: Hashable, Sendable {
    /// The upper and lower halves of the 128 bits, most significant first.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private static let latest = Mutex<(high: UInt64, low: UInt64)>((0, 0))
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A fresh identifier, larger than every other one this process has made.
    package static func make(at time: Timestamp = .now()) -> ULID {
        let random = PooledRandom()
        let noise = random.next()
        let start = UInt64(max(0, time.microseconds / 1000)) << 16 | random.next() >> 48
        let pair = latest.withLock { latest in
            if start >> 16 > latest.high >> 16 {
                latest = (start, noise)
            } else {
                let (low, overflow) = latest.low.addingReportingOverflow(1 + noise >> 40)
                latest = (latest.high &+ (overflow ? 1 : 0), low)
            }
            return latest
        }
        return ULID(high: pair.high, low: pair.low)
    }

    /// Whether `text` is the written form of some identifier: 26 characters of the alphabet, no more than 128 bits.
    package static func isValid(_ text: Substring.UTF8View) -> Bool {
        guard text.count == 26, let first = text.first, first <= UInt8(ascii: "7") else { return false }
        return text.allSatisfy { alphabet.contains($0) }
    }

    /// The millisecond in which the identifier was made that `text` is the written form of.
    package static func time(of text: Substring) -> Timestamp {
        let milliseconds = text.utf8.prefix(10).reduce(Int64(0)) { sum, character in
            sum << 5 | Int64(alphabet.firstIndex(of: character) ?? 0)
        }
        return Timestamp(microseconds: milliseconds * 1000)
    }

    /// The written form of the next identifier after the one that `text` is the written form of.
    package static func successor(of text: Substring) -> String {
        var characters = Array(text.utf8)
        for position in characters.indices.reversed() {
            let value = (alphabet.firstIndex(of: characters[position]) ?? 0) + 1
            characters[position] = alphabet[value % alphabet.count]
            if value < alphabet.count { break }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The 26 characters.
    package var text: String {
        var characters = [UInt8](repeating: 0, count: 26)
        var high = high
        var low = low
        for position in stride(from: 25, through: 0, by: -1) {
            characters[position] = Self.alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
