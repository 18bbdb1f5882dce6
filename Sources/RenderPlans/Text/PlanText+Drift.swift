// SPDX-License-Identifier: Apache-2.0

import Blueprints

extension PlanText {
    /// What was changed outside the file, by resource; ends in a line break.
    package func text(of report: DriftReport) -> String {
        guard !report.entries.isEmpty else {
            return "No drift: what was applied (\(report.checked) values) is what is live.\n"
        }
        let resources = Set(report.entries.map(\.resource)).count
        var lines = [
            "\(paint.bold("Drift:")) \(report.entries.count) of \(report.checked) values on \(resources) "
                + (resources == 1 ? "resource" : "resources")
        ]
        for (index, entry) in report.entries.enumerated() {
            if index == 0 || report.entries[index - 1].resource != entry.resource {
                lines += ["", "  \(paint.bold(ValueText.line(entry.resource.description)))"]
            }
            lines.append("      \(line(entry))")
        }
        lines += ["", "Next: tutti render plan \(file) shows what would put it back."]
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ entry: DriftEntry) -> String {
        let path = ValueText.line(entry.path)
        let live = entry.live.map { ValueText.of($0, limit: valueLimit) }
        let applied = entry.applied.map { ValueText.of($0, limit: valueLimit) } ?? "(as applied)"
        return switch entry.kind {
        case .deleted: paint.red("- it was deleted")
        case .replaced: paint.red("-/+ it was deleted and made anew (\(live ?? ""))")
        case .gone: "\(paint.red("-")) \(path): \(applied) → gone"
        case .changed: "\(paint.yellow("~")) \(path): \(applied) → \(live ?? "gone")"
        }
    }

    /// Why a plan cannot be applied any more: what has moved since it was made; ends in a line break.
    package func text(of fields: [StaleField]) -> String {
        var lines = [paint.bold("The plan is stale: this has changed since it was made.")]
        for field in fields {
            let old = field.old.map { ValueText.of($0, limit: valueLimit) } ?? "none"
            let new = field.new.map { ValueText.of($0, limit: valueLimit) } ?? "none"
            let path = ValueText.line("\(field.resource).\(field.path)")
            lines.append("  \(paint.yellow("~")) \(path): \(old) → \(new)")
        }
        lines += ["", "Next: tutti render plan \(file)"]
        return lines.joined(separator: "\n") + "\n"
    }
}
