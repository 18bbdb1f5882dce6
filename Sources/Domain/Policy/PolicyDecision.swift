// SPDX-License-Identifier: Apache-2.0

/// What the policy says of an action (seed 004).
package enum PolicyVerdict: String, Sendable, CaseIterable {
    case allow, deny
    case requireApproval = "require_approval"
}

/// Why the policy says so; a stable word that programs may rely on.
package enum PolicyReason: String, Sendable, CaseIterable {
    /// Nothing outside the workspace can be touched by it.
    case insideWorkspace = "inside_workspace"
    /// It only reads from outside.
    case externalRead = "external_read"
    /// It reaches the outside world and nobody has been asked.
    case externalWrite = "external_write"
    /// Its kind is none that the policy knows.
    case unknownKind = "unknown_kind"
    /// What happens in the sandbox stays there.
    case sandboxed
    /// Where much is at stake, people are asked about reading from outside, too.
    case highStakes = "high_stakes"
    /// All writing to the outside world is switched off.
    case killSwitch = "kill_switch"
    /// A person allowed exactly this.
    case approved
    /// A person refused it.
    case denied = "approval_denied"
    /// A person has been asked and has not answered.
    case pending = "approval_pending"
    /// The answer that was named came too late to count, or was called off.
    case lapsed = "approval_lapsed"
    /// The answer that was named is about another action, or about other arguments.
    case otherAction = "approval_mismatch"
}

/// A decision with its reason.
package struct PolicyDecision: Sendable, Equatable {
    package let verdict: PolicyVerdict
    package let reason: PolicyReason

    package init(_ verdict: PolicyVerdict, _ reason: PolicyReason) {
        self.verdict = verdict
        self.reason = reason
    }
}
