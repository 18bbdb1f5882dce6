// SPDX-License-Identifier: Apache-2.0

import Common

/// Every signature with its pattern ready to match.
package enum SignatureCatalog {
    /// In no order that matters: findings are ranked.
    package static let all: [Signature] =
        repositorySignatures + buildSignatures + dependencySignatures + startSignatures + applicationSignatures
        + markSignatures

    struct Entry: Sendable {
        let signature: Signature
        let pattern: Pattern
    }

    /// One whose pattern is none is left out; a test proves that there is no such.
    static let entries: [Entry] = all.compactMap { signature in
        (try? Pattern(signature.pattern)).map { Entry(signature: signature, pattern: $0) }
    }

    private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    package static func signature(_ id: String) -> Signature? { byID[id] ?? StructuredSignatures.byID[id] }
}
