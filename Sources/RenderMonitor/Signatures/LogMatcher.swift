// SPDX-License-Identifier: Apache-2.0

import Common

/// A signature that was found in a log.
struct Finding: Sendable {
    let signature: Signature
    let line: BuildLog.Line
    /// What the line names, such as a folder or a script.
    let capture: String?

    var id: String { signature.id }
}

/// Looks for every signature in every line of a log. The time it takes grows with the log and no faster.
enum LogMatcher {
    /// Of one signature; a log may repeat a line thousands of times.
    static let mostOfOne = 20

    /// In the order of the lines.
    static func findings(in log: BuildLog, kind: String?) -> [Finding] {
        let entries = SignatureCatalog.entries.filter { entry in
            let kinds = entry.signature.kinds
            return kinds.isEmpty || kind.map(kinds.contains) ?? true
        }
        var counts: [String: Int] = [:]
        var findings: [Finding] = []
        for line in log.lines {
            for entry in entries where entry.isFound(in: line) {
                let id = entry.signature.id
                counts[id, default: 0] += 1
                guard counts[id, default: 0] <= mostOfOne else { continue }
                let capture = entry.signature.captures.lazy.compactMap { $0.text(in: line.text) }.first
                findings.append(Finding(signature: entry.signature, line: line, capture: capture))
            }
        }
        return findings
    }
}

extension SignatureCatalog.Entry {
    fileprivate func isFound(in line: BuildLog.Line) -> Bool {
        guard signature.phases.isEmpty || signature.phases.contains(line.phase) else { return false }
        return signature.needles.contains { line.text.utf8.contains($0.utf8) } && pattern.matches(line.text)
    }
}
