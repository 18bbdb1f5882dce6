// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Things that something has to be done about later, each once; noted from anywhere without waiting.
package final class Noted<Subject: Hashable & Sendable>: Sendable {
    private let subjects = Mutex<Set<Subject>>([])

    package init() {}

    package func note(_ subject: Subject) { subjects.withLock { _ = $0.insert(subject) } }

    /// All that were noted since the last time.
    func take() -> Set<Subject> {
        subjects.withLock { subjects in
            defer { subjects = [] }
            return subjects
        }
    }
}
