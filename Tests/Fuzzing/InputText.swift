// SPDX-License-Identifier: Apache-2.0

/// An input that has several parts, one in a line, so that people can read and write it.
struct InputLines {
    private let lines: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8], most: Int) {
        lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: most - 1, omittingEmptySubsequences: false)
    }

    var count: Int { lines.count }

    /// The bytes of a line; none when there are not so many lines.
    func bytes(_ index: Int) -> [UInt8] { index < lines.count ? Array(lines[index]) : [] }

    /// A line as text, mended where it is not UTF-8.
    func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }
}

/// Cuts bytes into pieces of sizes that follow from the bytes, so that the same input is always cut in the same way.
func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var state = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let word = Int(state >> 40)
        // Mostly a few bytes, where what is cut in two is; now and then none at all.
        let end = min(bytes.count, start + (word % 8 == 7 ? word / 8 % 97 : word / 8 % 4))
        pieces.append(bytes[start..<end])
        start = end
    }
    return pieces
}

extension String {
    /// Byte for byte, where `==` also takes two spellings of one character for the same.
    func isSpelt(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension String? {
    func isSpelt(as other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }
}
