// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A `.env` file: lines of `KEY=value`, blank lines, and lines that begin with `#`.
///
/// A value may stand in single quotes, which keep everything, or in double quotes, in which `\n`, `\"`, `\\` and `\$`
/// are escapes. Without quotes it ends at a `#` that follows a blank. Nothing is expanded. Of a key given twice the
/// last one holds.
struct EnvironmentFile: Sendable {
    private static let maximumBytes = 1_048_576

    private(set) var values: [String: String] = [:]
    /// What is wrong with the file, by line number; never any of its text, which may be a secret.
    private(set) var problems: [String] = []

    /// Reads the file at `path`; one that cannot be read is a problem, not an error.
    static func reading(_ path: String) -> EnvironmentFile {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: maximumBytes + 1)
        else { return EnvironmentFile(problem: "\(path) cannot be read") }
        guard data.count <= maximumBytes, let text = String(validating: data, as: UTF8.self) else {
            return EnvironmentFile(problem: "\(path) is not a text of at most \(maximumBytes) bytes")
        }
        return EnvironmentFile(text: text, name: path)
    }

    private init(problem: String) { problems = [problem] }

    init(text: String, name: String) {
        for (position, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingPrefix(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (key, value) = Self.assignment(line) else {
                problems.append("\(name), line \(position + 1): expected KEY=value")
                continue
            }
            values[key] = value
        }
    }

    private static func assignment(_ line: Substring) -> (String, String)? {
        let line = line.hasPrefix("export ") ? line.dropFirst(7) : line
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let key = line[..<equals]
        guard let first = key.utf8.first, !ASCII.isDigit(first), key.utf8.allSatisfy(ASCII.isWord) else { return nil }
        return value(line[line.index(after: equals)...]).map { (String(key), $0) }
    }

    private static func value(_ text: Substring) -> String? {
        switch text.first {
        case "'":
            let inner = text.dropFirst()
            guard let end = inner.firstIndex(of: "'"), isRemark(inner[inner.index(after: end)...]) else { return nil }
            return String(inner[..<end])
        case "\"": return quoted(text.dropFirst())
        default:
            var value = text
            var previous: Character = " "
            for index in text.indices {
                if text[index] == "#", previous.isWhitespace {
                    value = text[..<index]
                    break
                }
                previous = text[index]
            }
            while value.last?.isWhitespace == true { value.removeLast() }
            return String(value.trimmingPrefix(while: \.isWhitespace))
        }
    }

    private static func quoted(_ text: Substring) -> String? {
        var value = ""
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                switch character {
                case "n": value.append("\n")
                case "\"", "\\", "$": value.append(character)
                default: return nil
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return isRemark(text[text.index(after: index)...]) ? value : nil
            } else {
                value.append(character)
            }
        }
        return nil
    }

    /// Whether nothing but blanks and a remark is left of a line.
    private static func isRemark(_ rest: Substring) -> Bool {
        let rest = rest.trimmingPrefix(while: \.isWhitespace)
        return rest.isEmpty || rest.hasPrefix("#")
    }
}
