// SPDX-License-Identifier: Apache-2.0

package import Blueprints

/// A setting of a service that the monitor may write.
package enum FixField: String, Sendable, Hashable, CaseIterable {
    case rootDir, buildCommand, publishPath

    /// The same setting in a blueprint.
    package var field: Field {
        switch self {
        case .rootDir: .rootDir
        case .buildCommand: .buildCommand
        case .publishPath: .publishPath
        }
    }
}

/// One setting, what it is and what it is to be.
package struct FieldChange: Sendable, Hashable {
    /// Where a value comes from. A log brings in a folder whose name has passed `RelativePath`, and nothing else.
    package enum Source: String, Sendable, Hashable {
        case blueprint, table, log, configuration
    }

    package let field: FixField
    package let old: String
    package let new: String
    package let source: Source
    package let reason: String

    /// With what looks like a credential masked: what is shown and told. The ledger keeps what is put back.
    package var shown: FieldChange {
        FieldChange(
            field, from: EvidenceMask.masked(old), to: EvidenceMask.masked(new), source: source, reason: reason)
    }

    package init(_ field: FixField, from old: String, to new: String, source: Source, reason: String) {
        self.field = field
        self.old = old
        self.new = new
        self.source = source
        self.reason = reason
    }
}

/// What would mend a deploy: settings to write, then one deploy.
package struct Fix: Sendable, Hashable {
    /// Empty only where the cache is cleared and nothing else is wrong.
    package let changes: [FieldChange]
    package let clearsCache: Bool
    package let confidence: Confidence

    package init(_ changes: [FieldChange], clearsCache: Bool = false, confidence: Confidence) {
        self.changes = changes
        self.clearsCache = clearsCache
        self.confidence = confidence
    }
}

/// How sure something is.
package enum Confidence: String, Sendable, Hashable, CaseIterable, Comparable {
    case low, medium, high

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: Confidence, right: Confidence) -> Bool { left.order < right.order }
}

/// What the applied blueprint says of a setting, and where.
package struct BlueprintValue: Sendable, Hashable {
    package let value: String
    /// Such as `render.yaml:12:5`.
    package let place: String

    package init(_ value: String, at place: String) {
        self.value = value
        self.place = place
    }
}

/// A change of a blueprint that a person is to make, since the monitor does not write what the blueprint would undo.
package struct BlueprintPatch: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package let field: Field
        package let old: String
        package let new: String
        package let place: String
    }

    package let resource: ResourceAddress
    package let lines: [Line]

    package init(resource: ResourceAddress, lines: [Line]) {
        self.resource = resource
        self.lines = lines
    }

    /// With what looks like a credential masked.
    package var shown: BlueprintPatch {
        BlueprintPatch(
            resource: resource,
            lines: lines.map { line in
                Line(
                    field: line.field, old: EvidenceMask.masked(line.old), new: EvidenceMask.masked(line.new),
                    place: line.place)
            })
    }

    /// In the form of a unified diff, with a resource for the file and a field for the hunk.
    package var text: String {
        let head = "--- \(resource)\n+++ \(resource)\n"
        return head
            + lines.map { line in
                "@@ \(line.field.rawValue) (\(line.place)) @@\n-\(Self.quoted(line.old))\n+\(Self.quoted(line.new))\n"
            }.joined()
    }

    private static func quoted(_ value: String) -> String {
        let escaped = value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }
}
