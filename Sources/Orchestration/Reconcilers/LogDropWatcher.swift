// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Opens an incident when this daemon loses log frames on their way to logging-svc. Reads a counter in memory only.
package actor LogDropWatcher {
    private static let period: Duration = .seconds(10)

    private let daemon: String
    private let workspaceID: ID<Workspace>
    private let dropped: @Sendable () -> Int
    private let incidents: SystemIncidents
    private var reported = 0

    /// `dropped` tells how many frames were lost since the start; a daemon's log belongs to no workspace, so its incidents
    /// are opened in the one given.
    package init(
        daemon: String, workspaceID: ID<Workspace>, dropped: @escaping @Sendable () -> Int, incidents: SystemIncidents
    ) {
        self.daemon = daemon
        self.workspaceID = workspaceID
        self.dropped = dropped
        self.incidents = incidents
    }

    /// One pass; due again after ten seconds.
    package func pass() async throws -> Duration? {
        let count = dropped()
        guard count > reported else { return Self.period }
        let lost = count - reported
        try await incidents.open(
            IncidentReport(
                .logDrop, title: "\(daemon) lost log frames",
                description: """
                    \(lost) log frames did not reach logging-svc, \(count) since the daemon started. \
                    Events are not concerned. Look whether logging-svc is up, and at `log_frames_dropped_total`.
                    """),
            key: daemon, in: workspaceID)
        reported = count
        return Self.period
    }
}
