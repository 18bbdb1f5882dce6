// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// How many actions of each sort a plan has. What is blocked counts as that and as nothing else.
package struct PlanCounts: Sendable, Equatable {
    package private(set) var create = 0
    package private(set) var update = 0
    package private(set) var adopt = 0
    package private(set) var prune = 0
    package private(set) var noop = 0
    package private(set) var blocked = 0
    /// How many services are deployed.
    package private(set) var deploys = 0

    init(_ actions: [PlanAction]) {
        for action in actions {
            guard action.block == nil else {
                blocked += 1
                continue
            }
            switch action.verb {
            case .create: create += 1
            case .update: update += 1
            case .adopt: adopt += 1
            case .prune: prune += 1
            case .noop: noop += 1
            case .replace: blocked += 1
            }
            if action.deploy != .none { deploys += 1 }
        }
    }
}

/// What a command that made or applied a plan exits with.
package enum ExitCode: Int, Sendable, CaseIterable {
    case clean = 0
    /// Something went wrong, or the file is not valid.
    case failed = 1
    /// There are changes to apply.
    case changes = 2
    /// The file is as it was applied, and what is live is not.
    case driftOnly = 3
    /// There are changes, and something stands against them.
    case blocked = 4
}

extension Plan {
    package var counts: PlanCounts { PlanCounts(actions) }

    /// Whether applying it would do anything.
    package var hasChanges: Bool { actions.contains { $0.verb != .noop } }

    /// Whether all there is to do is to put back what was changed outside the file.
    package var hasOnlyDrift: Bool {
        let busy = actions.filter { $0.verb != .noop }
        let changes = busy.flatMap(\.changes)
        guard !changes.isEmpty else { return false }
        return busy.allSatisfy { $0.verb == .update || $0.verb == .create }
            && changes.allSatisfy { $0.reason == .drifted || $0.reason == .rotated }
    }

    /// What a command that made this plan exits with.
    package var exitCode: ExitCode {
        if diagnostics.contains(where: { $0.severity == .error }) { return .failed }
        if isBlocked { return .blocked }
        guard hasChanges else { return .clean }
        return hasOnlyDrift ? .driftOnly : .changes
    }
}
