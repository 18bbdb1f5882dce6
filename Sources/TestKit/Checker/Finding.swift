// SPDX-License-Identifier: Apache-2.0

/// A promise that was broken, with the events that show it.
package struct Finding: Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Something was acknowledged, and is not in the log or never came to its end.
        case lostRun = "lost run"
        /// Two workers held a task at the same time, or an epoch was handed out twice.
        case twoLiveEpochs = "two live epochs"
        /// Something was recorded in the name of an epoch that was not the live one.
        case staleEffect = "stale effect"
        /// What may happen once happened twice.
        case doubleEffect = "double effect"
        /// A number is missing, or was used or sent twice.
        case gap
        /// A task went from one state to another that does not follow it.
        case illegalTransition = "illegal transition"
        /// A projection is not what the events say.
        case wrongProjection = "wrong projection"
        /// The chain of hashes does not verify.
        case brokenChain = "broken chain"
        /// A daemon says that the log is not sound, and it is.
        case falseAlarm = "false alarm"
        /// Somebody was told what nobody should be told.
        case wrongAnswer = "wrong answer"
        /// A daemon ended though nobody had ended it, or did not come back by itself.
        case deadDaemon = "dead daemon"
    }

    package let kind: Kind
    package let what: String
    package let events: [LoggedEvent]

    init(_ kind: Kind, _ what: String, _ events: [LoggedEvent] = []) {
        self.kind = kind
        self.what = what
        self.events = events
    }

    package var description: String {
        "\(kind.rawValue): \(what)"
            + (events.isEmpty ? "" : " [\(events.map(\.description).joined(separator: "; "))]")
    }
}

extension [Finding] {
    /// How many there are of these kinds.
    package func count(_ kinds: Finding.Kind...) -> Int { count { kinds.contains($0.kind) } }
}
