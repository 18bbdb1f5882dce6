// SPDX-License-Identifier: Apache-2.0

package import Common

/// Why a deploy went wrong, by what that is told, and what is or would be done about it.
package struct Diagnosis: Sendable, Hashable {
    /// One thing that was seen. Its text is untrusted: it was written by a build, and is only ever shown.
    package struct Evidence: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case line, event, setting, probe
        }

        package let kind: Kind
        /// RFC 3339, as it was told; empty for a setting.
        package let time: String
        package let text: String

        package init(_ kind: Kind, time: String = "", text: String) {
            self.kind = kind
            self.time = time
            self.text = text
        }
    }

    /// `diag_` and a ULID.
    package var id: String
    package var serviceID: String
    package var deployID: String
    package var commitID: String?
    package var madeAt: Timestamp
    package var signature: String
    package var phase: BuildPhase
    package var confidence: Confidence
    package var cause: String
    /// What a person would do.
    package var advice: String
    package var evidence: [Evidence]
    /// Signatures that were found beside it and follow from it.
    package var symptoms: [String]
    package var proposed: Fix?
    package var patch: BlueprintPatch?
    /// Why the proposed fix is never made, or why there is none; nil for one that may be made.
    package var whyNotFixed: String?
    /// Why a fix that may be made has not been made up to the last look: dry run, a limit, a lock.
    package var heldBack: String?

    /// With what looks like a credential masked in the settings, too.
    package var shown: Diagnosis {
        var shown = self
        shown.proposed = proposed.map {
            Fix($0.changes.map(\.shown), clearsCache: $0.clearsCache, confidence: $0.confidence)
        }
        shown.patch = patch?.shown
        return shown
    }
}
