// SPDX-License-Identifier: Apache-2.0

package import Common
package import Render

/// What the monitor remembers of one service.
package struct ServiceRecord: Sendable, Hashable {
    package static let mostDiagnoses = 20
    package static let mostAttempts = 30

    package let serviceID: String
    package var name: String
    package var type: String
    package var ownerID: String
    /// Of the kept record this was read as; 0 for one that is not kept yet.
    package var revision = 0
    package var lastDeploy: DeploySummary?
    /// The deploy that was looked at last and is done with: diagnosed, probed or passed over.
    package var examinedDeployID: String?
    /// Of the deploy that is being looked at: how often its log or its site did not come.
    package var tries = 0
    /// The deploy that was seen live last: what to roll back to.
    package var lastLiveDeployID: String?
    package var lastProbe: ProbeResult?
    /// The newest first, no more than `mostDiagnoses`.
    package var diagnoses: [Diagnosis] = []
    /// The newest first, no more than `mostAttempts`.
    package var attempts: [FixAttempt] = []
    package var checkedAt: Timestamp?

    package init(serviceID: String, name: String, type: String, ownerID: String) {
        self.serviceID = serviceID
        self.name = name
        self.type = type
        self.ownerID = ownerID
    }

    /// The diagnosis of the deploy that was seen last, if there is one.
    package var current: Diagnosis? { diagnoses.first { $0.deployID == lastDeploy?.id } }

    /// The attempt that is not over.
    package var open: FixAttempt? { attempts.first { $0.state.isOpen } }

    mutating func add(_ diagnosis: Diagnosis) {
        diagnoses = Array(([diagnosis] + diagnoses).prefix(Self.mostDiagnoses))
    }

    /// Puts an attempt in the place of itself, or before all others.
    mutating func put(_ attempt: FixAttempt) {
        if let index = attempts.firstIndex(where: { $0.id == attempt.id }) {
            attempts[index] = attempt
        } else {
            attempts = Array(([attempt] + attempts).prefix(Self.mostAttempts))
        }
    }
}

/// A deploy as far as it is remembered.
package struct DeploySummary: Sendable, Hashable {
    package var id: String
    package var status: String
    package var commitID: String?
    package var createdAt: String?
    package var finishedAt: String?

    package init(_ deploy: RenderDeploy) {
        id = deploy.id
        status = deploy.status.rawValue
        commitID = deploy.commitID
        createdAt = deploy.createdAt
        finishedAt = deploy.finishedAt
    }

    init(id: String, status: String, commitID: String?, createdAt: String?, finishedAt: String?) {
        self.id = id
        self.status = status
        self.commitID = commitID
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }
}

/// One fix that was begun: written down before anything is changed, with what was there before.
package struct FixAttempt: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        /// Written down; the settings may have been written or not.
        case intended
        /// The settings are written; a deploy may have been started or not.
        case patched
        /// The deploy is running.
        case deploying
        /// The deploy has failed or was stopped; the settings of before are to be put back.
        case reverting
        case succeeded
        /// The settings of before are back.
        case reverted
        /// The deploy failed later than the one before: the settings stay, and the new failure has its own diagnosis.
        case kept
        /// Given up before anything was changed.
        case abandoned

        package var isOpen: Bool { [.intended, .patched, .deploying, .reverting].contains(self) }
    }

    /// `fix_` and a ULID.
    package let id: String
    package let diagnosisID: String
    package let signature: String
    package let commitID: String?
    package let failedDeployID: String
    package let startedAt: Timestamp
    package var changes: [FieldChange]
    package let clearsCache: Bool
    package var state: State
    /// The deploy of the fix; nil until it is known.
    package var deployID: String?
    /// How it ended, in words.
    package var outcome: String?

    /// With what looks like a credential masked in the settings.
    package var shown: FixAttempt {
        var shown = self
        shown.changes = changes.map(\.shown)
        return shown
    }
}
