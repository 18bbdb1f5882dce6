// SPDX-License-Identifier: Apache-2.0

/// The rules of IDNA 2008 (RFC 5891 to 5893) for one label of a host name, as far as the standard library's view of
/// Unicode reaches: joining types are told by block, and direction is not looked at.
enum InternationalLabel {
    /// Whether a label in its Unicode form may stand behind `xn--`.
    static func isValid(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, let last = label.last, label.contains(where: { !$0.isASCII }) else {
            return false
        }
        if first == "-" || last == "-" { return false }
        if label.count >= 4, label[2] == "-", label[3] == "-" { return false }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: break
        }
        return label.indices.allSatisfy { isAllowed(label, at: $0) } && !mixesArabicDigits(label)
    }

    private static func isAllowed(_ label: [Unicode.Scalar], at index: Int) -> Bool {
        let scalar = label[index]
        let previous = index > 0 ? label[index - 1] : nil
        let next = index + 1 < label.count ? label[index + 1] : nil
        switch scalar.value {
        case 0x2D: return true
        case 0xB7: return previous == "l" && next == "l"
        case 0x375: return next.map(isGreek) ?? false
        case 0x5F3, 0x5F4: return previous.map(isHebrew) ?? false
        case 0x30FB: return label.contains(where: isJapanese)
        case 0x200D: return isVirama(previous)
        case 0x200C: return isVirama(previous) || (previous.map(isJoining) ?? false) && (next.map(isJoining) ?? false)
        case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
        case 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
        default: return false
        }
    }

    /// The two sets of Arabic digits look alike and may not stand in one label.
    private static func mixesArabicDigits(_ label: [Unicode.Scalar]) -> Bool {
        label.contains { (0x660...0x669).contains($0.value) } && label.contains { (0x6F0...0x6F9).contains($0.value) }
    }

    private static func isVirama(_ scalar: Unicode.Scalar?) -> Bool {
        scalar?.properties.canonicalCombiningClass == .virama
    }

    private static func isGreek(_ scalar: Unicode.Scalar) -> Bool {
        (0x370...0x3FF).contains(scalar.value) || (0x1F00...0x1FFF).contains(scalar.value)
    }

    private static func isHebrew(_ scalar: Unicode.Scalar) -> Bool {
        (0x591...0x5F4).contains(scalar.value) || (0xFB1D...0xFB4F).contains(scalar.value)
    }

    /// Hiragana, Katakana or Han.
    private static func isJapanese(_ scalar: Unicode.Scalar) -> Bool {
        (0x3041...0x309F).contains(scalar.value) || (0x30A1...0x30FA).contains(scalar.value)
            || (0x30FC...0x30FF).contains(scalar.value) || (0x31F0...0x31FF).contains(scalar.value)
            || scalar.properties.isIdeographic
    }

    /// A letter of a script whose letters join, such as Arabic or Syriac.
    private static func isJoining(_ scalar: Unicode.Scalar) -> Bool {
        (0x620...0x8FF).contains(scalar.value) && scalar.properties.isAlphabetic
    }
}
