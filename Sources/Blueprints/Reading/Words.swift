// SPDX-License-Identifier: Apache-2.0

/// Words of a file within our sentences.
enum Words {
    /// A key or a name in quotes; what is no plausible name is not repeated, as it may be anything.
    static func name(_ text: String) -> String { isName(text) ? "`\(text)`" : "This" }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && !hidden.contains($0) }
    }

    /// What values and templates have in them, and names do not.
    private static let hidden = Set("$%&@^=`".utf8)

    /// `a, b or c`.
    static func choice(_ words: [String], most: Int = 12) -> String {
        let shown = words.prefix(most)
        guard words.count <= most else { return shown.joined(separator: ", ") + ", …" }
        guard let last = shown.last, shown.count > 1 else { return words.first ?? "" }
        return shown.dropLast().joined(separator: ", ") + " or " + last
    }

    /// As people who spell one thing differently would all write it.
    static func folded(_ text: String) -> String {
        String(
            decoding: text.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
                case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "): nil
                default: byte
                }
            }, as: UTF8.self)
    }

    /// ` Did you mean …?`, where something near is among the candidates.
    static func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
        nearest(to: word, among: candidates).map { " Did you mean `\($0)`?" } ?? ""
    }

    /// The one that a word was probably meant to be; nil when none is near.
    private static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let wanted = Array(folded(word).utf8)
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let bound = min(3, max(1, min(wanted.count, candidate.utf8.count) / 3))
            let distance = distance(wanted, Array(folded(candidate).utf8), within: bound)
            if let distance, distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Letters to insert, drop, replace or swap with their neighbour; nil when more than `bound`.
    private static func distance(_ left: [UInt8], _ right: [UInt8], within bound: Int) -> Int? {
        guard abs(left.count - right.count) <= bound else { return nil }
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var line = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(last[column + 1] + 1, line[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                line.append(least)
            }
            (before, last) = (last, line)
        }
        return last[right.count] <= bound ? last[right.count] : nil
    }
}
