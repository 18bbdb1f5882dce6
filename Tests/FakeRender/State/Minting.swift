// SPDX-License-Identifier: Apache-2.0

/// Makes identities and values that are the same in every run from the same seed.
struct Minting: Sendable {
    private var state: UInt64
    private var count: UInt64 = 0
    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv")

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but without, 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    mutating func text(_ length: Int) -> String {
        String((0..<length).map { _ in Self.alphabet[Int(next() & 31)] })
    }

    /// An identity such as `srv-` with twenty characters; later ones sort after earlier ones.
    mutating func id(_ prefix: String) -> String {
        count += 1
        var number = count
        var tail: [Character] = []
        for _ in 0..<8 {
            tail.append(Self.alphabet[Int(number & 31)])
            number >>= 5
        }
        return "\(prefix)-d\(String(tail.reversed()))\(text(11))"
    }

    /// What Render makes when it is asked to generate a value: 256 random bits.
    mutating func secret() -> String { text(52) }

    mutating func commit() -> String {
        let hex = Array("0123456789abcdef")
        return String((0..<40).map { _ in hex[Int(next() & 15)] })
    }
}
