// SPDX-License-Identifier: Apache-2.0

import Testing

/// Fails once with every finding, so that one run shows all there is to mend.
func expectNone(_ findings: [String], _ rule: String, sourceLocation: SourceLocation = #_sourceLocation) {
    guard !findings.isEmpty else { return }
    Issue.record("\(rule):\n  \(findings.joined(separator: "\n  "))", sourceLocation: sourceLocation)
}
