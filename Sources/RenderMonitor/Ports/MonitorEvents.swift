// SPDX-License-Identifier: Apache-2.0

package import Common

/// Something that the monitor found or did.
package struct MonitorEvent: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case diagnosisMade = "diagnosis.made"
        case fixAttempted = "fix.attempted"
        case fixSucceeded = "fix.succeeded"
        case fixReverted = "fix.reverted"
        case patchProposed = "patch.proposed"
    }

    package let kind: Kind
    package let serviceID: String
    package let serviceName: String
    package let at: Timestamp
    /// The diagnosis or the attempt, as `GET /render/monitor` shows it.
    package let details: JSONObject
}

/// Where events go. It is told of a thing after it is in the ledger; one that throws holds nothing up.
package protocol MonitorEvents: Sendable {
    func record(_ event: MonitorEvent) async throws
}
