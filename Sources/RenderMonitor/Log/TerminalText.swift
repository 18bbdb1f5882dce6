// SPDX-License-Identifier: Apache-2.0

/// Makes text that was meant for a terminal fit to be matched and shown: no escape sequences, no control characters, no
/// marks that turn the direction of writing, and no more than so many scalars.
enum TerminalText {
    /// Scalars of one line that are kept.
    static let longest = 2_000
    /// Scalars of one line that are looked at; the rest of a line of escape sequences is not worth the time.
    private static let mostRead = 16_000

    /// One line without its line break. What a carriage return would have overwritten on a terminal is left out.
    static func plain(_ line: Substring.UnicodeScalarView) -> (text: String, isCut: Bool) {
        var text = String.UnicodeScalarView()
        var count = 0
        var read = 0
        var state = State.text
        for scalar in line {
            read += 1
            guard count < longest, read <= mostRead else { return (trimmed(text), true) }
            if state != .text, scalar != "\u{9B}" {
                state = state.after(scalar)
                continue
            }
            switch scalar.value {
            case 0x1B: state = .escape
            case 0x9B: state = .sequence
            case 0x0D:
                text = String.UnicodeScalarView()
                count = 0
            case 0x09:
                text.append(" ")
                count += 1
            case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
                0xFFF9...0xFFFB, 0xE0000...0xE007F:
                break
            default:
                text.append(scalar)
                count += 1
            }
        }
        return (trimmed(text), false)
    }

    private static func trimmed(_ text: String.UnicodeScalarView) -> String {
        var text = text
        while let last = text.last, last == " " { text.removeLast() }
        return String(text)
    }

    /// Where in an escape sequence of ECMA-48 a text stands.
    private enum State {
        case text, escape, intermediate, sequence, string, stringEscape

        func after(_ scalar: Unicode.Scalar) -> State {
            switch self {
            case .text: return .text
            case .escape:
                switch scalar {
                case "[": return .sequence
                case "]", "P", "X", "^", "_": return .string
                case " "..."/": return .intermediate
                default: return .text
                }
            case .intermediate: return (" "..."/").contains(scalar) ? .intermediate : .text
            // Anything but a parameter ends it, also what no terminal would take.
            case .sequence: return (" "..."?").contains(scalar) ? .sequence : .text
            case .string: return scalar == "\u{07}" ? .text : scalar == "\u{1B}" ? .stringEscape : .string
            case .stringEscape: return scalar == "\\" ? .text : .string
            }
        }
    }
}
