// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether the daemon is stopping: requests under way are finished, and clients are asked to go elsewhere.
final class DrainSignal: Sendable {
    private let draining = Atomic<Bool>(false)

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func begin() { draining.store(true, ordering: .relaxed) }
}
