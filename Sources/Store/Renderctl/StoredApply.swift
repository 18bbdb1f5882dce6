// SPDX-License-Identifier: Apache-2.0

package import Common

/// An apply, without its steps.
package struct StoredApply: Sendable, Equatable {
    /// How many steps are in each state.
    package struct Counts: Sendable, Equatable {
        package var begun = 0
        package var done = 0
        package var failed = 0
        package var skipped = 0
    }

    package let id: String
    /// Its place among all applies.
    package let number: Int64
    package let planID: String
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    package let status: String
    package let message: String?
    /// The apply that carries out what was left of it.
    package let successor: String?
    package let counts: Counts
    package let startedAt: Timestamp
    package let endedAt: Timestamp?
}

/// An apply that is to be begun.
package struct NewApply: Sendable {
    package let id: String
    package let planID: String
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    package let startedAt: Timestamp

    package init(
        id: String, planID: String, ownerID: String, blueprint: String, principal: String, startedAt: Timestamp
    ) {
        self.id = id
        self.planID = planID
        self.ownerID = ownerID
        self.blueprint = blueprint
        self.principal = principal
        self.startedAt = startedAt
    }
}

/// An apply that has not ended and that nobody carries out, as far as the lock of its blueprint tells.
package struct OrphanedApply: Sendable, Equatable {
    package let id: String
    /// Whether the lock was given back, by somebody who may be about to take it again. Otherwise its lease has run out, since
    /// whoever had it is no more.
    package let isReleased: Bool
}

/// One step of an apply.
package struct StoredStep: Sendable, Equatable {
    package let key: String
    package let resource: String
    package let state: String
    package let detail: JSONObject
    package let result: JSONObject?
    package let message: String?
    package let because: String?
    package let begunAt: Timestamp
    package let endedAt: Timestamp?
}
