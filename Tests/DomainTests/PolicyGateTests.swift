// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// The whole of the policy, case by case.
@Suite struct PolicyGateTests {
    private let gate = PolicyGate(isExternalWriteOff: false)
    private let now = Timestamp(microseconds: 1_000_000)

    private func action(_ kind: String, to: JSONValue = "x") -> Action {
        Action(kind: kind, target: "mail", arguments: ["to": to])
    }

    private func approval(
        _ status: ApprovalStatus, of action: Action, until expiry: Timestamp = Timestamp(microseconds: 2_000_000)
    ) -> Approval {
        Approval(
            id: ID(trusted: "appr_01ARZ3NDEKTSV4RRFFQ69G5FAV"), workspaceID: Workspace.defaultID,
            roomID: Room.defaultID, taskID: nil, runID: nil, stepID: nil, action: action, summary: nil, status: status,
            epoch: nil, requestedBy: Principal(.service, "test"), expiresAt: expiry,
            createdAt: Timestamp(microseconds: 0))
    }

    @Test(arguments: [
        ("workspace", "allow inside_workspace", "allow inside_workspace", "allow inside_workspace"),
        ("workspace.note", "allow inside_workspace", "allow inside_workspace", "allow inside_workspace"),
        ("external.read", "allow external_read", "allow external_read", "require_approval high_stakes"),
        ("external.read.web", "allow external_read", "allow external_read", "require_approval high_stakes"),
        ("external.write", "deny sandboxed", "require_approval external_write", "require_approval external_write"),
        (
            "external.write.email", "deny sandboxed", "require_approval external_write",
            "require_approval external_write"
        ),
        ("external.written", "deny sandboxed", "require_approval unknown_kind", "require_approval unknown_kind"),
        ("shell", "deny sandboxed", "require_approval unknown_kind", "require_approval unknown_kind"),
    ])
    func `a kind in a zone`(kind: String, sandbox: String, supervised: String, highStakes: String) {
        func words(_ zone: Zone) -> String {
            let decision = gate.decide(action(kind), in: zone, approval: nil, at: now)
            return "\(decision.verdict.rawValue) \(decision.reason.rawValue)"
        }
        #expect(words(.sandbox) == sandbox)
        #expect(words(.supervised) == supervised)
        #expect(words(.highStakes) == highStakes)
    }

    @Test(arguments: [
        (ApprovalStatus.approved, PolicyVerdict.allow, PolicyReason.approved), (.denied, .deny, .denied),
        (.pending, .requireApproval, .pending), (.held, .requireApproval, .pending),
        (.expired, .requireApproval, .lapsed), (.cancelled, .requireApproval, .lapsed),
    ])
    func `the answer of people counts`(status: ApprovalStatus, verdict: PolicyVerdict, reason: PolicyReason) {
        let write = action("external.write")
        let decision = gate.decide(write, in: .supervised, approval: approval(status, of: write), at: now)
        #expect(decision == PolicyDecision(verdict, reason))
    }

    @Test func `an answer counts for one action and for a time`() {
        let write = action("external.write")
        let other = gate.decide(
            action("external.write", to: "y"), in: .supervised, approval: approval(.approved, of: write), at: now)
        #expect(other == PolicyDecision(.requireApproval, .otherAction))
        for status in [ApprovalStatus.approved, .pending, .held] {
            let late = gate.decide(write, in: .supervised, approval: approval(status, of: write, until: now), at: now)
            #expect(late == PolicyDecision(.requireApproval, .lapsed))
        }
    }

    @Test func `no approval opens the sandbox or turns the kill switch`() {
        for kind in ["external.write", "external.write.email", "shell"] {
            let write = action(kind)
            let approved = approval(.approved, of: write)
            #expect(gate.decide(write, in: .sandbox, approval: approved, at: now).verdict == .deny)
            let off = PolicyGate(isExternalWriteOff: true)
            for zone in Zone.allCases {
                #expect(off.decide(write, in: zone, approval: approved, at: now) == PolicyDecision(.deny, .killSwitch))
            }
        }
        let off = PolicyGate(isExternalWriteOff: true)
        #expect(off.decide(action("external.read"), in: .supervised, approval: nil, at: now).verdict == .allow)
    }
}
