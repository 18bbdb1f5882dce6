// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit

/// What a machine does for its daemons: whichever ends is started again, and nothing else is done for it.
final class ChaosSupervisor: Sendable {
    private struct State {
        var deaths: [String: [String]] = [:]
        var restarts = 0
        /// The longest time for which each was not ready.
        var absences: [String: Duration] = [:]
    }

    /// How long an ended daemon stays away.
    private static let pause: Duration = .milliseconds(500)

    private let daemons: [DaemonProcess]
    private let state = Mutex(State())

    init(_ daemons: [DaemonProcess]) { self.daemons = daemons }

    var restarts: Int { state.withLock { $0.restarts } }

    /// Whoever was away for longest, and how long.
    var longestAbsence: (name: String, time: Duration) {
        let longest = state.withLock { $0.absences.max { $0.value < $1.value } }
        return (longest?.key ?? "nobody", longest?.value ?? .zero)
    }

    /// Starts again what ends, until it is cancelled.
    func run() async {
        await withTaskGroup { group in
            for daemon in daemons { group.addTask { await self.watch(daemon) } }
        }
    }

    private func watch(_ daemon: DaemonProcess) async {
        var lastReady = ContinuousClock.now
        while (try? await reach(.now + Self.pause)) != nil {
            if daemon.hasEnded { restart(daemon) }
            if (try? await daemon.readiness()) == 200 { lastReady = .now }
            let absence = ContinuousClock.now - lastReady
            state.withLock { $0.absences[daemon.name] = max($0.absences[daemon.name] ?? .zero, absence) }
        }
    }

    private func restart(_ daemon: DaemonProcess) {
        if let ending = daemon.endedByItself {
            let last = daemon.log.split(separator: "\n").last.map { String($0.suffix(600)) } ?? ""
            state.withLock { $0.deaths[daemon.name, default: []].append("\(ending), saying: \(last)") }
        }
        state.withLock { $0.restarts += 1 }
        try? daemon.launch()
    }

    /// What became of each daemon, once those that are not ready had time to become so.
    func ends(within limit: Duration) async -> [Evidence.DaemonEnd] {
        let deadline = ContinuousClock.now + limit
        var ends: [Evidence.DaemonEnd] = []
        for daemon in daemons {
            let isReady: Void? = try? await eventually(within: max(.seconds(1), deadline - .now)) {
                try await daemon.readiness() == 200
            }
            let deaths = state.withLock { $0.deaths[daemon.name] } ?? []
            ends.append(Evidence.DaemonEnd(name: daemon.name, isReady: isReady != nil, deaths: deaths))
        }
        return ends
    }
}
