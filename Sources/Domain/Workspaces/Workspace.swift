// SPDX-License-Identifier: Apache-2.0

package import Common

/// The unit of isolation of data and policy.
package enum Workspace: Identified {
    package static let idPrefix = "ws"

    /// The workspace of whoever does not name one (seed 004's default).
    package static let defaultID = ID<Workspace>(trusted: "ws_dev")
}
