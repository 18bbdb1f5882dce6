// SPDX-License-Identifier: Apache-2.0

/// Colours for text that was written without: by the sign that a line begins with.
enum Colouring {
    static func colour(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let code = code(of: line) else { return String(line) }
            return "\u{1B}[\(code)m\(line)\u{1B}[0m"
        }.joined(separator: "\n")
    }

    private static func code(of line: Substring) -> String? {
        let sign = line.drop { $0 == " " }.prefix { $0 != " " }
        switch sign {
        case "+": return "32"
        case "~": return "33"
        case "-", "-/+", "!": return "31"
        case ">": return "36"
        default: return nil
        }
    }
}
