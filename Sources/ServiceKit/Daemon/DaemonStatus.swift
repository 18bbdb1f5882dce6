// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import Synchronization

/// What a daemon says of itself on its standard routes, for its other parts to say too.
package final class DaemonStatus: Sendable {
    package let configuration: ConfigReport
    private let start = ContinuousClock.now
    private let board = Mutex<(board: ReadinessBoard, drain: DrainSignal)?>(nil)

    init(configuration: ConfigReport) { self.configuration = configuration }

    package var health: Health {
        Health(service: configuration.service, version: Release.version, uptime: start.duration(to: .now))
    }

    /// What is ready, whether or not that is enough to serve; nil before there is a server.
    package func readiness() async -> Readiness? {
        guard let (board, drain) = board.withLock({ $0 }) else { return nil }
        return await board.checks(isDraining: drain.isDraining)
    }

    func use(_ board: ReadinessBoard, _ drain: DrainSignal) { self.board.withLock { $0 = (board, drain) } }
}
