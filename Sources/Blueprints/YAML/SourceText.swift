// SPDX-License-Identifier: Apache-2.0

/// The bytes of a file, checked to be text, with the beginnings of its lines.
///
/// libyaml also ends lines at characters that no editor does (U+0085, U+2028), so lines are counted here, as editors count
/// them, from the place that libyaml gives.
struct SourceText {
    /// Without a byte order mark.
    let bytes: [UInt8]
    /// Of each line the number of Unicode scalars before it.
    private let lineStarts: [Int]
    private let scalarCount: Int

    /// The first byte of a scalar by the number of those before it.
    func scalar(at index: Int) -> UInt8? {
        bytes.lazy.filter { $0 & 0xC0 != 0x80 }.dropFirst(index).first
    }

    init(_ file: [UInt8]) throws(YAMLProblem) {
        guard file.count <= YAMLLimits.bytes else {
            throw YAMLProblem(
                .tooLarge, "The file has \(file.count) bytes; at most \(YAMLLimits.bytes) are read.",
                at: SourcePosition(line: 1, column: 1))
        }
        bytes = file.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(file.dropFirst(3)) : file
        var scan = Scan()
        let problem = unsafe bytes.withUnsafeBufferPointer { unsafe scan.run(over: $0) }
        if let problem { throw problem }
        lineStarts = scan.lineStarts
        scalarCount = scan.scalars
    }

    /// The line and column of a scalar by the number of those before it; the end of the file for one beyond it.
    func position(ofScalar index: Int) -> SourcePosition {
        let index = min(max(0, index), scalarCount)
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: index - lineStarts[low] + 1)
    }
}

/// One pass over the bytes: UTF-8, no control characters, few directives, and where lines begin.
private struct Scan {
    var lineStarts = [0]
    var scalars = 0
    private var directives = 0

    mutating func run(over bytes: UnsafeBufferPointer<UInt8>) -> YAMLProblem? {
        var at = 0
        let count = bytes.count
        while at < count {
            let byte = unsafe bytes[at]
            if byte < 0x80 {
                at += 1
                scalars += 1
                if byte >= 0x20 {
                    if byte == 0x7F { return control("007F") }
                    if byte == UInt8(ascii: "%"), scalars - 1 == lineStarts[lineStarts.count - 1] {
                        directives += 1
                        if directives > YAMLLimits.directives { return tooManyDirectives() }
                    }
                } else if byte == 0x0A {
                    lineStarts.append(scalars)
                } else if byte == 0x0D {
                    let isPair = unsafe at < count && bytes[at] == 0x0A
                    if !isPair { lineStarts.append(scalars) }
                } else if byte != 0x09 {
                    return control("00" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true))
                }
                continue
            }
            let length = unsafe Self.lengthOfSequence(bytes, at)
            guard length > 0 else {
                return YAMLProblem(.notUTF8, "The file is not UTF-8: a byte here begins no character.", at: here)
            }
            if let code = unsafe Self.refused(bytes, at) {
                scalars += 1
                return control(code)
            }
            at += length
            scalars += 1
        }
        return nil
    }

    private var here: SourcePosition {
        SourcePosition(line: lineStarts.count, column: scalars - lineStarts[lineStarts.count - 1] + 1)
    }

    private mutating func control(_ code: String) -> YAMLProblem {
        scalars -= 1
        let name = code == "0000" ? "A NUL" : "The control character U+\(code)"
        return YAMLProblem(.controlCharacter, "\(name) has no place in a text file.", at: here)
    }

    /// What YAML allows in no document although it is well-formed, by its number.
    private static func refused(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> String? {
        let (first, second) = unsafe (bytes[at], bytes[at + 1])
        if first == 0xC2, second < 0xA0, second != 0x85 { return "00" + String(second, radix: 16, uppercase: true) }
        guard first == 0xEF else { return nil }
        switch unsafe (second, bytes[at + 2]) {
        case (0xBB, 0xBF): return "FEFF"
        case (0xBF, 0xBE): return "FFFE"
        case (0xBF, 0xBF): return "FFFF"
        default: return nil
        }
    }

    private mutating func tooManyDirectives() -> YAMLProblem {
        scalars -= 1
        return YAMLProblem(
            .tooManyDirectives, "More than \(YAMLLimits.directives) lines begin with % as directives of YAML do.",
            at: here)
    }

    /// Of a well-formed sequence of two to four bytes that stands for a character; otherwise 0.
    private static func lengthOfSequence(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        let first = unsafe bytes[at]
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard 0xC2...0xF4 ~= first, at + length <= bytes.count else { return 0 }
        let second = unsafe bytes[at + 1]
        // Neither longer than needed, nor half of a pair, nor beyond the last of Unicode.
        switch first {
        case 0xE0: guard second >= 0xA0 else { return 0 }
        case 0xED: guard second < 0xA0 else { return 0 }
        case 0xF0: guard second >= 0x90 else { return 0 }
        case 0xF4: guard second < 0x90 else { return 0 }
        default: break
        }
        for next in at + 1..<at + length where unsafe bytes[next] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
