// SPDX-License-Identifier: Apache-2.0

import Common

extension World {
    /// Keeps a changed service, and what it was before for as many reads as the faults say.
    mutating func replace(_ service: FakeService) {
        if lagReads > 0, let old = services[service.id] {
            // The oldest state is what a replica that is behind shows.
            lagging[service.id] = Lagging(old: lagging[service.id]?.old ?? old, reads: lagReads)
        }
        var changed = service
        changed.updatedAt = now
        services[service.id] = changed
    }

    /// A service as a read shows it: for a while after a write that may be what it was before.
    mutating func shownService(_ id: String) throws(Refusal) -> FakeService {
        let current = try service(id)
        guard var lag = lagging[id] else { return current }
        lag.reads -= 1
        lagging[id] = lag.reads > 0 ? lag : nil
        return lag.old
    }
}

/// What a service was, and how many reads still see it.
struct Lagging: Sendable {
    var old: FakeService
    var reads: Int
}
