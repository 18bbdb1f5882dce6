// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// A plan, a drift report or a list of stale fields as text for people: what matters first, no secret in it.
package struct PlanText: Sendable {
    /// What the blueprint is called in positions, such as `infra/render.blueprint.yaml`.
    package let file: String
    let paint: Paint
    /// How many characters of a value are shown.
    package let valueLimit: Int

    package init(file: String, isColoured: Bool = false, valueLimit: Int = 60) {
        self.file = ValueText.line(file)
        paint = Paint(isOn: isColoured)
        self.valueLimit = valueLimit
    }

    /// Counts, what happens to each resource and why, diagnostics, and what to do next; ends in a line break. Of a file with
    /// errors there is nothing to count: it is the diagnostics alone.
    package func text(of plan: Plan) -> String {
        var parts = plan.exitCode == .failed ? [] : [heading(of: plan)]
        for action in plan.actions where action.verb != .noop || action.block != nil {
            parts.append(lines(of: action).joined(separator: "\n"))
        }
        if !plan.diagnostics.isEmpty { parts.append(plan.diagnostics.map(line).joined(separator: "\n")) }
        parts.append(next(after: plan))
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func line(_ diagnostic: Diagnostic) -> String {
        let severity =
            switch diagnostic.severity {
            case .error: paint.red("error")
            case .unsupported: paint.yellow("unsupported")
            case .warning: paint.yellow("warning")
            }
        let path = diagnostic.path.isEmpty ? "" : " \(ValueText.line(diagnostic.path)):"
        return "\(file):\(diagnostic.position): \(severity):\(path) \(ValueText.line(diagnostic.message))"
    }

    private func heading(of plan: Plan) -> String {
        let counts = plan.counts
        var parts = ["\(counts.create) to create", "\(counts.update) to change"]
        if counts.adopt > 0 { parts.append("\(counts.adopt) to adopt") }
        parts.append("\(counts.prune) to prune")
        if counts.blocked > 0 { parts.append(paint.red("\(counts.blocked) blocked")) }
        if counts.noop > 0 { parts.append("\(counts.noop) unchanged") }
        let deploys = counts.deploys == 1 ? "1 deploy" : "\(counts.deploys) deploys"
        return "\(paint.bold("Plan:")) \(parts.joined(separator: ", ")) · \(deploys)"
    }

    private func lines(of action: PlanAction) -> [String] {
        let type = action.serviceType.map { " (\($0.rawValue))" } ?? ""
        var remarks: [String] = []
        if action.verb == .adopt { remarks.append("live already, from now on kept by this file") }
        if action.verb == .replace { remarks.append("must be replaced") }
        switch action.deploy {
        case .none: break
        case .deployOnly: remarks.append("deploys without a build")
        case .build: remarks.append("builds and deploys")
        }
        if action.changes.isEmpty, action.verb == .update, action.block == nil {
            remarks.append("for changed variables of its groups, or a deploy that is still owed")
        }
        var head = "  \(sign(of: action)) \(paint.bold(ValueText.line(action.address.description)))\(type)"
        if !remarks.isEmpty { head += "  \(paint.dim(remarks.joined(separator: " · ")))" }
        if let position = action.position { head += "  \(paint.dim("\(file):\(position.line)"))" }
        var lines = [head]
        if let block = action.block { lines.append("      \(paint.red("! \(ValueText.line(block))"))") }
        lines += action.changes.map(line)
        return lines
    }

    private func sign(of action: PlanAction) -> String {
        if action.verb == .replace { return paint.red("-/+") }
        if action.block != nil { return paint.red("!") }
        return switch action.verb {
        case .create: paint.green("+")
        case .prune: paint.red("-")
        case .update, .adopt, .noop, .replace: paint.yellow("~")
        }
    }

    private func line(_ change: FieldChange) -> String {
        let target = ValueText.line(change.target.description)
        let place = change.position.map { "  \(paint.dim("\(file):\($0.line)"))" } ?? ""
        let remarks = remarks(on: change)
        let tail = (remarks.isEmpty ? "" : "  \(paint.dim("# \(remarks.joined(separator: " · "))"))") + place
        switch (change.old, change.new) {
        case (nil, let new?): return "      \(paint.green("+")) \(target): \(shown(new))\(tail)"
        case (let old, nil):
            return "      \(paint.red("-")) \(target): \(old.map(shown) ?? "")\(tail)"
        case (let old?, let new?):
            return "      \(paint.yellow("~")) \(target): \(shown(old)) → \(shown(new))\(tail)"
        }
    }

    private func shown(_ value: PlannedValue) -> String { ValueText.of(value, limit: valueLimit) }

    private func remarks(on change: FieldChange) -> [String] {
        var remarks: [String] = []
        if let reason = change.reason.words { remarks.append(reason) }
        if change.reason == .created, change.position == nil { remarks.append("default") }
        if change.deploy == .build { remarks.append("forces a build") }
        if change.deploy == .deployOnly { remarks.append("forces a deploy") }
        if change.costs { remarks.append("changes costs") }
        if change.interrupts { remarks.append("interrupts") }
        if change.isDeferred { remarks.append("set last, since they refer to each other") }
        return remarks
    }

    private func next(after plan: Plan) -> String {
        let isOffline = plan.basis.live?.isOffline == true
        return switch plan.exitCode {
        case .failed: "Next: correct the errors above, then plan again."
        case .blocked: "Next: resolve what is marked with !, then plan again. Nothing of this plan can be applied."
        case .clean: "Nothing to do: what is live is what the file says."
        case .changes where isOffline: "Next: plan without --offline to compare this with what is live."
        case .changes: "Next: tutti render apply \(file)  (\(plan.id))"
        case .driftOnly:
            "Next: tutti render apply \(file) puts back what was changed outside the file, or write it into the file."
                + "  (\(plan.id))"
        }
    }
}

extension FieldChange.Reason {
    /// Why, in words; nil where the sign says it.
    var words: String? {
        switch self {
        case .created: nil
        case .edited: "changed in the file"
        case .drifted: "drift: changed outside"
        case .conflict: "changed in the file and outside"
        case .adopted: "live otherwise until now"
        case .removed: "not in the file any more"
        case .rotated: "its source has changed"
        }
    }
}

/// Colours for terminals, or none.
struct Paint: Sendable {
    let isOn: Bool

    func bold(_ text: String) -> String { wrap(text, 1) }
    func dim(_ text: String) -> String { wrap(text, 2) }
    func red(_ text: String) -> String { wrap(text, 31) }
    func green(_ text: String) -> String { wrap(text, 32) }
    func yellow(_ text: String) -> String { wrap(text, 33) }

    private func wrap(_ text: String, _ code: Int) -> String { isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
