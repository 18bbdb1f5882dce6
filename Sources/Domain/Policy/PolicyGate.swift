// SPDX-License-Identifier: Apache-2.0

package import Common

/// Decides whether an action may go ahead. A pure function of what it is given, and closed by default: what it does not
/// know needs a person.
package struct PolicyGate: Sendable {
    /// Denies every write to the outside world, whatever was approved.
    package let isExternalWriteOff: Bool

    package init(isExternalWriteOff: Bool) { self.isExternalWriteOff = isExternalWriteOff }

    /// The decision about an action in a zone; `approval` is the answer of people that the asker relies on, if any.
    package func decide(
        _ action: Action, in zone: Zone, approval: Approval?, at time: Timestamp
    ) -> PolicyDecision {
        let byItself = decide(action, in: zone)
        guard byItself.verdict == .requireApproval, let approval else { return byItself }
        return decide(action, by: approval, at: time)
    }

    private func decide(_ action: Action, in zone: Zone) -> PolicyDecision {
        switch (ActionReach(kind: action.kind), zone) {
        case (.externalWrite, _) where isExternalWriteOff: .init(.deny, .killSwitch)
        // It may be a write by another name.
        case (nil, _) where isExternalWriteOff: .init(.deny, .killSwitch)
        case (.externalWrite, .sandbox), (nil, .sandbox): .init(.deny, .sandboxed)
        case (.externalWrite, _): .init(.requireApproval, .externalWrite)
        case (nil, _): .init(.requireApproval, .unknownKind)
        case (.externalRead, .highStakes): .init(.requireApproval, .highStakes)
        case (.externalRead, _): .init(.allow, .externalRead)
        case (.workspace, _): .init(.allow, .insideWorkspace)
        }
    }

    private func decide(_ action: Action, by approval: Approval, at time: Timestamp) -> PolicyDecision {
        guard approval.action.kind == action.kind, approval.action.target == action.target,
            approval.action.argumentsHash == action.argumentsHash
        else { return .init(.requireApproval, .otherAction) }
        return switch approval.status {
        case .denied: .init(.deny, .denied)
        case .approved where time < approval.expiresAt: .init(.allow, .approved)
        case .pending where time < approval.expiresAt, .held where time < approval.expiresAt:
            .init(.requireApproval, .pending)
        case .pending, .held, .approved, .expired, .cancelled: .init(.requireApproval, .lapsed)
        }
    }
}
