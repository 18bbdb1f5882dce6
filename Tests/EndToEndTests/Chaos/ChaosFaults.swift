// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// Something that goes wrong for a while.
protocol ChaosFault: Sendable {
    /// What the name of its kind does not say.
    var detail: String { get }
    func begin() async throws
    /// Called again and again for as long as it lasts.
    func goOn() async throws
    /// Takes away what was done. What was hit comes back by itself.
    func end() async throws
}

extension ChaosFault {
    var detail: String { "" }
    func begin() async throws {}
    func goOn() async throws {}
    func end() async throws {}
}

/// A daemon is killed as by a power failure; its supervisor starts it again.
struct ProcessKill: ChaosFault {
    let daemon: DaemonProcess

    func begin() async throws { try await daemon.kill() }
}

/// A daemon stands still in the middle of whatever it does.
struct ProcessStop: ChaosFault {
    let daemon: DaemonProcess

    func begin() async throws { daemon.pause() }
    func end() async throws { daemon.resume() }
}

/// A worker outside is killed, and another one started.
struct WorkerKill: ChaosFault {
    let workers: JournalWorkers

    func begin() async throws { try await workers.replaceOldest() }
}

/// Everything on a host sees another time, forwards or backwards, and then the right one again.
struct ClockJump: ChaosFault {
    private static let jumps = [-86_400, -3600, -60, -5, 5, 60, 3600, 86_400]

    let host: LinkedHost
    let strength: Double

    private var seconds: Int { Self.jumps[min(Int(strength * Double(Self.jumps.count)), Self.jumps.count - 1)] }

    var detail: String { "by \(seconds) s" }
    func begin() async throws { try host.setClock(offBy: seconds) }

    func end() async throws { try host.setClock(offBy: 0) }
}

/// The link between a host and everything else is slow, loses packets or passes nothing.
struct LinkTrouble: ChaosFault {
    let host: LinkedHost
    let condition: LinkedHost.Condition

    var detail: String {
        if condition.isDown { return "" }
        return String(
            format: "%.0f to %.0f ms each way, %.0f %% lost", condition.delay * 1000, condition.delay * 2000,
            condition.loss * 100)
    }
    func begin() async throws { try host.setLink(condition) }
    func end() async throws { try host.setLink(.init()) }
}
