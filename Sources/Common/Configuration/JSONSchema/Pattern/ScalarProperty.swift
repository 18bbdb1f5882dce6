// SPDX-License-Identifier: Apache-2.0

/// A Unicode property that `\p{…}` may name.
enum ScalarProperty: Sendable {
    case categories([Unicode.GeneralCategory])
    case binary(Binary)

    /// The properties of ECMA-262 that the standard library can tell.
    enum Binary: String, Sendable, CaseIterable {
        case any = "Any"
        case ascii = "ASCII"
        case assigned = "Assigned"
        case alphabetic = "Alphabetic"
        case asciiHexDigit = "ASCII_Hex_Digit"
        case dash = "Dash"
        case emoji = "Emoji"
        case emojiPresentation = "Emoji_Presentation"
        case hexDigit = "Hex_Digit"
        case idContinue = "ID_Continue"
        case idStart = "ID_Start"
        case ideographic = "Ideographic"
        case lowercase = "Lowercase"
        case math = "Math"
        case uppercase = "Uppercase"
        case whiteSpace = "White_Space"
        case xidContinue = "XID_Continue"
        case xidStart = "XID_Start"
    }

    /// What stands between the braces; nil when we do not know it.
    init?(_ name: String) {
        let parts = name.split(separator: "=", omittingEmptySubsequences: false)
        switch parts.count {
        case 1:
            if let binary = Binary(rawValue: name) {
                self = .binary(binary)
                return
            }
        case 2 where parts[0] == "General_Category" || parts[0] == "gc": break
        default: return nil
        }
        guard let categories = Self.categories[String(parts[parts.count - 1])] else { return nil }
        self = .categories(categories)
    }

    func holds(for scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch self {
        case .categories(let categories): return categories.contains(properties.generalCategory)
        case .binary(let binary):
            return switch binary {
            case .any: true
            case .ascii: scalar.isASCII
            case .assigned: properties.generalCategory != .unassigned
            case .alphabetic: properties.isAlphabetic
            case .asciiHexDigit: properties.isASCIIHexDigit
            case .dash: properties.isDash
            case .emoji: properties.isEmoji
            case .emojiPresentation: properties.isEmojiPresentation
            case .hexDigit: properties.isHexDigit
            case .idContinue: properties.isIDContinue
            case .idStart: properties.isIDStart
            case .ideographic: properties.isIdeographic
            case .lowercase: properties.isLowercase
            case .math: properties.isMath
            case .uppercase: properties.isUppercase
            case .whiteSpace: properties.isWhitespace
            case .xidContinue: properties.isXIDContinue
            case .xidStart: properties.isXIDStart
            }
        }
    }

    /// Every spelling of a general category that Unicode's PropertyValueAliases gives.
    private static let categories: [String: [Unicode.GeneralCategory]] = {
        typealias Category = Unicode.GeneralCategory
        let single: [(names: [String], category: Category)] = [
            (["Lu", "Uppercase_Letter"], .uppercaseLetter), (["Ll", "Lowercase_Letter"], .lowercaseLetter),
            (["Lt", "Titlecase_Letter"], .titlecaseLetter), (["Lm", "Modifier_Letter"], .modifierLetter),
            (["Lo", "Other_Letter"], .otherLetter), (["Mn", "Nonspacing_Mark"], .nonspacingMark),
            (["Mc", "Spacing_Mark"], .spacingMark), (["Me", "Enclosing_Mark"], .enclosingMark),
            (["Nd", "Decimal_Number", "digit"], .decimalNumber), (["Nl", "Letter_Number"], .letterNumber),
            (["No", "Other_Number"], .otherNumber), (["Pc", "Connector_Punctuation"], .connectorPunctuation),
            (["Pd", "Dash_Punctuation"], .dashPunctuation), (["Ps", "Open_Punctuation"], .openPunctuation),
            (["Pe", "Close_Punctuation"], .closePunctuation), (["Pi", "Initial_Punctuation"], .initialPunctuation),
            (["Pf", "Final_Punctuation"], .finalPunctuation), (["Po", "Other_Punctuation"], .otherPunctuation),
            (["Sm", "Math_Symbol"], .mathSymbol), (["Sc", "Currency_Symbol"], .currencySymbol),
            (["Sk", "Modifier_Symbol"], .modifierSymbol), (["So", "Other_Symbol"], .otherSymbol),
            (["Zs", "Space_Separator"], .spaceSeparator), (["Zl", "Line_Separator"], .lineSeparator),
            (["Zp", "Paragraph_Separator"], .paragraphSeparator), (["Cc", "Control", "cntrl"], .control),
            (["Cf", "Format"], .format), (["Cs", "Surrogate"], .surrogate), (["Co", "Private_Use"], .privateUse),
            (["Cn", "Unassigned"], .unassigned),
        ]
        let groups: [(names: [String], members: [Category])] = [
            (["L", "Letter"], [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]),
            (["LC", "Cased_Letter"], [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]),
            (["M", "Mark", "Combining_Mark"], [.nonspacingMark, .spacingMark, .enclosingMark]),
            (["N", "Number"], [.decimalNumber, .letterNumber, .otherNumber]),
            (
                ["P", "Punctuation", "punct"],
                [
                    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                    .finalPunctuation, .otherPunctuation,
                ]
            ),
            (["S", "Symbol"], [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]),
            (["Z", "Separator"], [.spaceSeparator, .lineSeparator, .paragraphSeparator]),
            (["C", "Other"], [.control, .format, .surrogate, .privateUse, .unassigned]),
        ]
        var table: [String: [Category]] = [:]
        for (names, category) in single { for name in names { table[name] = [category] } }
        for (names, members) in groups { for name in names { table[name] = members } }
        return table
    }()
}
