// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the monitor remembers, one record for each service.
package protocol MonitorLedger: Sendable {
    func record(serviceID: String) async throws -> ServiceRecord?
    func records() async throws -> [ServiceRecord]
    /// Keeps `record` in place of the one it was read as, whose revision it bears; false, and nothing kept, when that is
    /// not the one that is there any more. The kept record's revision is one higher.
    func save(_ record: ServiceRecord) async throws -> Bool
}

/// A ledger that lives as long as the process.
package final class InMemoryMonitorLedger: MonitorLedger {
    private let kept = Mutex<[String: ServiceRecord]>([:])

    package init() {}

    package func record(serviceID: String) async throws -> ServiceRecord? { kept.withLock { $0[serviceID] } }

    package func records() async throws -> [ServiceRecord] {
        kept.withLock { $0.values.sorted { $0.serviceID < $1.serviceID } }
    }

    package func save(_ record: ServiceRecord) async throws -> Bool {
        kept.withLock { kept in
            guard kept[record.serviceID]?.revision ?? 0 == record.revision else { return false }
            var record = record
            record.revision += 1
            kept[record.serviceID] = record
            return true
        }
    }
}
